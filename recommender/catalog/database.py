"""The file of a catalog: opened, locked for one writer, watched for others, regained once it can be written.

Knows the tables' versions and nothing of what is in them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine

from index.storage.closing import Closing
from index.storage.file_checks import make_private
from recommender.catalog import migrations, values
from recommender.catalog.backends import sqlite
from recommender.catalog.catalog_files import CatalogFiles
from recommender.catalog.watch import Watch
from recommender.concurrency.fork_guard import ForkGuard
from recommender.errors import ArchiveDiskError, ArchiveError, NotFoundError

log = logging.getLogger(__name__)

BUSY_SECONDS = 10.0  # a batch is written in well under a second; ten others may queue before we give up
ASKED = "that is what was asked for; open it without read_only to write"
_TRIED = "write_tried"  # setting: of no meaning


class Database(Closing):
    """One SQL database that any number of threads and processes may read and write at once."""

    def __init__(self, path: Path, engine: Engine, *, busy_seconds: float, read_only: str = "") -> None:
        self.path, self.why_read_only = path, read_only
        self.write_problem = ""  # what the last write met that the disk refused; "" when it was kept
        self._engine, self._writer = engine, sqlite.writing(engine)
        self._busy_seconds = busy_seconds
        self._place, self._fork_guard = CatalogFiles(path), ForkGuard(self, f"catalog {path}")
        self._watch: Watch | None = None
        self._watch_lock = threading.Lock()
        self._last_seq: tuple[int | None, int] = (None, 0)  # the last change as of a version
        # Threads queue here, in turn; only processes have to poll for the lock of the file.
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path | str, *, busy_seconds: float = BUSY_SECONDS) -> Self:
        """Make an empty catalog.

        Raises
        ------
        ArchiveError
            When there is one already, or the directory cannot be written.
        """
        path = Path(path)
        try:
            make_private(path)
        except OSError as error:
            raise ArchiveError(
                f"catalog {path}: {error.strerror}; choose a directory that can be written"
            ) from error
        return cls._opened(path, migrations.create, busy_seconds=busy_seconds)

    @classmethod
    def open(cls, path: Path | str, *, read_only: bool = False, busy_seconds: float = BUSY_SECONDS) -> Self:
        """Open a catalog; one that an older version of this package made is brought up to date.

        Where it cannot be written (a read-only medium, another user's directory, a full disk) it is opened
        for reading, and what would write raises `ArchiveDiskError` with the reason until it can be written.

        Parameters
        ----------
        path : path
            The file.
        read_only : bool
            Refuse to write, whether it can be written or not.
        busy_seconds : float
            How long a write waits for another one.

        Raises
        ------
        NotFoundError
            When there is no such file.
        ArchiveVersionError
            When a newer version of this package made it, or an older one that `read_only` may not upgrade.
        ArchiveError
            When it is not a catalog, or damaged.
        """
        path = Path(path)
        if not path.is_file():
            raise NotFoundError(f"no catalog at {path}; make an archive with: related init")
        why = ASKED if read_only else sqlite.unwritable(path)
        if not why:
            try:
                return cls._opened(path, migrations.migrate, busy_seconds=busy_seconds)
            except ArchiveDiskError as error:  # a full disk: what is there can be read all the same
                why = str(error)
                with suppress(ArchiveError):
                    return cls._opened(path, migrations.check, busy_seconds=busy_seconds, read_only=why)
                raise
        return cls._opened(path, migrations.check, busy_seconds=busy_seconds, read_only=why)

    @classmethod
    def _opened(
        cls, path: Path, prepare: Callable[[Engine, Path], None], *, busy_seconds: float, read_only: str = ""
    ) -> Self:
        engine = sqlite.open_engine(path, busy_seconds=busy_seconds, read_only=bool(read_only))
        _prepared(engine, path, prepare)
        return cls(path, engine, busy_seconds=busy_seconds, read_only=read_only)

    @property
    def read_only(self) -> bool:
        """Whether it was opened for reading; `why_read_only` says why."""
        return bool(self.why_read_only)

    @property
    def is_unwritable(self) -> bool:
        """Whether it is not meant to be written by this process, by its medium or its rights."""
        return self.why_read_only == ASKED or bool(sqlite.unwritable(self.path))

    def regain(self) -> bool:
        """Return whether it can be written; one that could not be when it was opened is tried anew.

        Readers go on meanwhile. What was asked to be read only stays so.
        """
        if not self.read_only:
            return True
        if self.is_unwritable:
            return False
        with self._watch_lock:
            if not self.read_only:  # another thread was faster
                return True
            self._fork_guard.check()
            try:
                self._lead()
            except ArchiveDiskError as error:
                self.why_read_only = str(error)
                return False
            except ArchiveError:  # somebody else writes: asked again in a moment
                return False
            self.why_read_only = ""
        log.info("catalog %s can be written again", self.path)
        return True

    def _lead(self) -> None:
        """Go on as one that can be written, once a little has been."""
        engine = sqlite.open_engine(self.path, busy_seconds=self._busy_seconds, read_only=False)
        _prepared(engine, self.path, _tried)
        before = self._engine, self._writer
        self._engine, self._writer = engine, sqlite.writing(engine)
        if self._watch is not None:
            try:
                self._watch.lead()
            except ArchiveError:
                self._engine, self._writer = before
                engine.dispose()
                raise
            self._place.know_log()
        before[0].dispose()  # what readers have in hand ends with them

    def close(self) -> None:
        """Close the file. In a process that was forked since, nothing is done."""
        if not self._fork_guard.is_here:
            return
        if self._watch is not None:
            self._watch.close()
        self._engine.dispose()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Read several things as of one moment; for modules that keep tables of their own beside these."""
        self._fork_guard.check()
        if self.read_only:
            self.version()  # what was taken as immutable may have got a writer
        with sqlite.explained(self.path), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Write all that is done within, or nothing of it; for modules that keep tables of their own.

        It holds the lock of all writers: nothing slow belongs inside, and no other method that writes.

        Raises
        ------
        ArchiveMovedError
            When the files are not where they were opened, before or after: then nothing is acknowledged.
        """
        self._fork_guard.check()
        self.need_writable()
        if not self._lock.acquire(timeout=self._busy_seconds):
            raise sqlite.busy(self.path)
        try:
            self._place.check()
            with sqlite.explained(self.path, writing=True), self._writer.begin() as connection:
                yield connection
            self._place.check()  # or it went into a file that nobody opens again
            self.write_problem = ""
        except ArchiveDiskError as error:
            self.write_problem = str(error)
            raise
        finally:
            self._lock.release()

    def need_writable(self) -> None:
        """Refuse what cannot be done with a catalog that was opened for reading.

        Raises
        ------
        ArchiveDiskError
            When it was.
        """
        if not self.regain():
            raise ArchiveDiskError(
                f"catalog {self.path} was opened for reading: {self.why_read_only}; nothing was written"
            )

    def try_writing(self) -> None:
        """Write a little, where the last write failed, to know whether the next one would."""
        if not self.write_problem:
            return
        with suppress(ArchiveError), self.transaction() as connection:
            values.put(connection, _TRIED, 1)

    def version(self) -> int:
        """Return a number that stays as long as nobody commits anything: a look that takes microseconds."""
        self._fork_guard.check()
        if (watch := self._watch) is None:
            with self._watch_lock:
                watch = self._watch = self._watch or Watch(
                    self.path, read_only=self.read_only, on_writer=self._engine.dispose
                )
                version = watch.version()
                if not self.read_only:
                    self._place.know_log()  # which stays as long as this connection does
                return version
        return watch.version()

    def check_origin(self) -> None:
        """Return in the process that opened this; raise `ForkedError` in one forked from it since."""
        self._fork_guard.check()

    def check_place(self) -> None:
        """Return when the files are where they were opened; raise `ArchiveMovedError` when they are not."""
        self._fork_guard.check()
        self._place.check()


def _tried(engine: Engine, path: Path) -> None:
    migrations.migrate(engine, path)
    with sqlite.writing(engine).begin() as connection:
        values.put(connection, _TRIED, 1)


def _prepared(engine: Engine, path: Path, prepare: Callable[[Engine, Path], None]) -> None:
    """Prepare a file through an engine, which is closed where that fails."""
    try:
        with sqlite.explained(path):
            prepare(engine, path)
    except ArchiveError:
        engine.dispose()
        raise
