"""An archive moved to another place: its catalog to a server or into a file, and what files beside it hold.

The archive that moves stands still: it is read as ever and no write is taken, so what is copied is all there
is. At the new place the catalog is one transaction: before its end there is no archive there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from recommender.archive.archive_place import ArchivePlace
from recommender.archive.moved_files import carry
from recommender.archive.private_files import CATALOG_FILE
from recommender.archive.snapshots import ARCHIVE_ID
from recommender.catalog import Catalog, marks, values
from recommender.catalog.backends.postgres_address import is_address
from recommender.catalog.copying import Content, copy, look
from recommender.catalog.database import MOVES_TO
from recommender.catalog.standstill import go_on, moves_to, stand_still
from recommender.errors import ArchiveBusyError, ArchiveError, RelatedError

CLAIM = "migrate.lock"
_STORIES = "story"  # the catalog's table of stories


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
    Where the first call fails before the commit, the old one takes writes again; a later one keeps it still.

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
    if _are_one(of, to):
        raise ArchiveError(
            f"{_name(of)} is both; name another place, and let RELATED_CATALOG_URL name neither of them"
        )
    with _claimed(of) as catalog:
        before = moves_to(catalog)
        if before not in ("", _name(to)):
            raise ArchiveError(
                f"archive {catalog.place} moves to {before}: go on with that, or give it up with: "
                "related migrate SOURCE --give-up"
            )
        with _standing_told(catalog), _files_explained(to.directory):
            tables: dict[str, Content] = {}
            if (held := look(to.catalog, _standing)) is None:
                tables = _moved(of, to, catalog, is_first=not before)
            else:
                _need_moved(to, held, catalog, is_first=not before)
            return Moved(_name(to), to.directory, tables)


def give_up(source: Path | str) -> str:
    """Let an archive take writes that moves or has moved; return to which place, "" where it does not.

    Raises
    ------
    NotFoundError
        When there is none.
    ArchiveBusyError
        When another process moves it.
    ArchiveError
        When it has moved, and has been written there since.
    """
    with _claimed(ArchivePlace.of(source)) as catalog:
        if to := moves_to(catalog):
            _need_unwritten(to, catalog)
            go_on(catalog)
        return to


@contextmanager
def _claimed(place: ArchivePlace) -> Iterator[Catalog]:
    """Open a catalog whose moving, or not moving, is the business of this process alone."""
    with closing(place.open_catalog()) as catalog:
        claim = catalog.claim(CLAIM)
        if not claim.take():
            raise ArchiveBusyError(f"archive {catalog.place}: another process moves it; let that finish")
        try:
            yield catalog
        finally:
            claim.give_back()


@contextmanager
def _standing_told(catalog: Catalog) -> Iterator[None]:
    """Add to an error that the archive stands still, where it still does, and what ends that."""
    try:
        yield
    except RelatedError as error:
        is_still = False
        with suppress(ArchiveError):  # or the error that ended the move would not be told
            is_still = bool(moves_to(catalog))
        if not is_still:
            raise
        raise ArchiveError(
            f"{error}; archive {catalog.place} takes no writes: run the same command again, which goes on or "
            "says that all was moved; or let it take them again with: related migrate SOURCE --give-up"
        ) from error


@contextmanager
def _files_explained(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveError(
            f"{directory}: {error.strerror}; make room, or name a directory that can be written"
        ) from error


def _moved(of: ArchivePlace, to: ArchivePlace, catalog: Catalog, *, is_first: bool) -> dict[str, Content]:
    """Move all of it, and return what was copied; where the first try fails, the archive goes on as before.

    A later try may not let it: what an earlier one has committed may only be out of sight, and be written.
    """
    stand_still(catalog, _name(to))
    with ExitStack() as failing:
        if is_first:
            failing.callback(_go_on_if_possible, catalog)
        to.make()
        return copy(
            catalog,
            to.catalog,
            once_held=lambda: carry(of.directory, to.directory),
            # From the commit on it may be whole there, whatever is heard of it: two may not take writes.
            before_commit=failing.pop_all,
        )


def _go_on_if_possible(catalog: Catalog) -> None:
    with suppress(ArchiveError):  # or the error that ended the move would not be told
        go_on(catalog)


def _name(place: ArchivePlace) -> str:
    """Return what the catalog at a place is called in messages, and in the note of where an archive moves."""
    return place.server.place if place.server else str(_file(place))


def _file(place: ArchivePlace) -> Path:
    return (place.directory / CATALOG_FILE).resolve()


def _are_one(of: ArchivePlace, to: ArchivePlace) -> bool:
    """Return whether two places are one, as far as their names tell."""
    is_one_server = of.server and to.server and of.server.digest == to.server.digest
    return bool(is_one_server) or _file(of) == _file(to)


def _standing(connection: Connection) -> tuple[object, str]:
    """Return which archive a catalog holds, and where that moves or has moved; "" where it does not."""
    return values.get(connection, ARCHIVE_ID), str(values.get(connection, MOVES_TO, ""))


def _need_moved(to: ArchivePlace, held: tuple[object, str], catalog: Catalog, *, is_first: bool) -> None:
    """Return where an earlier call has moved the archive to a place that is not free; raise otherwise."""
    id, further = held
    if id != catalog.setting(ARCHIVE_ID):
        raise ArchiveError(f"{_name(to)} exists already; move to another place, or take that one away")
    if is_first or further:
        raise ArchiveError(
            f"{_name(to)} is this archive: by another name, as a copy, or moved before"
            f"{further and f', and it moves to {further}'}; name another place"
        )


def _need_unwritten(to: str, catalog: Catalog) -> None:
    """Refuse to give up a move where the archive has been written at the new place since.

    A place that cannot be asked keeps nobody from giving up: it may be lost.
    """
    found = None
    with suppress(RelatedError, OSError):
        found = look(ArchivePlace.of(to).catalog if is_address(to) else Path(to), _progress)
    here = catalog.marks()
    if found and found[0] == catalog.setting(ARCHIVE_ID) and (found[1] > here.seq or found[2] > here.choice):
        raise ArchiveError(
            f"archive {catalog.place} has moved to {to} and was written there since: go on with that one; "
            "to lose what was written there, take it away first, and give up then"
        )


def _progress(connection: Connection) -> tuple[object, int, int]:
    """Return which archive a catalog holds, and the last change of a story and of settings."""
    held = marks.read(connection, version=0)
    return values.get(connection, ARCHIVE_ID), held.seq, held.choice
