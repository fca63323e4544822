"""Which titles of a group may show stories of each other: tables `[titles.NAME]` of the directory's file.

A title whose table does not name another one shows nothing of it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import msgspec

from recommender.concurrency.retries import attempt
from recommender.errors import SettingsError, shown
from recommender.service.publishers_settings import NAME, NAMES, TITLES
from recommender.setting_sources import FILE_NAME
from recommender.story.text_safety import is_web_url

MOST_LINKED, MOST_SLOTS = 16, 20


@dataclass(frozen=True, kw_only=True)
class TitleSettings:
    """A title of a group: what others call it, and whose stories may stand in its blocks.

    Parameters
    ----------
    name : str
        What readers call it; by default as its directory is called.
    address : str
        Of its home page.
    links_to : tuple of str
        The titles whose stories may stand in its blocks, where its own leave slots free.
    slots : int
        How many slots of a block those may take at most.
    labelled : bool
        Whether pages show whose stories they are; JSON always says so.
    """

    name: str = ""
    address: str = ""
    links_to: tuple[str, ...] = ()
    slots: int = 2
    labelled: bool = True


def load_titles(directory: Path) -> Mapping[str, TitleSettings]:
    """Read the titles that have a table, by their names.

    Raises
    ------
    SettingsError
        For an unknown name, a wrong type or an impossible value.
    """
    path = directory / FILE_NAME
    if not path.is_file():
        return {}
    read, error = attempt(lambda: tomllib.loads(path.read_text("utf-8-sig")))
    if read is None:
        raise SettingsError(f"{path}: cannot be read: {error}")
    tables = read.get(TITLES, {})
    if not isinstance(tables, dict):
        raise SettingsError(f"{path}: {TITLES} is no table; write [{TITLES}.NAME] for each title")
    return {name: _title(path, name, values) for name, values in tables.items()}


def _title(path: Path, name: str, values: object) -> TitleSettings:
    table = f"[{TITLES}.{name}]"
    if not NAME.fullmatch(name):
        raise SettingsError(f"{path}: {table} names no publisher; a name has {NAMES}")
    if not isinstance(values, dict):
        raise SettingsError(f"{path}: {TITLES}.{name} is {shown(values)}; write a table {table}")
    known = [field.name for field in fields(TitleSettings)]
    if unknown := sorted(values.keys() - {*known}):
        raise SettingsError(f"{path}: {table} holds {unknown[0]!r}; known are {', '.join(known)}")
    try:
        title = msgspec.convert(values, TitleSettings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {table}: {error}") from error
    if problem := _problem(name, title):
        raise SettingsError(f"{path}: {table}: {problem}")
    return title


def _problem(name: str, title: TitleSettings) -> str:
    """Return what is impossible about a title, empty where nothing is."""
    others = title.links_to
    for other in others:
        if not NAME.fullmatch(other):
            return f"links_to holds {shown(other)}; give names of publishers: {NAMES}"
        if other == name:
            return f"links_to holds {shown(other)}, the title itself; leave it out"
    if len(set(others)) < len(others) or len(others) > MOST_LINKED:
        return f"links_to holds {len(others)} names; give each once, {MOST_LINKED} at most"
    if not 1 <= title.slots <= MOST_SLOTS:
        return f"slots is {title.slots}; give a number from 1 to {MOST_SLOTS}"
    if title.address and not is_web_url(title.address):
        return f"address is {shown(title.address)}; give one that begins with https://"
    return ""
