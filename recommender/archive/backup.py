"""Backups of an archive: a directory with the truth alone, checked when it is made and before it is restored.

What is derived is left out: it is made anew when the archive is opened.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from recommender.archive.archive_place import ArchivePlace
from recommender.archive.private_files import CATALOG_FILE
from recommender.catalog.api_keys import SEAL
from recommender.catalog.backends import sqlite
from recommender.catalog.backends.postgres_address import shown
from recommender.catalog.database import MOVES_TO
from recommender.errors import (
    ArchiveBusyError,
    ArchiveError,
    ArchiveVersionError,
    NotFoundError,
    SourceError,
)
from recommender.ranking.weights import ARCHIVE_FILE
from recommender.setting_sources import FILE_NAME
from recommender.story.timestamps import format_time

MANIFEST = "backup.json"
FORMAT = 1
_BESIDE = (FILE_NAME, ARCHIVE_FILE)  # what stands beside the catalog and cannot be made from it
FILES = (CATALOG_FILE, *_BESIDE)
_PRIVATE_DIRECTORY, _PRIVATE_FILE = 0o700, 0o600  # keys' hashes, a webhook's secret, unpublished stories
_STORIES = "story"  # the catalog's table of stories


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup holds.

    Attributes
    ----------
    format : int
        Of this manifest.
    made : str
        When, RFC 3339.
    rows : mapping of str to int
        How many rows each table of the catalog has.
    files : mapping of str to str
        The SHA-256 of each file, by name.
    """

    format: int
    made: str
    rows: dict[str, int]
    files: dict[str, str]

    @property
    def stories(self) -> int:
        """How many stories there are."""
        return self.rows.get(_STORIES, 0)


def is_backup(path: Path) -> bool:
    """Return whether a directory says that it is a backup."""
    return (path / MANIFEST).is_file()


def back_up(archive: Path, to: Path) -> Backup:
    """Copy an archive, which may be in use, to a new directory, and check the copy.

    The directory stands under its name only when it is whole.

    Raises
    ------
    NotFoundError
        When there is no archive.
    ArchiveError
        When there is something under that name, the disk is full, or the archive is damaged.
    """
    if server := ArchivePlace.of(archive).server:
        beside = " and ".join(_BESIDE)
        raise ArchiveError(
            f"the catalog of {archive} is on a server; dump it: pg_dump --format=custom "
            f"--schema={server.schema} --file=FILE '{shown(server.url)}', and copy {beside} of each machine "
            "(docs/scaling.md, Backups)"
        )
    if not (archive / CATALOG_FILE).is_file():
        raise NotFoundError(f"no archive in {archive}; name the directory of one with --archive")
    if to.exists() or to.is_symlink():
        raise ArchiveError(f"{to} exists; name a directory that does not, or move it away")
    with _part_of(to) as part:
        sqlite.copy(archive / CATALOG_FILE, part / CATALOG_FILE, without=(SEAL, MOVES_TO))
        for name in _BESIDE:
            if (archive / name).is_file():
                shutil.copyfile(archive / name, part / name)
        names = sorted(path.name for path in part.iterdir())
        backup = Backup(
            format=FORMAT,
            made=format_time(datetime.now(UTC).replace(microsecond=0)),
            rows=sqlite.counts(part / CATALOG_FILE),
            files={name: _digest(part / name) for name in names},
        )
        (part / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(asdict(backup)), indent=2))
        _keep(part)
        part.rename(to)
        _sync(to.absolute().parent)
    return backup


