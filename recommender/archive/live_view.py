"""What is derived from a catalog, kept up with it by its log, fitted anew as it grows, saved when it is due.

Knows no embedder; every story that it puts has its vectors in the catalog. Much of it says when what is done,
hence the length.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from index import BackgroundJob, Check, SnapshotCorrupt, SnapshotError
from recommender.analysis.encoded import Encoded
from recommender.archive.intake import StoryIntake
from recommender.archive.link_graph import LiveLinkGraph
from recommender.archive.snapshots import ArchiveSnapshots
from recommender.archive.vector_engine import VectorEngine
from recommender.archive.view import View
from recommender.catalog import Catalog, Model, Op
from recommender.errors import ArchiveBusyError, ArchiveError
from recommender.features import bulk_encoding
from recommender.features.feature_store import Store
from recommender.ranking.link_history import LinkGraph

log = logging.getLogger(__name__)

Progress = Callable[[int], None]

SNAPSHOT_AFTER = 256  # changes that an opening reader may have to catch up with, about half a second
SNAPSHOT_AHEAD = 2000  # changes from which another process's snapshot is mapped: two seconds of encoding
REFIT_GROWTH = 2  # the lexical model is fitted anew when the archive has grown by this factor since
REFIT_AT_ONCE = 5000  # stories up to which that takes a few seconds, and the old one does not serve on
AUDIT_PAUSE = 0.002  # seconds after each MB of the audit: it takes no more than half the time of a disk


class LiveView:
    """The view of one archive. Threads share one.

    Parameters
    ----------
    directory : Path
        Where its snapshots are.
    catalog : Catalog
        What it is derived from.
    intake : StoryIntake
        Sets aside what cannot be read.
    engine : VectorEngine
        Where the vectors are; whether this is a process that stays, see `Archive.open`.
    on_demand : bool
        Load nothing before it is asked for.

    Attributes
    ----------
    lock : RLock
        Held while it changes.
    snapshots : ArchiveSnapshots
        What is saved of it.
    refitter : BackgroundJob
        Fits the lexical model anew beside what goes on.
    """

    def __init__(
        self,
        directory: Path,
        catalog: Catalog,
        intake: StoryIntake,
        engine: VectorEngine,
        *,
        on_demand: bool = False,
    ) -> None:
        self._catalog, self._intake = catalog, intake
        self.engine = replace(engine, to_follow=self._to_follow)
        self._model: Model | None = None
        self._link_graph = LiveLinkGraph(catalog)
        self.lock = threading.RLock()
        self._is_tried = False  # by the thread that holds the lock
        self.refitter, self._auditor = BackgroundJob(), BackgroundJob()
        self.snapshots = ArchiveSnapshots(directory, catalog, self.engine)
        self._view: View | None = None
        self._loading: View | None = None  # until it has caught up, for the thread that loads alone
        if not on_demand:
            self._load()

    @property
    def view(self) -> View:
        """As of the last `catch_up`; loaded where it was not yet."""
        view = self._view
        return self._loaded() if view is None else view

    @view.setter
    def view(self, view: View) -> None:
        if self._loading is None:
            self._view = view
        else:
            self._loading = view

    @property
    def is_loaded(self) -> bool:
        """Whether it takes memory already."""
        return self._view is not None

    def _loaded(self) -> View:
        with self.lock:
            return self._view or self._loading or self._load()

    def close(self) -> None:
        """Close the files, and end the threads."""
        self.refitter.stop()
        self._auditor.stop()
        if self._view is not None:
            self._view.close()

    @property
    def model(self) -> Model | None:
        """What made the archive's vectors, None while there are none."""
        if self._model is None:
            self._model = self._catalog.model()
        return self._model

    def catch_up(self) -> View:
        """Bring the view to the catalog's last change, and return it. Cheap when nothing changed."""
        if self._catalog.last_seq() == self.view.seq:
            return self.view
        with self.lock:
            if self._is_tried:
                return self.view
            last = self._catalog.last_seq()
            self._follow_model()
            if last - self.view.seq > SNAPSHOT_AHEAD:
                with suppress(SnapshotError):  # without another process's snapshot the log will do
                    self.view = self.snapshots.newer(self.view, self._link_graph, self._hash)
            self.view = self._followed(self.view, last)
            if self.view.outgrown(REFIT_GROWTH):
                self._refit()
        return self.view

    def _follow_model(self) -> None:
        """Go over to another model's vectors, where the archive has moved to one.

        What was saved under it is mapped. To be called after the number of the last change was read: the
        exchange is a change itself, so one that is not seen yet is after that.
        """
        held = self._model
        if held is None or self._catalog.model_hash() in (None, held.hash):
            return
        current = self._catalog.model()
        if current is None or held.hash == current.hash:
            return
        log.info("the archive has moved from the model %s to %s", held.name, current.name)
        self._model = current
        self.view = self._mapped_or_remade()

    @contextmanager
    def trying(self, story: Encoded) -> Iterator[int | None]:
        """Hold a story that readers may not see, and yield its num; None where it is of another model.

        Until it is given up, nothing else changes: a story that comes meanwhile would get the same num.
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
        changes = self._catalog.changes(view.seq)
        view.drop([change.num for change in changes if change.op is Op.REMOVE])
        put = [change.num for change in changes if change.op is Op.PUT]
        seq, view = view.seq, self._with(view, put, last)
        view.seq = max(last, seq)
        return view

    def _to_follow(self, store: Store) -> list[int]:
        """Return which stories of a store have changed since; none where it is still being made.

        Asked within what holds locks of an index, so it takes none of this.
        """
        view = self._view
        if view is None or view.store is not store:
            return []
        return [change.num for change in self._catalog.changes(view.seq)]

    def _refit(self) -> None:
        """Fit the lexical model anew, or begin to."""
        if self.engine.background and self.view.hybrid is not None and len(self.view.store) > REFIT_AT_ONCE:
            self.refitter.start(self._refit_beside)
        else:
            self.view = self.view.refitted()

    def _refit_beside(self, check: Check) -> None:
        """Make a view under a new model while others read and write the old one, then exchange them."""
        old = self.view
        fresh = old.refitted(check)
        with self.lock:
            if self.view is old:  # else another process's snapshot was mapped meanwhile
                # First what was written while it was made: who reads it then does not wait for the lock.
                self.view = self._followed(fresh, self._catalog.last_seq())

    def audit(self, check: Check) -> None:
        """Read through the large files of the snapshot, and derive all anew where one was altered.

        The small ones are read through when it is mapped. A process that stays does this beside its work.
        """
        try:
            self.snapshots.audit(lambda: _unhurried(check))
        except SnapshotCorrupt as problem:
            log.error("%s: making everything derived anew from the catalog", problem)
            fresh = self.remade()
            with self.lock:
                self.view = self._followed(fresh, self._catalog.last_seq())
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
            view = View.empty(model.dimension, engine=self.engine)
        for stories in bulk_encoding.encoded(self._catalog, nums, model=model.hash):
            view.put_encoded(stories.batch.items())
            view.drop([*stories.aside, *stories.problems])
            self._intake.set_aside(stories.problems, seq)
        return view

    def remade(self, on_done: Progress | None = None) -> View:
        """Return all derived anew from the catalog; `on_done` is told how many more stories are in."""
        self._link_graph = LiveLinkGraph(self._catalog)
        return self._derived(self.model, on_done)

    def _derived(self, model: Model | None, on_done: Progress | None = None) -> View:
        """Return a view of all stories by the vectors of a model."""
        view = View.empty(model.dimension if model else 0, engine=self.engine)
        view.seq = self._catalog.last_seq()  # first: what comes while we read is caught up with afterwards
        nums, hash = self._catalog.nums(), model.hash if model else None
        for stories in bulk_encoding.encoded(self._catalog, nums, model=hash):
            view.put_new(stories.batch)
            self._intake.set_aside(stories.problems, view.seq)
            if on_done:
                on_done(len(stories.batch))
        return view.refitted()

    @property
    def unsaved_changes(self) -> int:
        """How many changes the newest snapshot lacks; all of them while there is none."""
        return self.snapshots.lacks(self.view)

    def save_when_due(self) -> None:
        """Write a snapshot when a reader that opens now would have much to catch up with, or a model to fit.

        What cannot be written now is only made again later: no reader and no writer of stories has to fail.
        """
        if self._catalog.read_only:
            return
        if self.snapshots.has_model(self.view) and self.unsaved_changes < SNAPSHOT_AFTER:
            return
        try:
            self.save(patience=0)
        except ArchiveBusyError as error:
            log.info("%s", error)  # the other process writes one that is about as new
        except ArchiveError as error:
            log.warning("%s", error)

    def save(self, patience: float) -> None:
        """Write a snapshot of what is derived; see `Archive.save` for what is raised."""
        self._catalog.check_place()  # or a directory would be made where the archive was
        with self.lock:
            self.snapshots.write(self.view, self._link_graph, patience, self._hash)

    def save_under(self, model: Model, patience: float, on_done: Progress | None = None) -> None:
        """Derive all from the vectors of another model and save it, for all that follow the archive to it.

        This view stays as it is. See `Archive.save` for what is raised.
        """
        view = self._derived(model, on_done)
        try:
            ArchiveSnapshots(
                self.snapshots.directory, self._catalog, replace(self.engine, background=False)
            ).write(view, LiveLinkGraph(self._catalog), patience, model.hash)
        finally:
            view.close()

    @property
    def _hash(self) -> str:
        """Of the model whose vectors the view holds; "" before there is one."""
        return self.model.hash if self.model else ""

    def _load(self) -> View:
        """Map the newest snapshot and catch up; without one that fits, make everything derived anew."""
        self._loading = self._mapped_or_remade()
        try:
            self._view = self.catch_up()
        except BaseException:  # also of the end of the process: half of it is no view
            self._loading.close()
            raise
        finally:
            self._loading = None
        self.save_when_due()
        if self.engine.background:
            self._auditor.start(self.audit)
        return self.view

    def _mapped_or_remade(self) -> View:
        try:
            return self.snapshots.map(self._link_graph, self._hash)
        except SnapshotError as problem:
            level = logging.WARNING if isinstance(problem, SnapshotCorrupt) else logging.INFO
            log.log(level, "%s: making everything derived anew from the catalog", problem)
            return self.remade()


def _unhurried(check: Check) -> None:
    check()
    time.sleep(AUDIT_PAUSE)
