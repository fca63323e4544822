"""What `related doctor` looks at of an archive: its files, its catalog, its snapshot. Changes nothing."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from socket import create_connection
from stat import S_ISREG
from urllib.parse import parse_qs, urlsplit

from index.storage.file_checks import exposed
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.index_settings import LOCAL, load_index_settings
from recommender.archive.private_files import CATALOG_FILE, DERIVED, secrets
from recommender.archive.snapshots import NONE_YET, standing_of, why_unfit
from recommender.catalog import Catalog
from recommender.catalog.backends import sqlite
from recommender.catalog.backends.postgres_address import PostgresAddress
from recommender.cli.archive_option import as_option
from recommender.cli.checkup import ANSWER_SECONDS, SET_CLOCK, Finding, Place, State, full_disk, quoted, seen
from recommender.errors import (
    ArchiveBusyError,
    ArchiveError,
    ArchiveUnreachableError,
    ArchiveVersionError,
    RelatedError,
    SettingsError,
)

AHEAD_SECONDS = 300  # by which the last change may lie after now, on two machines that agree
ROOM = 2  # times an archive's size that should be free
WRITER_SECONDS = 3.0
PORTS = {"pgvector": 5432, "milvus": 19530}
MOST_BEHIND = 2_000
"""Changes that a snapshot may lack: each opening derives them anew, some seconds' worth."""


@contextmanager
def opened(path: Path) -> Iterator[Catalog]:
    """Open a catalog for reading, and leave no file beside it that was not there."""
    with ExitStack() as stack:
        if not sqlite.unwritable(path):  # who closes last and may write takes the log and its index away
            last = stack.enter_context(closing(sqlite.connect(path, busy_seconds=1, read_only=False)))
            with sqlite.explained(path):
                last.execute("PRAGMA schema_version").fetchone()
        yield stack.enter_context(closing(Catalog.open(path, read_only=True)))


def held_model(place: Place) -> str:
    """Return the name of the model that made an archive's vectors, "" where that cannot be told."""
    path = place.archive / CATALOG_FILE
    try:
        server = ArchivePlace.of(place.archive).server
        if server is None and not path.is_file():
            return ""
        with Catalog.open(server.text, read_only=True) if server else opened(path) as catalog:
            held = catalog.model()
    except (RelatedError, OSError):  # which `of_archive` tells
        return ""
    return held.name if held else ""


def of_archive(place: Place) -> Iterator[Finding]:
    """Look at the archive, where there is one."""
    try:
        if server := _server(place):
            yield from _on_server(place, server)
        else:
            yield from _of_files(place, place.archive / CATALOG_FILE)
        with suppress(SettingsError):  # which `of_settings` tells
            yield from _vectors(place)
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        words = f"{error.filename or place.archive}: {problem}"
        yield Finding("rights", State.FAULT, *_rights(words, seen(place.archive)))


def _server(place: Place) -> PostgresAddress | None:
    """Return where the catalog is; None where it is a file, or where the settings cannot be read."""
    try:
        return ArchivePlace.of(place.archive).server
    except SettingsError:  # which `of_settings` tells
        return None


def _of_files(place: Place, path: Path) -> Iterator[Finding]:
    if not S_ISREG(_mode(path)):
        words = f"none in {place.archive}; name one with --archive, or make it:"
        yield Finding("archive", State.NOTE, words, f"related init {as_option(place.archive)}")
        return
    if full := full_disk(place.archive):
        yield Finding("disk", State.FAULT, *full)
    elif little := _little_room(place.archive):
        yield Finding("disk", State.NOTE, *little)
    yield from _owners(place.archive)
    if why := sqlite.unwritable(path):
        yield Finding(
            "rights", State.FAULT, *_rights(f"the archive can only be read: {why}", path.parent, path)
        )
    for problem in exposed(secrets(place.archive)):
        yield Finding("rights", State.FAULT, problem, f"chmod go= {quoted(place.archive)}/*")
    try:
        with opened(path) as catalog:
            yield from _catalog(place, catalog)
            yield from _writer(path)
            with suppress(SettingsError):  # which `of_settings` tells
                yield _snapshot(place, catalog)
    except ArchiveVersionError as error:
        yield Finding("catalog", State.FAULT, str(error), f"related upgrade {as_option(place.archive)}")
    except ArchiveError as error:
        yield Finding("catalog", State.FAULT, str(error), "related restore BACKUP --archive NEW")


def _rights(words: str, *paths: Path) -> tuple[str, str]:
    """Return what is wrong with the rights on paths, and what mends that or shows whose they are."""
    named = " ".join(map(quoted, paths))
    if all(path.stat().st_uid == os.geteuid() for path in paths) and not sqlite.on_read_only_medium(paths[0]):
        return f"{words}; it is this user's own:", f"chmod u+rwX {named}"
    return f"{words}; run as the user whose it is, whom this shows:", f"ls -ld {named}"