def check(path: Path, called: str = "") -> Backup:
    """Return what a backup holds, if it is still what was written.

    Parameters
    ----------
    path : Path
        Its directory.
    called : str
        What the errors call it, where nobody knows it by its path.

    Raises
    ------
    SourceError
        When it is no backup.
    ArchiveVersionError
        When a newer version of this package made it.
    ArchiveError
        When a file of it is missing or damaged.
    """
    called = called or str(path)
    if not is_backup(path):
        raise SourceError(f"{called} is no backup: it has no {MANIFEST}; make one with: related backup DIR")
    try:
        raw = msgspec.json.decode((path / MANIFEST).read_bytes())
        if isinstance(raw, dict) and isinstance(raw.get("format"), int) and raw["format"] > FORMAT:
            raise ArchiveVersionError(f"backup {called} is of a newer version; restore it with that one")
        backup = msgspec.convert(raw, Backup)
    except msgspec.MsgspecError as error:
        raise ArchiveError(f"backup {called}: {MANIFEST} is damaged ({error}); use another backup") from error
    if CATALOG_FILE not in backup.files or not set(backup.files) <= set(FILES):
        raise ArchiveError(
            f"backup {called}: {MANIFEST} names other files than a backup has; use another backup"
        )
    for name, digest in backup.files.items():
        if not (path / name).is_file() or _digest(path / name) != digest:
            raise ArchiveError(f"backup {called}: {name} is not what was written; use another backup")
    if sqlite.counts(path / CATALOG_FILE) != backup.rows:
        raise ArchiveError(f"backup {called}: {CATALOG_FILE} has other rows than it had; use another backup")
    return backup


def restore(
    path: Path, archive: Path, *, force: bool = False, keep: bool = True, called: str = ""
) -> tuple[Backup, Path | None]:
    """Put a backup in the place of an archive, after it is checked; return it, and where the old one is now.

    Parameters
    ----------
    path : Path
        The backup.
    archive : Path
        A directory that is empty or not there.
    force : bool
        Also where it holds something: that is moved into a directory of its own in it; nothing is deleted.
    keep : bool
        Whether the backup stays as it is. Else its files are moved, which takes no room for a second copy.
    called : str
        As in `check`.

    Raises
    ------
    ArchiveBusyError
        When a process has the archive open.
    SourceError, ArchiveVersionError, ArchiveError
        As `check`; and when the directory holds something, without `force`.
    """
    need_place(archive, force=force)
    backup = check(path, called)
    # Listed now: who had it open last takes the files beside the catalog away.
    held = sorted(archive.iterdir()) if archive.is_dir() else []
    with _part_of(archive / "restored") as part:
        for name in backup.files:
            (shutil.copyfile if keep else shutil.move)(path / name, part / name)
        _keep(part)
        aside = _set_aside(archive, held) if held else None
        # The catalog comes last: until it is there, nobody takes the directory for an archive.
        for name in sorted(backup.files, key=lambda name: name == CATALOG_FILE):
            (part / name).rename(archive / name)
        _sync(archive)
    return backup, aside


def need_place(archive: Path, *, force: bool = False) -> None:
    """Raise what `restore` raises of the directory that a backup is to be restored in."""
    if server := ArchivePlace.of(archive).server:
        raise ArchiveError(
            f"the catalog of {archive} is on a server, and a backup is of files; restore it into another "
            f"directory, or a dump there: pg_restore --exit-on-error --dbname='{shown(server.url)}' FILE "
            "(docs/scaling.md, Backups)"
        )
    if archive.is_dir() and any(archive.iterdir()) and not force:
        raise ArchiveError(
            f"{archive} is not empty; restore into another directory, or --force: what is there is kept aside"
        )
    if (archive / CATALOG_FILE).is_file() and sqlite.is_in_use(archive / CATALOG_FILE):
        raise ArchiveBusyError(f"archive {archive} is in use; stop what serves it, then restore")


def _set_aside(archive: Path, held: list[Path]) -> Path:
    aside = archive / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
    aside.mkdir(_PRIVATE_DIRECTORY)
    for path in sorted(held, key=lambda path: path.name != CATALOG_FILE):
        path.rename(aside / path.name)
    return aside


@contextmanager
def _part_of(to: Path) -> Iterator[Path]:
    """Yield a new directory beside `to`, which is gone in the end unless it was renamed."""
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir(_PRIVATE_DIRECTORY)
        yield part
    except OSError as error:
        raise ArchiveError(f"{to}: {error.strerror}; make room, or name another directory") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _keep(directory: Path) -> None:
    """Let the files of a directory be on the disk, for their owner alone."""
    for path in directory.iterdir():
        path.chmod(_PRIVATE_FILE)
        _sync(path)
    _sync(directory)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
