"""An archive moved to another place: its catalog to a server or into a file, and what files beside it hold.

The archive that moves stands still: it is read as ever and no write is taken, so what is copied is all there
is. At the new place the catalog is one transaction: before its end there is no archive there.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from index import Generation, SnapshotError, Snapshots
from index.storage.files import PRIVATE, replacing
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.private_files import CATALOG_FILE, DERIVED
from recommender.archive.snapshots import ARCHIVE_ID
from recommender.catalog import Catalog
from recommender.catalog.copying import Content, copy
from recommender.catalog.settings import TABLE
from recommender.catalog.standstill import go_on, moves_to, stand_still
from recommender.errors import ArchiveBusyError, ArchiveError, NotFoundError
from recommender.setting_sources import FILE_NAME

CLAIM = "migrate.lock"
_STORIES = "story"  # the catalog's table of stories
_LEFT = (CATALOG_FILE, f"{CATALOG_FILE}-*", DERIVED, FILE_NAME, "*.lock", "*.new", ".*", "replaced-*")
"""Names of files and directories that are not copied as they are, or are of no use elsewhere."""
_HEADING = re.compile(r"\s*\[+\s*([\w-]+)")  # of a table in TOML: the first part of its name


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved.

    Attributes
    ----------
    to : str
        Where the catalog is now, without any password.
    directory : Path
        The archive's directory on this machine.
    tables : mapping of str to Content
        What each table of the catalog holds there, as it was compared; empty where an earlier call had moved
        all of it.
    """

    to: str
    directory: Path
    tables: dict[str, Content]

    @property
    def stories(self) -> int:
        """How many stories were moved by this call."""
        return self.tables[_STORIES].rows if self.tables else 0


def migrate(source: Path | str, target: Path | str) -> Moved:
    """Move an archive to a place that has none, and compare it there; the old one is only read from then on.

    Where it was killed, the old one stands still, and the next call begins anew, or says that all was moved.
    Where it fails, the old one takes writes again.

    Raises
    ------
    NotFoundError
        When there is no archive at the source.
    ArchiveBusyError
        When another process moves it.
    ArchiveError
        When it moves to another place already, there is an archive at the target, or it cannot be written.
    """
    of, to = ArchivePlace.of(source), ArchivePlace.of(target)
    if of.catalog == to.catalog:
        raise ArchiveError(
            f"{_name(of)} is both; name another place, and let RELATED_CATALOG_URL name neither of them"
        )
    with closing(of.open_catalog()) as catalog:
        claim = catalog.claim(CLAIM)
        if not claim.take():
            raise ArchiveBusyError(f"archive {catalog.place}: another process moves it; let that finish")
        try:
            before = moves_to(catalog)
            if before not in ("", _name(to)):
                raise ArchiveError(
                    f"archive {catalog.place} moves to {before}: go on with that, or give it up with: "
                    "related migrate --give-up"
                )
            is_done = bool(before) and _holds(to, catalog.setting(ARCHIVE_ID))
            return Moved(_name(to), to.directory, {} if is_done else _moved(of, to, catalog))
        finally:
            claim.give_back()


def give_up(source: Path | str) -> str:
    """Let an archive take writes that moves or has moved; return to which place, "" where it does not.

    Raises
    ------
    NotFoundError
        When there is none.
    """
    with closing(ArchivePlace.of(source).open_catalog()) as catalog:
        if to := moves_to(catalog):
            go_on(catalog)
        return to


def _moved(of: ArchivePlace, to: ArchivePlace, catalog: Catalog) -> dict[str, Content]:
    """Move all of it, and return what was copied; where that fails, the archive goes on as before."""
    stand_still(catalog, _name(to))
    with ExitStack() as failing:
        failing.callback(_go_on_if_possible, catalog)
        try:
            to.make()
            _carry(of.directory, to.directory)
        except OSError as error:
            raise ArchiveError(
                f"{to.directory}: {error.strerror}; make room, or name a directory that can be written"
            ) from error
        # From the commit on it may be whole there, whatever is heard of it: two may not take writes.
        return copy(catalog, to.catalog, before_commit=failing.pop_all)


def _go_on_if_possible(catalog: Catalog) -> None:
    with suppress(ArchiveError):  # or the error that ended the move would not be told
        go_on(catalog)


def _name(place: ArchivePlace) -> str:
    """Return what the catalog at a place is called in messages."""
    return place.server.place if place.server else str((place.directory / CATALOG_FILE).absolute())


def _holds(place: ArchivePlace, id: object) -> bool:
    """Return whether there is an archive with that id."""
    try:
        with closing(Catalog.open(place.catalog, read_only=True)) as held:
            return bool(held.setting(ARCHIVE_ID) == id)
    except (NotFoundError, ArchiveError):  # where that is no answer, making one there tells why
        return False


# What stands in files


def _carry(of: Path, to: Path) -> None:
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