def _files(archive: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield what an archive has, and how it is; passes over what a service deletes meanwhile."""
    for folder, folders, names in os.walk(archive):
        for name in (*folders, *names):
            with suppress(FileNotFoundError):
                path = Path(folder, name)
                yield path, path.lstat()


def _owners(archive: Path) -> Iterator[Finding]:
    """Look for files of another user than the directory is: a command was run as root, say."""
    owner = archive.stat().st_uid
    others = [path for path, held in _files(archive) if held.st_uid != owner]
    if others:
        words = (
            f"{len(others):,} files, such as {others[0]}, are another user's than {archive}; give them back:"
        )
        yield Finding(
            "owner", State.FAULT, words, f"sudo chown -R --reference={quoted(archive)} {quoted(archive)}"
        )


def _little_room(archive: Path) -> tuple[str, str] | None:
    size, free = sum(held.st_size for _, held in _files(archive)), shutil.disk_usage(archive).free
    if free >= ROOM * size:
        return None
    words = f"{free / 1e6:,.0f} MB are free and the archive has {size / 1e6:,.0f}"
    return f"{words}: a new snapshot and a backup may not fit", f"df -h {quoted(archive)}"


def _writer(path: Path) -> Iterator[Finding]:
    """Look whether somebody has been writing all the while: no write of ours takes as long."""
    if sqlite.unwritable(path):
        return
    with closing(sqlite.connect(path, busy_seconds=WRITER_SECONDS, read_only=False)) as connection:
        try:
            with sqlite.explained(path):
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
        except ArchiveBusyError:
            words = (
                f"locked by another process for {WRITER_SECONDS:.0f} seconds: nobody can publish; who it is:"
            )
            yield Finding("lock", State.FAULT, words, f"fuser -v {quoted(path)}")


def _vectors(place: Place) -> Iterator[Finding]:
    """Look whether the server that holds the vectors answers, where one does."""
    index = load_index_settings(place.archive)
    url = urlsplit(index.url)
    if index.engine == LOCAL or "host" in parse_qs(url.query):  # a socket's, as PostgreSQL's driver reads it
        return
    host, port = url.hostname or "localhost", url.port or PORTS[index.engine]
    try:
        create_connection((host, port), ANSWER_SECONDS).close()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        words = (
            f"{index.engine} on port {port} of {host}: {reason}; stored blocks are shown, and no new ones:"
        )
        yield Finding("vectors", State.FAULT, words, f"nc -vz {host} {port}")
    else:
        yield Finding("vectors", State.OK, f"{index.engine} on port {port} of {host} answers")


def _on_server(place: Place, server: PostgresAddress) -> Iterator[Finding]:
    try:
        with Catalog.open(server.text, read_only=True) as catalog:
            yield from _catalog(place, catalog)
            yield _snapshot(place, catalog)
    except ArchiveUnreachableError as error:
        url = server.url
        mend = f"pg_isready --host={url.host or 'localhost'} --port={url.port or PORTS['pgvector']}"
        yield Finding("catalog", State.FAULT, str(error), mend)
    except RelatedError as error:
        yield Finding("catalog", State.FAULT, str(error), f"related settings {as_option(place.archive)}")


def _mode(path: Path) -> int:
    """Return what stands at a path, 0 where nothing does; raise `OSError` where that cannot be told."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _catalog(place: Place, catalog: Catalog) -> Iterator[Finding]:
    held = catalog.model()
    by = f", vectors by {held.name}" if held else ""
    yield Finding("archive", State.OK, f"{place.archive}: {catalog.count():,} stories{by}")
    last = catalog.changes(catalog.last_seq() - 1)
    ahead = max((change.at for change in last), default=0) - time.time()
    if ahead > AHEAD_SECONDS:
        words = f"the archive was changed {ahead:,.0f} seconds after now: this clock is behind"
        yield Finding("clock", State.FAULT, words, SET_CLOCK)


def _snapshot(place: Place, catalog: Catalog) -> Finding:
    mend, seq = f"related rebuild {as_option(place.archive)}", catalog.last_seq()
    if why := why_unfit(ArchivePlace.of(place.archive), catalog):
        state = State.NOTE if why == NONE_YET and seq <= MOST_BEHIND else State.FAULT
        return Finding("snapshot", state, f"every opening derives all anew: {why}", mend)
    behind = seq - standing_of(place.archive / DERIVED)
    if behind > MOST_BEHIND:
        return Finding("snapshot", State.FAULT, f"it lacks {behind:,} of {seq:,} changes", mend)
    return Finding("snapshot", State.OK, f"sound, {behind:,} changes behind")
