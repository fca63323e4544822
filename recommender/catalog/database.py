"""The database of a catalog: opened, locked for one writer, watched for others, regained when it can be.

Knows the tables' versions and nothing of what is in them; `backends` knows what is peculiar to a database.
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
from recommender.catalog import marks, migrations, values
from recommender.catalog.backends import backend_at
from recommender.catalog.backends.base import Backend, Claim, Watch
from recommender.catalog.marks import Marks
from recommender.concurrency.fork_guard import ForkGuard
from recommender.errors import ArchiveDiskError, ArchiveError

log = logging.getLogger(__name__)

BUSY_SECONDS = 10.0  # a batch is written in well under a second; ten others may queue before we give up
ASKED = "that is what was asked for; open it without read_only to write"
MOVES_TO = "moves_to"  # setting: where the archive moves to; while it stands there, nothing is written
_TRIED = "write_tried"  # setting: of no meaning
Prepare = Callable[[Engine, Backend], None]


class Database(Closing):
    """One SQL database that any number of threads and processes may read and write at once."""

    def __init__(self, backend: Backend, engine: Engine, *, busy_seconds: float, read_only: str = "") -> None:
        self._backend, self.why_read_only = backend, read_only
        self.place, self.address = backend.place, backend.address
        self.write_problem = ""  # what the last write met that the disk refused; "" when it was kept
        self._engine, self._writer = engine, backend.writing(engine)
        self._busy_seconds, self._is_still = busy_seconds, False
        self._presence, self._fork_guard = backend.presence(), ForkGuard(self, f"catalog {self.place}")
        self._watch: Watch | None = None
        self._watch_lock = threading.Lock()
        self._marks: Marks | None = None  # as of the last look
        # Threads queue here, in turn; only processes have to poll for the lock of the file.
        self._lock = threading.Lock()

    @classmethod
    def create(cls, address: Path | str, *, busy_seconds: float = BUSY_SECONDS) -> Self:
        """Make an empty catalog, in a file or at the address of a database.

        Raises
        ------
        ArchiveError
            When there is one already, or the place cannot be written.
        """
        backend = backend_at(address)
        backend.make()
        return cls._opened(backend, migrations.create, busy_seconds=busy_seconds)

    @classmethod
    def open(
        cls, address: Path | str, *, read_only: bool = False, busy_seconds: float = BUSY_SECONDS
    ) -> Self:
        """Open a catalog; one that an older version of this package made is brought up to date.

        Where it cannot be written (a read-only medium, another user's directory, a full disk) it is opened
        for reading, and what would write raises `ArchiveDiskError` with the reason until it can be written.

        Parameters
        ----------
        address : path or str
            The file, or the address of a database.
        read_only : bool
            Refuse to write, whether it can be written or not.
        busy_seconds : float
            How long a write waits for another one.

        Raises
        ------
        NotFoundError
            When there is none.
        ArchiveVersionError
            When a newer version of this package made it, or an older one that `read_only` may not upgrade.
        ArchiveError
            When it is not a catalog, or damaged.
        """
        backend = backend_at(address)
        backend.need()
        why = ASKED if read_only else backend.unwritable()
        if not why:
            try:
                return cls._opened(backend, migrations.migrate, busy_seconds=busy_seconds)
            except ArchiveDiskError as error:  # a full disk: what is there can be read all the same
                why = str(error)
                with suppress(ArchiveError):
                    return cls._opened(backend, migrations.check, busy_seconds=busy_seconds, read_only=why)
                raise
        return cls._opened(backend, migrations.check, busy_seconds=busy_seconds, read_only=why)

    @classmethod
    def _opened(cls, backend: Backend, prepare: Prepare, *, busy_seconds: float, read_only: str = "") -> Self:
        engine = backend.open_engine(busy_seconds=busy_seconds, read_only=bool(read_only))
        _prepared(engine, backend, prepare)
        return cls(backend, engine, busy_seconds=busy_seconds, read_only=read_only)

    @property
    def read_only(self) -> bool:
        """Whether it was opened for reading; `why_read_only` says why."""
        return bool(self.why_read_only)

    @property
    def is_unwritable(self) -> bool:
        """Whether it is not meant to be written by this process, by its medium or its rights."""
        return self.why_read_only == ASKED or self._is_still or bool(self._backend.unwritable())

    def regain(self) -> bool:
        """Return whether it can be written; one that could not be when it was opened is tried anew.

        Readers go on meanwhile. What was asked to be read only stays so.
        """
        if not self.read_only:
            return True
        if self._is_still:
            with self.snapshot() as connection:
                self._note_move(connection)
            return not self.read_only
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
        log.info("catalog %s can be written again", self.place)
        return True

    def _lead(self) -> None:
        """Go on as one that can be written, once a little has been."""
        engine = self._backend.open_engine(busy_seconds=self._busy_seconds, read_only=False)
        _prepared(engine, self._backend, _tried)
        before = self._engine, self._writer
        self._engine, self._writer = engine, self._backend.writing(engine)
        if self._watch is not None:
            try:
                self._watch.lead()
            except ArchiveError:
                self._engine, self._writer = before
                engine.dispose()
                raise
            self._presence.know_log()
        before[0].dispose()  # what readers have in hand ends with them

    def close(self) -> None:
        """Close it. In a process that was forked since, nothing is done."""
        if not self._fork_guard.is_here:
            return
        if self._watch is not None:
            self._watch.close()
        self._engine.dispose()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Read several things as of one moment; for modules that keep tables of their own beside these."""
        self._check_readable()
        with self._backend.explained(), self._engine.begin() as connection:
            yield connection

    def _check_readable(self) -> None:
        self._fork_guard.check()
        if self.read_only:
            self.version()  # what was taken as immutable may have got a writer

    @contextmanager
    def transaction(self, *, moving: bool = False) -> Iterator[Connection]:
        """Write all that is done within, or nothing of it; for modules that keep tables of their own.

        It holds the lock of all writers: nothing slow belongs inside, and no other method that writes. Only
        who moves it to another place writes while it is `moving`.

        Raises
        ------
        ArchiveMovedError
            When the files are not where they were opened, before or after: then nothing is acknowledged.
        ArchiveDiskError
            When it was opened for reading, or moves to another place.
        """
        self._fork_guard.check()
        if not moving:
            self.need_writable()
        if not self._lock.acquire(timeout=self._busy_seconds):
            raise self._backend.busy()
        try:
            self._presence.check()
            with self._backend.explained(writing=True), self._writer.begin() as connection:
                if not moving:
                    self._note_move(connection)
                    self._refuse_reader()
                yield connection
            self._presence.check()  # or it went into a file that nobody opens again
            self.write_problem = ""
        except ArchiveDiskError as error:
            self.write_problem = "" if self._is_still else str(error)
            raise
        finally:
            self._lock.release()

    def need_writable(self) -> None:
        """Return where it can be written; raise `ArchiveDiskError` where it was opened for reading."""
        if not self.regain():
            self._refuse_reader()

    def _refuse_reader(self) -> None:
        if self.read_only:
            how = "is only read" if self._is_still else "was opened for reading"
            raise ArchiveDiskError(f"catalog {self.place} {how}: {self.why_read_only}; nothing was written")

    def _note_move(self, connection: Connection) -> None:
        """Note whether it moves to another place, in whatever process that began or was given up."""
        if (to := values.get(connection, MOVES_TO)) or self._is_still:
            why = f"it moves to {to}, write there once that is done" if to else ""
            self._is_still, self.why_read_only = bool(to), why

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
                watch = self._watch = self._watch or self._backend.watch(
                    read_only=self.read_only and not self._is_still, on_writer=self._engine.dispose
                )
                version = watch.version()
                if not self.read_only:
                    self._presence.know_log()  # which stays as long as this connection does
                return version
        return watch.version()

    def marks(self) -> Marks:
        """Return how far each kind of what is held has come. As cheap as `version` until somebody commits."""
        # The version first: what comes later is for the next look.
        version, held = self.version(), self._marks
        if held is None or held.version != version:
            with self.snapshot() as connection:
                held = self._marks = marks.read(connection, version)
        return held

    def listen(self, told: Callable[[], None], stopping: threading.Event) -> None:
        """Have `told` called, from another thread, whenever another process commits; not every database can.

        Who has to know looks at `version` all the same: a notice comes some time after the commit, or not.
        """
        self._backend.listen(told, stopping)

    def claim(self, work: str) -> Claim:
        """Return a claim on work that one process at a time does for this catalog, not taken yet."""
        return self._backend.claim(work)

    def check_origin(self) -> None:
        """Return in the process that opened this; raise `ForkedError` in one forked from it since."""
        self._fork_guard.check()

    def check_place(self) -> None:
        """Return when the files are where they were opened; raise `ArchiveMovedError` when they are not."""
        self._fork_guard.check()
        self._presence.check()


def _tried(engine: Engine, backend: Backend) -> None:
    migrations.migrate(engine, backend)
    with backend.writing(engine).begin() as connection:
        values.put(connection, _TRIED, 1)


def _prepared(engine: Engine, backend: Backend, prepare: Prepare) -> None:
    """Prepare a catalog through an engine, which is closed where that fails."""
    try:
        with backend.explained():
            prepare(engine, backend)
    except ArchiveError:
        engine.dispose()
        raise
