"""Every setting with its default and its meaning, taken from the classes that hold them: one source for all.

From here come `related settings`, the `related.toml` of a new archive and the tables of docs/settings.md.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from recommender.archive import index_settings
from recommender.archive.index_settings import IndexSettings, load_index_settings
from recommender.catalog import settings as catalog
from recommender.catalog.settings import CatalogSettings, load_catalog_settings
from recommender.desk import settings as desk
from recommender.desk.settings import DeskSettings, load_desk_settings
from recommender.engine import page_style
from recommender.engine.page_style import PageStyle, load_page_style
from recommender.following import settings as follow
from recommender.following.settings import FollowSettings, load_follow_settings
from recommender.newsroom import thread_settings
from recommender.newsroom.thread_settings import ThreadSettings, load_thread_settings
from recommender.service import settings as service
from recommender.service.settings import ServiceSettings, load_service_settings
from recommender.setting_sources import FILE_NAME, PREFIX, given
from recommender.settings import Settings, load_settings
from recommender.web import settings as web
from recommender.web.settings import WebSettings, load_web_settings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# An address may hold a password.
_SECRETS = frozenset({"webhook_secret", "hook_secret", "credentials", "url", "password"})
_MASK = "(set)"
_INTRODUCTION = f"""\
# {FILE_NAME}: every setting, with its default. Take the sign # away to choose another value.
# A variable of the environment counts before this file. `related settings` shows what holds, and why.
"""


@dataclass(frozen=True, slots=True)
class SettingsGroup:
    """The settings of one table: the class that holds them, the table's name, the prefix of its variables."""

    kind: type[DataclassInstance]
    table: str | None
    prefix: str


GROUPS = (
    SettingsGroup(Settings, None, PREFIX),
    SettingsGroup(PageStyle, page_style.TABLE, page_style.PREFIX),
    SettingsGroup(ServiceSettings, service.TABLE, service.PREFIX),
    SettingsGroup(WebSettings, web.TABLE, web.PREFIX),
    SettingsGroup(FollowSettings, follow.TABLE, follow.PREFIX),
    SettingsGroup(DeskSettings, desk.TABLE, desk.PREFIX),
    SettingsGroup(ThreadSettings, thread_settings.TABLE, thread_settings.PREFIX),
    SettingsGroup(IndexSettings, index_settings.TABLE, index_settings.PREFIX),
    SettingsGroup(CatalogSettings, catalog.TABLE, catalog.PREFIX),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """A setting as it holds: `source` is ``default``, or the file, variable or other setting that says so."""

    table: str | None
    name: str
    value: object
    default: object
    source: str
    meaning: str


def meanings(kind: type[DataclassInstance]) -> dict[str, str]:
    """Return what each field of a class means, from the parameters in its docstring, on one line each."""
    text = inspect.getdoc(kind) or ""
    _, _, parameters = text.partition("\nParameters\n----------\n")
    found: dict[str, str] = {}
    for names, body in re.findall(r"^(\w[\w, ]*) : .*\n((?:    .*\n?)+)", parameters, re.MULTILINE):
        found |= dict.fromkeys(names.split(", "), " ".join(body.split()).replace("``", "`"))
    return {field.name: found[field.name] for field in fields(kind)}


def effective(
    archive: Path, env: Mapping[str, str] | None = None, chosen: Mapping[str, tuple[float, str]] | None = None
) -> list[Effective]:
    """Return every setting of an archive as it holds, secrets masked.

    Parameters
    ----------
    archive : Path
        The archive's directory.
    env : mapping, optional
        Stands for `os.environ`.
    chosen : mapping of str to (float, str), optional
        What editors chose over the file, by setting: its value and who chose it. The environment wins.

    Raises
    ------
    SettingsError
        When one cannot be what it is.
    """
    env = os.environ if env is None else env
    main = load_settings(archive, env)
    held = (
        main,
        load_page_style(archive, main.zone, env),
        load_service_settings(archive, env),
        load_web_settings(archive, env),
        load_follow_settings(archive, env),
        load_desk_settings(archive, env),
        load_thread_settings(archive, env),
        load_index_settings(archive, env),
        load_catalog_settings(archive, env),
    )
    found = [
        one for group, values in zip(GROUPS, held, strict=True) for one in _of(group, values, archive, env)
    ]
    return [_as_chosen(one, chosen or {}) for one in found]


def _as_chosen(one: Effective, chosen: Mapping[str, tuple[float, str]]) -> Effective:
    if one.table is not None or one.name not in chosen or one.source.startswith(PREFIX):
        return one
    value, source = chosen[one.name]
    return replace(one, value=value, source=source)


def _of(group: SettingsGroup, held: object, archive: Path, env: Mapping[str, str]) -> Iterator[Effective]:
    sources = given(group.kind, archive, env, group.prefix, group.table)
    words = meanings(group.kind)
    for field in fields(group.kind):
        value = getattr(held, field.name)
        otherwise = "zone" if value != field.default else "default"  # the page's zone follows the archive's
        _, source = sources.get(field.name, (None, otherwise))
        yield Effective(
            table=group.table,
            name=field.name,
            value=_MASK if value and field.name in _SECRETS else value,
            default=field.default,
            source=source,
            meaning=words[field.name],
        )


def commented() -> str:
    """Return a `related.toml` in which every setting stands with its default, as a comment."""
    return _INTRODUCTION + "".join(part for group in GROUPS for part in _commented(group))


def _commented(group: SettingsGroup) -> Iterator[str]:
    words = meanings(group.kind)
    yield f"\n[{group.table}]\n" if group.table else ""
    for field in fields(group.kind):
        yield f"\n# {words[field.name]}\n# {field.name} = {literal(field.default)}\n"


def markdown(group: SettingsGroup) -> str:
    """Return the table of settings of a group, for the documents."""
    words = meanings(group.kind)
    rows = [f"| `{f.name}` | `{literal(f.default)}` | {words[f.name]} |" for f in fields(group.kind)]
    return "\n".join(["| setting | default | meaning |", "| --- | --- | --- |", *rows])


def literal(value: object) -> str:
    """Return a text, a number, true or false as TOML writes it, which is as JSON does."""
    return msgspec.json.encode(value).decode()
