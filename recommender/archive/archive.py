"""The archive: catalog, embedder and derived view as one thing. The way of one story reads from `add` down.

Knows nothing of scores, rendering or the doors. The catalog is the truth: what it has acknowledged is never
lost; everything else is derived from it and kept as a snapshot.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from index import BackgroundJob, Check, SnapshotCorrupt, SnapshotError
from recommender.analysis.encoded import Encoded
from recommender.archive.intake import Intake, Report
from recommender.archive.link_graph import LiveLinkGraph
from recommender.archive.private_files import CATALOG_FILE, DERIVED, tell_exposed
from recommender.archive.snapshots import ARCHIVE_ID, ArchiveSnapshots
from recommender.archive.view import View
from recommender.catalog import Catalog, Model, Op, Outcome
from recommender.catalog.quarantine import Quarantine
from recommender.embedding import Embedder, open_embedder
from recommender.embedding.provenance import UNCHECKED, is_checked
from recommender.errors import ArchiveBusyError, ArchiveError, NotFoundError
from recommender.features import bulk_encoding
from recommender.ranking.link_history import LinkGraph
from recommender.settings import Settings, load_settings
from recommender.story.story import Story

log = logging.getLogger(__name__)

T = TypeVar("T")
Progress = Callable[[int], None]

BATCH = 128  # stories a transaction: what a crash can cost to embed again, some ten seconds of work
SAVE_PATIENCE = 10.0  # seconds that a rebuild waits for another process's snapshot: a large one takes so long
SNAPSHOT_AFTER = 256  # changes that an opening reader may have to catch up with, about half a second
CATCH_UP_AFTER = 4096  # stories that `add` acknowledges before it indexes them: bounds its memory
SNAPSHOT_AHEAD = 2000  # changes from which another process's snapshot is mapped: two seconds of encoding
REFIT_GROWTH = 2  # the lexical model is fitted anew when the archive has grown by this factor since
REFIT_AT_ONCE = 5000  # stories up to which that takes a few seconds, and the old one does not serve on
AUDIT_PAUSE = 0.002  # seconds after each MB of the audit: it takes no more than half the time of a disk


class Archive:
    """All stories of one publisher, and what is derived from them.

    Use `Archive.create` or `Archive.open`. Any number of processes may read and write one archive at
    once, each with an `Archive` of its own; within a process, threads share one. One that was opened before a
    fork raises `ForkedError` in the child, which opens its own.
    """

    def __init__(
        self,
        path: Path,
        catalog: Catalog,
        settings: Settings,
        embedder: Embedder | None,
        *,
        background: bool = False,
    ) -> None:
        self.path, self.catalog, self.settings = path, catalog, settings
        self._embedder = embedder
        self._model: Model | None = None
        self.quarantine, self.intake = Quarantine(catalog), Intake(catalog, lambda: self.embedder)
        self._link_graph = LiveLinkGraph(catalog)
        self.lock = threading.RLock()  # held while what is derived changes
        self._is_tried = False  # by the thread that holds the lock
        self._background, self._refitter, self._auditor = background, BackgroundJob(), BackgroundJob()
        self._snapshots = ArchiveSnapshots(path / DERIVED, catalog, background=background)
        self.view = self._load()
        self.save_when_due()
        if background:
            self._auditor.start(self.audit)
        if background and self.model and not all(map(is_checked, self.model.made_by)):
            log.warning("archive %s: %s", path, UNCHECKED)

    # Opening and closing

    @classmethod
    def create(
        cls, path: Path | str, settings: Settings | None = None, embedder: Embedder | None = None
    ) -> Self:
        """Make an empty archive in a directory that holds none.

        Raises
        ------
        ArchiveError
            When the directory already holds an archive or cannot be written.
        """
        path = Path(path)
        settings = settings or load_settings(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(
                f"archive {path}: {error.strerror}; choose a directory that can be written"
            ) from error
        catalog = Catalog.create(path / CATALOG_FILE, busy_seconds=settings.busy_seconds)
        catalog.set_setting(ARCHIVE_ID, uuid.uuid4().hex)
        catalog.use_addresses(settings.addresses, now=time.time())
        return cls(path, catalog, settings, embedder)

    @classmethod
    def open(
        cls,
        path: Path | str,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        *,
        background: bool = False,
    ) -> Self:
        """Open an archive and catch up with its change log; a snapshot that is of no use is made anew.

        Parameters
        ----------
        path : Path or str
            The archive's directory.
        settings : Settings, optional
            Instead of those of the archive and the environment.
        embedder : Embedder, optional
            Instead of the one that the settings name.
        background : bool
            For a process that stays, such as a service: what a growing archive needs anew (inverted lists,
            the lexical model) is built in a thread and taken into use when it is done. Others build it when
            it is due, before they go on.

        Raises
        ------
        NotFoundError
            When there is no archive in that directory.
        ArchiveVersionError
            When a newer version of this package made it.
        """
        path = Path(path)
        if not (path / CATALOG_FILE).is_file():
            raise NotFoundError(f"no archive in {path}; make one with: related init --archive {path}")
        settings = settings or load_settings(path)
        catalog = Catalog.open(path / CATALOG_FILE, busy_seconds=settings.busy_seconds)
        tell_exposed(path)
        if catalog.addresses() != settings.addresses and not catalog.read_only and not catalog.count():
            catalog.use_addresses(settings.addresses, now=time.time())
        return cls(path, catalog, settings, embedder, background=background)

    def close(self) -> None:
        """Let go of the files. What was acknowledged is in the catalog, whatever the snapshot holds."""
        self._refitter.stop()
        self._auditor.stop()
        self.view.close()
        self.catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def embedder(self) -> Embedder:
        """The archive's embedding model, opened when it is first needed.

        Raises
        ------
        ArchiveError
            When it is not the model that the archive's vectors were made with.
        """
        self.catalog.check_origin()  # before any lock, which a thread that the fork left behind may hold
        with self.lock:
            if self._embedder is None:
                self._embedder = open_embedder(
                    self.settings.model, cache_dir=self.settings.cache_dir, runtime=self.settings.runtime
                )
            held = self.model
            if held is not None and held.hash != self._embedder.weights_hash:
                raise ArchiveError(
                    f"archive {self.path} holds vectors of {held.name} ({held.hash[:12]}), the settings "
                    f"name {self._embedder.name} ({self._embedder.weights_hash[:12]}); name the first in "
                    "related.toml, or add the stories to a new archive"
                )
            return self._embedder

    # The way of one story: embed, acknowledge, index

    def add(
        self,
        stories: Iterable[Story],
        on_done: Progress | None = None,
        batch: int = BATCH,
        *,
        undelete: bool = True,
    ) -> Report:
        """Add stories, or update those that changed; each batch is acknowledged by one transaction.

        Parameters
        ----------
        stories : iterable of Story
            Read once, in constant memory.
        on_done : callable, optional
            Told how many more stories are acknowledged.
        batch : int
            Stories a transaction.
        undelete : bool
            Take stories that were deleted, too.
        """
        report, behind, began = Report(), 0, self.catalog.last_seq()
        try:
            for chunk in _batches(stories, batch):
                for outcome in self.write(chunk, undelete=undelete):
                    report.count(outcome)
                if on_done:
                    on_done(len(chunk))
                behind += len(chunk)
                if behind >= CATCH_UP_AFTER:
                    behind = 0
                    self._index()
        finally:
            # After Ctrl-C too: what was acknowledged is then found at once by the next reader.
            self._index()
        report.set_aside = {each.id: each.reason for each in self.quarantine.all(since=began)}
        return report

    def _index(self) -> None:
        self.catch_up()
        self.save_when_due()

    def write(self, stories: Sequence[Story], *, undelete: bool = True) -> list[Outcome]:
        """Acknowledge stories: try and embed the texts that are new, and commit all in one transaction.

        Without `undelete`, stories that were deleted stay so.
        """
        return self.intake.write(stories, undelete=undelete)

    def remove(self, ids: Sequence[str]) -> list[str]:
        """Take stories out, and return those that were held. No reader finds them after this call."""
        removed = self.catalog.remove(ids, now=time.time())
        self.catch_up()
        return removed

    @property
    def model(self) -> Model | None:
        """What made the archive's vectors, None while there are none; an archive keeps its first."""
        if self._model is None:
            self._model = self.catalog.model()
        return self._model

    @property
    def encoder(self) -> str:
        """SHA-256 of the weights of what made the archive's vectors; empty while there are none."""
        return self.model.hash if self.model else ""

    # What is derived

    def catch_up(self) -> View:
        """Bring the view to the catalog's last change, and return it. Cheap when nothing changed."""
        if self.catalog.last_seq() == self.view.seq:
            return self.view
        with self.lock:
            if self._is_tried:
                return self.view
            last = self.catalog.last_seq()
            if last - self.view.seq > SNAPSHOT_AHEAD:
                with suppress(SnapshotError):  # without another process's snapshot the log will do
                    self.view = self._snapshots.newer(self.view, self._link_graph)
            self.view = self._followed(self.view, last)
            if self.view.outgrown(REFIT_GROWTH):
                self._refit()
        return self.view

    @contextmanager
    def trying(self, story: Encoded) -> Iterator[int | None]:
        """Hold a story that readers may not see, and yield its num; None where it is of another model.

        Until it is let go of, nothing else changes: a story that comes meanwhile would get the same num.
        """
        with self.lock:
            store = self.catch_up().store
            if store.dimension != story.vectors.shape[1]:
                yield None
                return
            with store.trying(story) as num:
                self._is_tried = True
                try:
                    yield num
                finally:
                    self._is_tried = False

    def _followed(self, view: View, last: int) -> View:
        """Bring a view to the change `last` by the log, and return it, or a new one where it was empty."""
        changes = self.catalog.changes(view.seq)
        view.drop([change.num for change in changes if change.op is Op.REMOVE])
        put = [change.num for change in changes if change.op is Op.PUT]
        seq, view = view.seq, self._with(view, put, last)
        view.seq = max(last, seq)
        return view

    def _refit(self) -> None:
        """Fit the lexical model anew, or begin to."""
        if self._background and self.view.hybrid is not None and len(self.view.store) > REFIT_AT_ONCE:
            self._refitter.start(self._refit_beside)
        else:
            self.view = self.view.refitted()

    def _refit_beside(self, check: Check) -> None:
        """Make a view under a new model while others read and write the old one, then exchange them."""
        old = self.view
        fresh = old.refitted(check)
        with self.lock:
            if self.view is old:  # else another process's snapshot was mapped meanwhile
                # First what was written while it was made: who reads it then does not wait for the lock.
                self.view = self._followed(fresh, self.catalog.last_seq())

    def audit(self, check: Check = lambda: None) -> None:
        """Read through the large files of the snapshot, and derive all anew where one was altered.

        The small ones are read through when it is mapped. A process that stays does this beside its work.
        """
        try:
            self._snapshots.audit(lambda: _unhurried(check))
        except SnapshotCorrupt as problem:
            log.error("%s: making everything derived anew from the catalog", problem)
            fresh = self._remade()
            with self.lock:
                self.view = self._followed(fresh, self.catalog.last_seq())
            self.save_when_due()
        except SnapshotError as problem:
            log.info("%s", problem)  # there is no snapshot, or another one by now

    def link_graph(self) -> LinkGraph:
        """Return the links between the stories of the view, with the time each was set."""
        return self._link_graph.graph(self.view)

    def _with(self, view: View, nums: Sequence[int], seq: int) -> View:
        """Put stories into a view and return it: a new one where it was empty and of another dimension.

        Those that cannot be read, as of the change `seq`, are set aside.
        """
        model = self.model
        if model is None:
            return view
        if view.dimension != model.dimension:
            view = View.empty(model.dimension, background=self._background)
        for stories in bulk_encoding.encoded(self.catalog, nums):
            view.put_encoded(stories.items)
            view.drop([*stories.aside, *stories.problems])
            self.intake.set_aside(stories.problems, seq)
        return view

    def rebuild(self, on_done: Progress | None = None) -> None:
        """Make everything derived anew from the catalog, and save it.

        No story is embedded again but those whose vectors are damaged. What is set aside is tried again, and
        where the settings have other rules for addresses now, all keys are made anew by them.

        Raises
        ------
        ArchiveError
            When it cannot be saved; see `save`.
        """
        self.catalog.use_addresses(self.settings.addresses, now=time.time())
        self.view = self._remade(on_done)
        self.intake.try_again()
        self.catch_up()
        self.save()

    def _remade(self, on_done: Progress | None = None) -> View:
        model = self.model
        self._link_graph = LiveLinkGraph(self.catalog)
        view = View.empty(model.dimension if model else 0, background=self._background)
        view.seq = self.catalog.last_seq()  # first: what comes while we read is caught up with afterwards
        for stories in bulk_encoding.encoded(self.catalog, self.catalog.nums()):
            view.put_encoded(stories.items)
            self.intake.set_aside(stories.problems, view.seq)
            if on_done:
                on_done(len(stories.items))
        return view.refitted()

    @property
    def generation(self) -> int:
        """Number of the snapshot that was mapped or written last, 0 before there is one."""
        return self._snapshots.generation

    @property
    def unsaved_changes(self) -> int:
        """How many changes the newest snapshot lacks; all of them while there is none."""
        return self._snapshots.lacks(self.view)

    def save_when_due(self) -> None:
        """Write a snapshot when a reader that opens now would have much to catch up with, or a model to fit.

        What cannot be written now is only made again later: no reader and no writer of stories has to fail.
        """
        if self.catalog.read_only:
            return
        if self._snapshots.has_model(self.view) and self.unsaved_changes < SNAPSHOT_AFTER:
            return
        try:
            self.save(patience=0)
        except ArchiveBusyError as error:
            log.info("%s", error)  # the other process writes one that is about as new
        except ArchiveError as error:
            log.warning("%s", error)

    def save(self, patience: float = SAVE_PATIENCE) -> None:
        """Write a snapshot of what is derived.

        Raises
        ------
        ArchiveBusyError
            When another process has been writing one for longer than `patience` seconds.
        ArchiveVersionError
            When a newer version of this package, or another program, wrote what is there.
        ArchiveError
            When the disk is full, or not writable; when the archive is not where it was opened.
        """
        self.catalog.check_place()  # or a directory would be made where the archive was
        with self.lock:
            self._snapshots.write(self.view, self._link_graph, patience)

    def _load(self) -> View:
        """Map the newest snapshot and catch up; without one that fits, make everything derived anew."""
        try:
            self.view = self._snapshots.map(self._link_graph)
        except SnapshotError as problem:
            level = logging.WARNING if isinstance(problem, SnapshotCorrupt) else logging.INFO
            log.log(level, "%s: making everything derived anew from the catalog", problem)
            self.view = self._remade()
        return self.catch_up()


def _unhurried(check: Check) -> None:
    check()
    time.sleep(AUDIT_PAUSE)


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    stream = iter(items)
    while batch := list(islice(stream, size)):
        yield batch
