"""Where settings stand: an archive's `related.toml`, the environment, files that it names. Knows no setting.

An environment variable counts before the file, and the file before the default.
"""

from __future__ import annotations

import difflib
import logging
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from index.storage.file_checks import read
from recommender.errors import SettingsError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FILE_NAME = "related.toml"
PREFIX = "RELATED_"
TABLES = (
    "page",
    "service",
    "web",
    "follow",
    "desk",
    "threads",
    "index",
    "catalog",
    "publishers",
)  # have no part in what a block holds

IN_FILE = "_FILE"  # ends a variable that names a file with the value of the setting
_OTHER_VARIABLES = {"archive", "log", "editor", "loops", "browser"}  # that are read elsewhere
TWICE = (
    "Cannot overwrite a value",
    "a setting that stands there already",
)  # as tomllib puts it, and as we do
_NEAR = 0.75  # of `difflib`: one letter of four

log = logging.getLogger(__name__)

T = TypeVar("T", bound="DataclassInstance")


def load_table(
    kind: type[T], archive: Path | None, env: Mapping[str, str], prefix: str, table: str | None = None
) -> T:
    """Read a dataclass of settings from the top of an archive's file, or from a table of it, and from `env`.

    Raises
    ------
    SettingsError
        For an unknown name, a wrong type or an impossible value; names the file or variable.
    """
    found = given(kind, archive, env, prefix, table)
    try:
        return msgspec.convert({name: value for name, (value, _) in found.items()}, kind, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"{_of_wrong_type(str(error), found, table)}; docs/settings.md lists them"
        ) from error


def _of_wrong_type(problem: str, found: Mapping[str, tuple[object, str]], table: str | None) -> str:
    """Return what is wrong with a setting, and where it stands; a text may be secret, and is not shown."""
    what, _, place = problem.partition(" - at `$.")
    name = next((name for name in found if place.removesuffix("`") == name), None)
    if name is None:
        return f"settings: {problem}"
    (value, where), full = found[name], f"{table}.{name}" if table else name
    shown = "cannot be what it is" if "`str`" in what.partition(",")[0] else f"is {value!r}"
    return f"{where}: setting {full} {shown}: {what[:1].lower()}{what[1:]}"


def given(
    kind: type[DataclassInstance],
    archive: Path | None,
    env: Mapping[str, str],
    prefix: str,
    table: str | None = None,
) -> dict[str, tuple[object, str]]:
    """Return what is set, by name: the value as it stands there, and the file or variable it stands in."""
    known = {field.name for field in fields(kind)}
    values: dict[str, tuple[object, str]] = {}
    if archive is not None and _stands(path := archive / FILE_NAME):
        values |= {name: (value, str(path)) for name, value in _read_file(path, known, table).items()}
    for key, text in env.items():
        name = key.removeprefix(prefix).lower()
        if key.startswith(prefix) and name in known:
            values[name] = (text, key)
        elif key.startswith(prefix) and (named := _in_file(key, prefix, known, env)):
            values[named] = (_content(key, text), key)
        elif key.startswith(prefix) and not name.startswith(tuple(f"{table}_" for table in TABLES)):
            _check_variable(key, name, known, prefix)
    return values


def _stands(path: Path) -> bool:
    """Return whether there may be a file; reading tells why one that cannot be seen is none."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        pass
    return True


def _in_file(key: str, prefix: str, known: set[str], env: Mapping[str, str]) -> str | None:
    """Return the setting whose value stands in a file that a variable names, as containers mount secrets."""
    name = key.removeprefix(prefix).removesuffix(IN_FILE)
    if not key.endswith(IN_FILE) or name.lower() not in known:
        return None
    if prefix + name in env:
        raise SettingsError(f"environment variables {prefix}{name} and {key} are both set; set one of them")
    return name.lower()


def _content(key: str, path: str) -> str:
    """Return what stands in the file that a variable names, without the white space around it."""
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SettingsError(
            f"environment variable {key} names the file {path!r}: {problem}; mount it, or unset {key}"
        ) from error


def _check_variable(key: str, name: str, known: set[str], prefix: str) -> None:
    """Refuse what looks like a misspelt setting.

    Others may have variables of that beginning: Kubernetes sets RELATED_SERVICE_HOST where a service is
    called "related".
    """
    others = _OTHER_VARIABLES if prefix == PREFIX else set()
    if name in others:
        return
    if near := difflib.get_close_matches(name, known | others, 1, _NEAR):
        raise SettingsError(
            f"environment variable {key} is no setting; did you mean {prefix}{near[0].upper()}?"
        )
    log.warning("environment variable %s is no setting; docs/settings.md lists them", key)


def _read_file(path: Path, known: set[str], table: str | None) -> dict[str, object]:
    try:
        values = tomllib.loads(read(path).decode("utf-8-sig"))  # editors of Windows begin a file with a mark
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; check what stands there") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not TOML: {str(error).replace(*TWICE)}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not TOML: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    tables = {name: values.pop(name) for name in TABLES if name in values}
    if table is not None:
        values = tables.get(table, {})
    if not isinstance(values, dict):
        raise SettingsError(f"{path}: {table} is no table; write [{table}] and its settings below it")
    for name in values.keys() - known:
        if isinstance(values[name], dict) and (near := difflib.get_close_matches(name, TABLES, 1)):
            raise SettingsError(f"{path}: unknown table [{name}]; did you mean [{near[0]}]?")
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
        raise SettingsError(f"{path}: unknown setting {name!r}; {hint}")
    return values
