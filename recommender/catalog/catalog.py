"""The catalog: the truth about stories, vectors, links and settings, in one SQL database.

Knows nothing of embedding, indexes or ranking. See `writing.py`, `linking.py`, `reading.py`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, select

from index.storage.file_checks import make_private
from recommender.catalog import keying, linking, migrations, ordering, origins, reading, values, writing
from recommender.catalog.backends import sqlite
from recommender.catalog.catalog_files import CatalogFiles
from recommender.catalog.records import (
    Change,
    LinkKind,
    LinkReport,
    Links,
    Model,
    NewLink,
    Op,
    Outcome,
    Row,
    Statistics,
    StoryEntry,
    Vectors,
)
from recommender.catalog.tables import story
from recommender.catalog.watch import Watch
from recommender.concurrency.fork_guard import Origin
from recommender.errors import ArchiveDiskError, ArchiveError, NotFoundError
from recommender.ingest.base import Origin as StoryOrigin
from recommender.story.addresses import AddressRules, reference
from recommender.story.story import Story

log = logging.getLogger(__name__)

BUSY_SECONDS = 10.0  # a batch is written in well under a second; ten others may queue before we give up
ASKED = "that is what was asked for; open it without read_only to write"
_TRIED = "write_tried"  # setting: of no meaning
STREAM = 1000  # stories held in memory at once while all are read: about 20 MB with their vectors


class Catalog:
    """Stories, vectors, links and settings of one publisher. Use `Catalog.create` or `Catalog.open`.

    Any number of threads and processes may read and write one catalog at once. A method that writes is one
    transaction: when it returns, all of it is on the disk; when it raises, none of it is. Every method raises
    `ArchiveError` (disk full, damaged file) or `ArchiveBusyError` (another writer took too long).
    """

    def __init__(self, path: Path, engine: Engine, *, busy_seconds: float, read_only: str = "") -> None:
        self.path, self.why_read_only = path, read_only
        self.write_problem = ""  # what the last write met that the disk refused; "" when it was kept
        self._engine, self._writer = engine, sqlite.writing(engine)
        self._busy_seconds = busy_seconds
        self._place, self._origin = CatalogFiles(path), Origin(self, f"catalog {path}")
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
            self._origin.check()
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
        """Let go of the file. In a process that was forked since, nothing is done."""
        if not self._origin.is_here:
            return
        if self._watch is not None:
            self._watch.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Read several things as of one moment; for modules that keep tables of their own beside these."""
        self._origin.check()
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
        self._origin.check()
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
        with suppress(ArchiveError):
            self.set_setting(_TRIED, 1)

    # Stories in

    def write(
        self, entries: Sequence[StoryEntry], now: float, model: str | None = None, *, undelete: bool = True
    ) -> list[Outcome]:
        """Write stories and their vectors in one transaction; return what became of each.

        Parameters
        ----------
        entries : sequence of StoryEntry
            May hold several versions of one story.
        now : float
            Epoch seconds, for the change log.
        model : str, optional
            Hash of the model that made the vectors; the current one by default.
        undelete : bool
            Take stories that were deleted; else what became of them is `Outcome.DELETED`.

        Raises
        ------
        ValueError
            When the vectors' model was not recorded with `use_model`, or has another dimension.
        """
        with self.transaction() as connection:
            current = model or values.current_model(connection)
            return writing.write(connection, entries, current, int(now), undelete=undelete)

    def amend(
        self, story_id: str, change: Callable[[Story], Story], now: float, named: Collection[str] = ()
    ) -> Outcome:
        """Change a held story (its status, say) by a function of it, as of `now`.

        What it changes of the story's standing (`overrides.STANDING`), and what is `named` of it, no version
        that is written undoes, whenever it was made.

        Raises
        ------
        NotFoundError
            When there is no such story.
        ValueError
            When the change gives it another id.
        """
        with self.transaction() as connection:
            return writing.amend(connection, story_id, change, now, named)

    def foretell(self, arriving: Story, *, undelete: bool = True) -> tuple[Outcome, Story]:
        """Return what `write` would say of a story, and what would be held; write nothing."""
        with self.snapshot() as connection:
            return writing.foretell(connection, arriving, undelete=undelete)

    def remove(self, ids: Sequence[str], now: float) -> list[str]:
        """Delete stories, their links and their vectors; return the ids that were held.

        Links to them wait for the story to come back. Their nums are never given to another story.
        """
        with self.transaction() as connection:
            return writing.remove(connection, ids, int(now))

    def put_vectors(self, vectors: Mapping[str, Vectors], model: str) -> None:
        """Store vectors, float16 (1 + chunks, d) by text hash, as when an archive moves to another model."""
        with self.transaction() as connection:
            writing.put_vectors(connection, vectors, model)

    # Stories out

    def get(self, story_id: str) -> tuple[int, Story] | None:
        """Return a story and its num, or None."""
        with self.snapshot() as connection:
            return reading.by_id(connection, story_id)

    def by_url(self, url: str, now: float | None = None) -> tuple[int, Story] | None:
        """Return the story at an address, however spelt; its own address counts before a canonical one.

        Of several, the one that readers may see at `now` (epoch seconds), the newest first.
        """
        with self.snapshot() as connection:
            nums = linking.at_address(connection, reference(url, None, values.addresses(connection)), now)
            found = reading.by_nums(connection, nums)
        return next(((num, found[num]) for num in nums if num in found), None)

    def was_seen(self, num: int) -> bool:
        """Return whether readers saw a story before it was taken back."""
        with self.snapshot() as connection:
            return ordering.was_aired(connection, num)

    def address_seen(self, num: int, now: int) -> str | None:
        """Return the address at which readers have seen a story last, None where they have not."""
        with self.snapshot() as connection:
            return ordering.address_seen(connection, num, now)

    def deleted_at(self, story_id: str) -> int | None:
        """Return when a story was deleted (epoch seconds), as far as that is known; None if it was not."""
        with self.snapshot() as connection:
            return ordering.deleted_of(connection, [story_id]).get(story_id)

    def by_nums(self, nums: Collection[int]) -> dict[int, Story]:
        """Return the stories that are held, by num."""
        with self.snapshot() as connection:
            return reading.by_nums(connection, nums)

    def nums(self) -> list[int]:
        """Return the nums of all stories that are held, ascending."""
        with self.snapshot() as connection:
            return list(connection.execute(select(story.c.num).order_by(story.c.num)).scalars())

    def nums_of(self, ids: Iterable[str]) -> dict[str, int]:
        """Return the num of each story that is held, by id."""
        with self.snapshot() as connection:
            return writing.nums_of(connection, ids)

    def named(self, references: Iterable[str]) -> dict[str, set[int]]:
        """Return the nums of all stories that each reference names: an id, or an address in normal form."""
        with self.snapshot() as connection:
            return linking.named(connection, references)

    def content_hashes(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the content hash of each story that is held, by id."""
        with self.snapshot() as connection:
            return reading.content_hashes(connection, ids)

    def vectors_of(self, text_hashes: Iterable[str], model: str | None = None) -> dict[str, Vectors]:
        """Return the vectors, float16 (1 + chunks, d), of the texts that `model` has embedded."""
        with self.snapshot() as connection:
            return reading.vectors_of(connection, text_hashes, model or values.current_model(connection))

    def rows(self, after_num: int = 0, batch: int = STREAM, model: str | None = None) -> Iterator[Row]:
        """Yield all stories with a num above `after_num`, by num, `batch` at a time.

        Each batch is a transaction of its own, so that a long walk does not keep the log from being folded.
        What is written meanwhile may be seen or not: take `last_seq` first and apply `changes` after it.
        """
        while True:
            with self.snapshot() as connection:
                model = model or values.current_model(connection)
                some = reading.rows(connection, story.c.num > after_num, model, batch)
            yield from some
            if len(some) < batch:
                return
            after_num = some[-1].num

    def rows_of(self, nums: Collection[int], model: str | None = None) -> Iterator[Row]:
        """Yield the stories of `nums` that are held, with their vectors."""
        for batch in sqlite.in_lists(sorted(nums)):
            with self.snapshot() as connection:
                model = model or values.current_model(connection)
                some = reading.rows(connection, story.c.num.in_(batch), model, None)
            yield from some

    def unembedded(self, model: str, limit: int = STREAM) -> list[Row]:
        """Return up to `limit` stories whose text `model` has not embedded, without vectors."""
        with self.snapshot() as connection:
            return reading.unembedded(connection, model, limit)

    # Changes

    def version(self) -> int:
        """Return a number that stays as long as nobody commits anything: a look that takes microseconds."""
        self._origin.check()
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
        self._origin.check()

    def check_place(self) -> None:
        """Return when the files are where they were opened; raise `ArchiveMovedError` when they are not."""
        self._origin.check()
        self._place.check()

    def last_seq(self) -> int:
        """Return the number of the last change, 0 when there was none. Cheap while nothing is committed."""
        version, (seen, seq) = self.version(), self._last_seq
        if version != seen:  # the counter was read before the log, so a later change is never taken for seen
            with self.snapshot() as connection:
                seq = reading.last_seq(connection)
            self._last_seq = (version, seq)
        return seq

    def changes(self, since: int, limit: int | None = None) -> list[Change]:
        """Return what changed after the change numbered `since`: the latest of each story, oldest first.

        `PUT` says that the story, its vectors or a link from or to it changed; `LINK` that links from it did;
        `REMOVE` that it is gone. A caller who applies them all is up to date as of the last one's `seq`.
        """
        with self.snapshot() as connection:
            return reading.changes(connection, since, limit)

    def pending(self, since: int) -> int:
        """Return how many stories changed after the change numbered `since`."""
        with self.snapshot() as connection:
            return reading.pending(connection, since)

    # Links

    def links(self, nums: Collection[int] | None = None) -> Links:
        """Return the links between held stories: all, or those that start or end at `nums`."""
        with self.snapshot() as connection:
            return linking.links(connection, nums)

    def add_links(self, links: Sequence[NewLink], now: float) -> LinkReport:
        """Add links that editors set. One that is held is left as it is; an unknown target is waited for."""
        with self.transaction() as connection:
            nums = writing.nums_of(connection, {link.source for link in links})
            known = [link for link in links if link.source in nums]
            sources, added, waiting = linking.add(connection, known, nums)
            writing.log(connection, Op.LINK, sorted(sources), int(now))
            unknown = dict.fromkeys(link.source for link in links if link.source not in nums)
            return LinkReport(added, waiting, tuple(unknown))

    def set_origins(self, found: Mapping[str, StoryOrigin]) -> None:
        """Keep where stories came from, by id; those that are not held are left out."""
        with self.transaction() as connection:
            nums = writing.nums_of(connection, found)
            origins.put(connection, {num: found[id] for id, num in nums.items()})

    def origin(self, story_id: str) -> StoryOrigin | None:
        """Return where a story came from, or None where that is not known."""
        with self.snapshot() as connection:
            return origins.get(connection, story_id)

    def drop_link(self, source: str, target: str, kind: LinkKind, now: float) -> bool:
        """Delete a link, named as it was added; return whether it was held."""
        with self.transaction() as connection:
            num = writing.nums_of(connection, [source]).get(source)
            if num is None or not linking.drop(connection, num, target, kind):
                return False
            writing.log(connection, Op.LINK, [num], int(now))
            return True

    # Settings, models, health

    def setting(self, key: str, default: object = None) -> Any:  # noqa: ANN401 (any JSON)
        """Return the JSON value kept under `key`, or `default`."""
        with self.snapshot() as connection:
            return values.get(connection, key, default)

    def set_setting(self, key: str, value: object) -> None:
        """Keep a JSON value under `key`."""
        with self.transaction() as connection:
            values.put(connection, key, value)

    def settings(self) -> dict[str, Any]:
        """Return all values that are kept, by key."""
        with self.snapshot() as connection:
            return values.every(connection)

    def addresses(self) -> AddressRules:
        """Return the archive's own rules for addresses, by which all keys that are held were made."""
        with self.snapshot() as connection:
            return values.addresses(connection)

    def use_addresses(self, rules: AddressRules, now: float) -> int:
        """Make all keys of addresses anew by other rules, and keep these; return how many stories changed."""
        with self.transaction() as connection:
            before = values.addresses(connection)
            if rules == before:
                return 0
            values.put_addresses(connection, rules)
            changed = keying.key_anew(connection, rules, before)
            writing.log(connection, Op.PUT, changed, int(now))
            return len(changed)

    def use_model(self, model: Model, now: float) -> None:
        """Record where vectors come from, and make this the current model."""
        with self.transaction() as connection:
            values.use_model(connection, model, int(now))

    def know_model(self, model: Model, made: Mapping[str, object], now: float) -> None:
        """Record that vectors are made by `made` from here on; only looks where that is known."""
        with self.snapshot() as connection:
            if values.is_known(connection, model, made):
                return
        with self.transaction() as connection:
            values.know_model(connection, model, made, int(now))

    def begin_embedding(self, made: Mapping[str, object]) -> int:
        """Return the num up to which `made` has embedded all stories anew; 0 where it has not begun."""
        with self.transaction() as connection:
            return values.begin_embedding(connection, made)

    def embedded_again(self, vectors: Mapping[str, Vectors], model: str, upto: int, now: float) -> None:
        """Exchange vectors, by text hash, tell readers of their stories, and keep how far this came."""
        with self.transaction() as connection:
            writing.put_vectors(connection, vectors, model)
            writing.log(connection, Op.PUT, writing.nums_of_texts(connection, vectors), int(now))
            values.embedded_upto(connection, upto)

    def end_embedding(self, model: str, made: Mapping[str, object]) -> None:
        """Record that `made` has made all vectors of a model."""
        with self.transaction() as connection:
            values.end_embedding(connection, model, made)

    def model(self, weights_hash: str | None = None) -> Model | None:
        """Return what is known of a model, the current one by default; None when there is none."""
        with self.snapshot() as connection:
            return values.model(connection, weights_hash)

    def count(self) -> int:
        """Return how many stories are held."""
        with self.snapshot() as connection:
            return reading.count(connection)

    def statistics(self) -> Statistics:
        """Return the counts of what is held, all as of one moment."""
        with self.snapshot() as connection:
            version = migrations.version_of(connection, self.path)
            current = values.current_model(connection)
            return reading.statistics(connection, current, version, sqlite.size(self.path))

    def problems(self) -> list[str]:
        """Read the whole file and return what is wrong with it; empty when it is sound."""
        with self.snapshot() as connection:
            return sqlite.problems(connection)


def _tried(engine: Engine, path: Path) -> None:
    migrations.migrate(engine, path)
    with sqlite.writing(engine).begin() as connection:
        values.put(connection, _TRIED, 1)


def _prepared(engine: Engine, path: Path, prepare: Callable[[Engine, Path], None]) -> None:
    """Prepare a file through an engine, which is let go of where that fails."""
    try:
        with sqlite.explained(path):
            prepare(engine, path)
    except ArchiveError:
        engine.dispose()
        raise
