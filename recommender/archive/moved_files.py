"""The files of an archive that moves, carried to the directory of its new place. Knows no catalog.

Whoever calls this knows that there is no archive yet: what stands there under the same names is replaced.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

from index import Generation, SnapshotError, Snapshots
from index.storage.files import PRIVATE, replacing
from recommender.archive.private_files import CATALOG_FILE, DERIVED
from recommender.catalog.settings import TABLE
from recommender.errors import ArchiveError
from recommender.setting_sources import FILE_NAME

_LEFT = (CATALOG_FILE, f"{CATALOG_FILE}-*", DERIVED, FILE_NAME, "*.lock", "*.new", ".*", "replaced-*")
"""Names of files and directories that are not copied as they are, or are of no use elsewhere."""
_HEADING = re.compile(r"\s*\[+\s*([\w-]+)")  # of a table in TOML: the first part of its name


def carry(of: Path, to: Path) -> None:
    """Copy all files of an archive but its catalog; settings that the new place has already are kept."""
    for path in _files(of):
        fresh = to / path.relative_to(of)
        fresh.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as content, replacing(fresh, PRIVATE) as file:
            shutil.copyfileobj(content, file)
    if (of / FILE_NAME).is_file() and not (to / FILE_NAME).exists():
        with replacing(to / FILE_NAME, PRIVATE) as file:
            file.write(_settings(of / FILE_NAME).encode())

    def derived(held: Generation) -> None:
        def write(directory: Path) -> None:
            shutil.copytree(held.path, directory, dirs_exist_ok=True)

        Snapshots(to / DERIVED).commit(write, held.meta)

    with suppress(SnapshotError, shutil.Error):  # what is derived can be derived anew
        Snapshots(of / DERIVED).load(derived)


def _files(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.rglob("*")):
        names = path.relative_to(directory).parts
        if path.is_file() and not any(fnmatch(name, left) for name in names for left in _LEFT):
            yield path


def _settings(file: Path) -> str:
    """Return the text of a file of settings without its table of where the catalog is.

    Raises
    ------
    ArchiveError
        When that stands elsewhere than in a table of its own.
    """
    text, kept, is_kept = file.read_text("utf-8"), [], True
    for line in text.splitlines(keepends=True):
        if heading := _HEADING.match(line):
            is_kept = heading[1] != TABLE
        kept += [line] if is_kept else []
    wanted = {name: value for name, value in tomllib.loads(text).items() if name != TABLE}
    if tomllib.loads(left := "".join(kept)) != wanted:
        raise ArchiveError(
            f"{file}: where the catalog is stands in no table of its own; write it below a line [{TABLE}]"
        )
    return left
