"""What a newer version of this package does to an archive: on purpose, or on a copy of it first."""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.private_files import CATALOG_FILE
from recommender.archive.snapshots import why_unfit
from recommender.catalog import Catalog
from recommender.catalog.backends import sqlite
from recommender.errors import ArchiveError
from recommender.settings import load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """What was done.

    Attributes
    ----------
    stories : int
        In the archive.
    before, after : int
        Version of the catalog's schema.
    catalog_seconds : float
        How long that took.
    derived_anew : str
        Why what is derived had to be made anew; "" where it had not.
    derived_seconds : float
        How long that took.
    """

    stories: int
    before: int
    after: int
    catalog_seconds: float
    derived_anew: str
    derived_seconds: float

    @property
    def is_needed(self) -> bool:
        """Whether anything was to be done."""
        return self.before != self.after or bool(self.derived_anew)


def upgrade(archive: Path) -> Upgrade:
    """Bring an archive up to date, as its next opening would, and save what is derived.

    Raises
    ------
    NotFoundError
        When there is none.
    ArchiveVersionError
        When a newer version of this package made it.
    """
    _need_file(archive)
    return _upgraded(ArchivePlace.of(archive), archive)


def rehearse(archive: Path) -> Upgrade:
    """Do the same to a copy of the catalog, and throw that away: the archive, which may be in use, stays.

    Raises as `upgrade`; ArchiveError when there is no room for the copy.
    """
    _need_file(archive)
    with tempfile.TemporaryDirectory(prefix="related-upgrade-") as scratch:
        sqlite.copy(archive / CATALOG_FILE, Path(scratch) / CATALOG_FILE)
        return _upgraded(ArchivePlace.alone(Path(scratch)), archive)


def _upgraded(place: ArchivePlace, archive: Path) -> Upgrade:
    """Bring the catalog in `place` up to date, and derive it anew where the archive's snapshot is unfit."""
    file = place.directory / CATALOG_FILE
    before, settings = sqlite.schema(file), load_settings(archive)
    start = time.monotonic()
    with closing(Catalog.open(file, busy_seconds=settings.busy_seconds)) as catalog:
        migrated = time.monotonic()
        stories, why = catalog.count(), why_unfit(ArchivePlace.of(archive), catalog)
    began = time.monotonic()
    if why:
        with closing(Archive.open(place, settings)) as opened:
            opened.save()
    return Upgrade(
        stories=stories,
        before=before,
        after=sqlite.schema(file),
        catalog_seconds=round(migrated - start, 1),
        derived_anew=why,
        derived_seconds=round(time.monotonic() - began, 1),
    )


def _need_file(archive: Path) -> None:
    place = ArchivePlace.of(archive)
    place.need()
    if place.server:
        raise ArchiveError(
            f"the catalog of {archive} is on a server: the first command of this version brings it up to "
            "date; to rehearse that, restore a dump into another database and name that "
            "(docs/scaling.md, Upgrades)"
        )
