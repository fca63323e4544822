"""The archive: catalog, embedder and derived view as one thing. The way of one story reads from `add` down.

Knows nothing of scores, rendering or the doors. The catalog is the truth: what it has acknowledged is never
lost; everything else is derived from it and kept as a snapshot. Most of it says what its methods promise,
hence the length.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self

from index import Check
from index.storage.closing import Closing
from recommender.analysis.encoded import Encoded
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.intake import Report, StoryIntake
from recommender.archive.live_settings import LiveSettings
from recommender.archive.live_translations import LiveTranslations
from recommender.archive.live_view import LiveView, Progress
from recommender.archive.model_choice import (
    AUTO,
    ModelChoice,
    after_quick,
    at_first,
    chosen,
    is_quick,
    of_stories,
    of_view,
)
from recommender.archive.private_files import DERIVED, tell_exposed
from recommender.archive.snapshots import ARCHIVE_ID, engine_of
from recommender.archive.view import View
from recommender.catalog import Catalog, Model, Outcome
from recommender.catalog.origins import NO_ORIGINS
from recommender.catalog.quarantine import Quarantine
from recommender.embedding import DEFAULT_MODEL, Embedder, open_embedder
from recommender.embedding.models import ENGLISH_ENCODERS, STATIC_MODEL
from recommender.embedding.provenance import UNCHECKED, is_checked
from recommender.errors import ArchiveError, ModelChangedError
from recommender.ranking.link_history import LinkGraph
from recommender.settings import Settings, load_settings
from recommender.story.story import Story

if TYPE_CHECKING:
    from recommender.ingest.base import Origin as StoryOrigin

log = logging.getLogger(__name__)

BATCH = 128  # stories a transaction: what a crash can cost to embed again, some ten seconds of work
SAVE_PATIENCE = 10.0  # seconds that a rebuild waits for another process's snapshot: a large one takes so long
OpenModel = Callable[..., Embedder]  # as `open_embedder`
CATCH_UP_AFTER = 4096  # stories that `add` acknowledges before it indexes them: bounds its memory


class Archive(Closing):
    """All stories of one publisher, and what is derived from them.

    Use `Archive.create` or `Archive.open`. Any number of processes may read and write one archive at
    once, each with an `Archive` of its own; within a process, threads share one. One that was opened before a
    fork raises `ForkedError` in the child, which opens its own.
    """

    def __init__(
        self,
        place: ArchivePlace,
        catalog: Catalog,
        settings: Settings,
        embedder: Embedder | None,
        *,
        background: bool = False,
        on_demand: bool = False,
    ) -> None:
        self.place, self.path, self.catalog = place, place.directory, catalog
        self.live_settings = LiveSettings(catalog, settings)
        self._given, self._embedder = embedder, embedder
        self._models: OpenModel | None = None
        self._asks_once = False
        self.quarantine, self.intake = Quarantine(catalog), StoryIntake(catalog, lambda: self.embedder)
        engine = engine_of(place, catalog, background=background)
        self._live = LiveView(self.path / DERIVED, catalog, self.intake, engine, on_demand=on_demand)
        self.lock = self._live.lock  # held while what is derived changes
        self.translations = LiveTranslations(catalog)
        if background and self.model and not all(map(is_checked, self.model.made_by)):
            log.warning("archive %s: %s", self.path, UNCHECKED)

    # Opening and closing

    @classmethod
    def create(
        cls,
        path: Path | str | ArchivePlace,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
    ) -> Self:
        """Make an empty archive in a directory that holds none, or at the address of a PostgreSQL database.

        Raises
        ------
        ArchiveError
            When the directory or the database already holds an archive or cannot be written.
        """
        place = path if isinstance(path, ArchivePlace) else ArchivePlace.of(path)
        path = place.directory
        settings = settings or load_settings(path)
        try:
            place.make()
        except OSError as error:
            raise ArchiveError(
                f"archive {path}: {error.strerror}; choose a directory that can be written"
            ) from error
        catalog = Catalog.create(place.catalog, busy_seconds=settings.busy_seconds)
        catalog.set_setting(ARCHIVE_ID, uuid.uuid4().hex)
        catalog.use_addresses(settings.addresses, now=time.time())
        return cls(place, catalog, settings, embedder)

    @classmethod
    def open(
        cls,
        path: Path | str | ArchivePlace,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        *,
        background: bool = False,
        on_demand: bool = False,
        models: OpenModel | None = None,
        asks_once: bool = False,
    ) -> Self:
        """Open an archive and catch up with its change log; a snapshot that is of no use is made anew.

        Parameters
        ----------
        path : Path or str or ArchivePlace
            The archive's directory, the address of its catalog, or what says both.
        settings : Settings, optional
            Instead of those of the archive's file and the environment. What editors chose counts over them.
        embedder : Embedder, optional
            Instead of the one that the settings name.
        background : bool
            For a process that stays, such as a service: what a growing archive needs anew (inverted lists,
            the lexical model) is built in a thread and taken into use when it is done. Others build it when
            it is due, before they go on.
        on_demand : bool
            Load what is derived, and what takes most of the time and memory, when something first needs it:
            stored blocks do not. For a process that holds many archives.
        models : callable
            Opens an embedding model, as `open_embedder` does, so that several archives can share one.
        asks_once : bool
            For a process that asks one question, and ends: see `open_embedder`.

        Raises
        ------
        NotFoundError
            When there is no archive in that directory.
        ArchiveVersionError
            When a newer version of this package made it.
        """
        place = path if isinstance(path, ArchivePlace) else ArchivePlace.of(path)
        path = place.directory
        place.need()
        settings = settings or load_settings(path)
        catalog = place.open_catalog(busy_seconds=settings.busy_seconds)
        tell_exposed(path)
        if catalog.addresses() != settings.addresses and not catalog.read_only and not catalog.count():
            catalog.use_addresses(settings.addresses, now=time.time())
        opened = cls(place, catalog, settings, embedder, background=background, on_demand=on_demand)
        opened._models, opened._asks_once = models, asks_once
        return opened

    def close(self) -> None:
        """Close the files. What was acknowledged is in the catalog, whatever the snapshot holds."""
        self._live.close()
        self.catalog.close()

    @property
    def settings(self) -> Settings:
        """The settings as of the last look, with what editors chose over those of the file."""
        return self.live_settings.current

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
            held = self.model
            if self._embedder is None:
                self._embedder = self.opened(self._wished or (held.name if held else self._first_model))
            if held is None or held.hash == self._embedder.weights_hash:
                return self._embedder
            other = self._embedder
            if self._given is None:  # the archive has moved since, or the settings name another: it leads
                self._embedder = self.opened(held.name)
            if held.hash != self._embedder.weights_hash:
                raise ArchiveError(
                    f"archive {self.path} holds vectors of {held.name} ({held.hash[:12]}), the settings "
                    f"name {other.name} ({other.weights_hash[:12]}); name the first in related.toml, or move "
                    "the archive: related reembed"
                )
            return self._embedder

    def opened(self, model: str) -> Embedder:
        """Return an embedding model as the settings want it run."""
        how = self.settings.cache_dir, self.settings.runtime
        if self._models is not None:
            return self._models(model, cache_dir=how[0], runtime=how[1])
        return open_embedder(model, cache_dir=how[0], runtime=how[1], asks_once=self._asks_once)

    @property
    def _wished(self) -> str:
        """The model that the settings name; "" where they leave it to the archive."""
        return "" if self.settings.model == AUTO or self.is_quick else self.settings.model

    @property
    def _first_model(self) -> str:
        """What is opened before the first story; see `choose`."""
        return STATIC_MODEL if self.settings.quick_start else DEFAULT_MODEL

    @property
    def is_quick(self) -> bool:
        """Whether its vectors are those of a quick start, and better ones are to be made."""
        return is_quick(self.encoder, self.settings)

    def model_choice(self) -> ModelChoice | None:
        """Return the archive's model with why it is that one, and what to do where another suits better.

        None where it was not chosen by the languages of the stories.
        """
        counts, held = of_view(self.view), self.model
        if self.is_quick and counts:
            return after_quick(counts, self.settings)
        if self._wished or not counts or held is None:
            return None
        choice = chosen(counts)
        if held.name == choice.model:
            return choice
        if held.hash in ENGLISH_ENCODERS:
            way_out = f"{choice.model} knows their languages: related reembed"
            return ModelChoice(held.name, choice.reason, way_out)
        return None

    def choose(self, stories: Sequence[Story]) -> None:
        """Open the model that suits the first stories of an archive without any, before they are embedded."""
        is_named = self._wished and not self.settings.quick_start
        if self._given or is_named or self.model is not None or not stories:
            return
        choice = at_first(of_stories(stories), self.settings)
        log.info("archive %s: model %s, because %s", self.path, choice.model, choice.reason)
        with self.lock:
            if self._embedder is None or self._embedder.name != choice.model:
                self._embedder = self.opened(choice.model)

    # The way of one story: embed, acknowledge, index

    def add(
        self,
        stories: Iterable[Story],
        on_done: Progress | None = None,
        batch: int = BATCH,
        *,
        undelete: bool = True,
        origins: Mapping[str, StoryOrigin] = NO_ORIGINS,
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
        origins : mapping of str to StoryOrigin
            Where stories came from, by id, looked at as each batch is written.
        """
        report, behind, began = Report(), 0, self.catalog.last_seq()
        try:
            stream = iter(stories)
            while chunk := list(islice(stream, batch)):
                for outcome in self.write(chunk, undelete=undelete, origins=origins):
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

    def write(
        self,
        stories: Sequence[Story],
        *,
        undelete: bool = True,
        origins: Mapping[str, StoryOrigin] = NO_ORIGINS,
    ) -> list[Outcome]:
        """Acknowledge stories: try and embed the texts that are new, and commit all in one transaction.

        Without `undelete`, stories that were deleted stay so.
        """
        self.choose(stories)
        try:
            return self.intake.write(stories, undelete=undelete, origins=origins)
        except ModelChangedError:  # what was embedded meanwhile is of the earlier one
            self.catch_up()
            return self.intake.write(stories, undelete=undelete, origins=origins)

    def remove(self, ids: Sequence[str]) -> list[str]:
        """Take stories out, and return those that were held. No reader finds them after this call."""
        removed = self.catalog.remove(ids, now=time.time())
        self.catch_up()
        return removed

    @property
    def id(self) -> str:
        """What tells the archive from all others."""
        return str(self.catalog.setting(ARCHIVE_ID))

    @property
    def model(self) -> Model | None:
        """What made the archive's vectors, None while there are none; it stays until `related reembed`."""
        return self._live.model

    @property
    def encoder(self) -> str:
        """SHA-256 of the weights of what made the archive's vectors; empty while there are none."""
        return self.model.hash if self.model else ""

    # What is derived

    @property
    def view(self) -> View:
        """What is derived, as it was last brought up to date."""
        return self._live.view

    @property
    def is_loaded(self) -> bool:
        """Whether what is derived takes memory already; see `on_demand` of `Archive.open`."""
        return self._live.is_loaded

    @property
    def held(self) -> int:
        """How many stories may be searched; where nothing is loaded, how many are held."""
        return len(self.view.store) if self.is_loaded else self.catalog.count()

    @property
    def engine_trouble(self) -> str:
        """What keeps the vectors' server from answering, as of the last calls; "" where nothing does."""
        return self.view.engine_trouble if self.is_loaded else ""

    def catch_up(self) -> View:
        """Bring the view to the catalog's last change, and return it. Cheap when nothing changed."""
        self.live_settings.look()
        return self._live.catch_up()

    def trying(self, story: Encoded) -> AbstractContextManager[int | None]:
        """Hold a story that no reader sees, and yield its num; None where it is of another model."""
        return self._live.trying(story)

    def link_graph(self) -> LinkGraph:
        """Return the links between the stories of the view, with the time each was set."""
        return self._live.link_graph()

    def audit(self, check: Check = lambda: None) -> None:
        """Read through the large files of the snapshot, and derive all anew where one was altered."""
        self._live.audit(check)

    def rebuild(self, on_done: Progress | None = None) -> None:
        """Make everything derived anew from the catalog, and save it.

        No story is embedded again but those whose vectors are damaged. What is set aside is tried again, and
        where the settings have other rules for addresses now, all keys are made anew. Raises as `save`.
        """
        self.catalog.use_addresses(self.settings.addresses, now=time.time())
        self._live.view = self._live.remade(on_done)
        self.intake.try_again()
        self.catch_up()
        self.save()

    @property
    def generation(self) -> int:
        """Number of the snapshot that was mapped or written last, 0 before there is one."""
        return self._live.snapshots.generation

    @property
    def unsaved_changes(self) -> int:
        """How many changes the newest snapshot lacks; all of them while there is none."""
        return self._live.unsaved_changes

    def save_when_due(self) -> None:
        """Write a snapshot when an opening reader would have much to catch up with; none is no failure."""
        self._live.save_when_due()

    def save_under(self, model: Model, on_done: Progress | None = None) -> None:
        """Write a snapshot of what another model's vectors derive to; raises as `save`."""
        self._live.save_under(model, SAVE_PATIENCE, on_done)

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
        self._live.save(patience)
