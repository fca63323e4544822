"""The library's front door: one archive, its engine and its newsroom as one object.

Each call is told here once, for who reads `help(Recommender)`, and done elsewhere; hence the length.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from index.storage.closing import Closing
from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.intake import Report
from recommender.archive.live_view import Progress
from recommender.archive.view import eligible
from recommender.embedding import Embedder
from recommender.engine import listing
from recommender.engine.block import Block
from recommender.engine.engine import TEXT_SLOTS, Engine
from recommender.engine.question import Clock, whole
from recommender.engine.requested_filters import AnswerFilter, FilterFields
from recommender.engine.translated_stories import translations_of
from recommender.errors import NotFoundError, QuestionError, shown
from recommender.ranking.weights import Ranker
from recommender.settings import Settings
from recommender.story.story import Story
from recommender.story.timestamps import format_time
from recommender.suggestions import LINKS

if TYPE_CHECKING:  # imported by the calls that need them: who only asks need not wait for a third of the code
    from recommender.archive.status import ArchiveStatus
    from recommender.export.files import ExportReport
    from recommender.newsroom import Newsroom
    from recommender.newsroom.thread_records import Thread
    from recommender.newsroom.threads import Day
    from recommender.story_map.story_map import StoryMap
    from recommender.suggestions.answer import Suggestions
    from recommender.suggestions.weights import SuggestionWeights

log = logging.getLogger(__name__)

LISTED = 20  # stories that are listed unless more are asked for: a screen


Fields = Mapping[str, Any]
"""A story as its JSON has it."""


class Recommender(Closing):
    """Related stories of one archive.

    Parameters
    ----------
    archive : Archive
        The stories.
    ranker : Ranker, optional
        The weights of the ranking; without it those that the settings, the archive or the package hold.
    clock : callable
        Returns now, epoch seconds.
    suggestion_weights : SuggestionWeights, optional
        By which links in the text are proposed; the shipped ones by default.

    Attributes
    ----------
    engine : Engine
        What chooses by the stories alone.

    Examples
    --------
    >>> with Recommender.open("archive") as recommender:  # doctest: +SKIP
    ...     print(recommender.related("story-17").to_text())
    """

    def __init__(
        self,
        archive: Archive,
        ranker: Ranker | None = None,
        clock: Clock = time.time,
        suggestion_weights: SuggestionWeights | None = None,
    ) -> None:
        self.archive = archive
        self.engine = Engine(archive, ranker, clock)
        self._suggestion_weights, self._beginning = suggestion_weights, threading.Lock()
        self._newsroom: Newsroom | None = None

    @classmethod
    def open(
        cls,
        path: Path | str | ArchivePlace,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        clock: Clock = time.time,
        *,
        background: bool = False,
        asks_once: bool = False,
    ) -> Self:
        """Open an archive; see `Archive.open` for what is raised, for `background` and `asks_once`."""
        opened = Archive.open(path, settings, embedder, background=background, asks_once=asks_once)
        return cls(opened, clock=clock)

    @classmethod
    def create(
        cls,
        path: Path | str | ArchivePlace,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        clock: Clock = time.time,
    ) -> Self:
        """Make an empty archive and open it; see `Archive.create` for what is raised."""
        return cls(Archive.create(path, settings, embedder), clock=clock)

    def close(self) -> None:
        """Close the archive."""
        self.archive.close()

    @property
    def settings(self) -> Settings:
        """The archive's settings."""
        return self.archive.settings

    @property
    def newsroom(self) -> Newsroom:
        """What keeps blocks, editors' acts and withdrawals; begun when it is first needed."""
        if self._newsroom is None:
            from recommender.newsroom import Newsroom

            with self._beginning:
                if self._newsroom is None:
                    self._newsroom = Newsroom(self.engine, self._suggestion_weights)
        return self._newsroom

    # Stories in

    def add(
        self, stories: Story | Fields | Iterable[Story | Fields], on_done: Progress | None = None
    ) -> Report:
        """Add stories, or update those that changed. See `Archive.add`.

        Parameters
        ----------
        stories : Story, mapping, or iterable of them
            A mapping holds the fields of a story as its JSON does; times may be datetimes.
        on_done : callable, optional
            Told how many more stories are acknowledged.

        Raises
        ------
        StoryError
            When a story is one that `Story.from_json` would refuse.
        """
        some = [stories] if isinstance(stories, Story | Mapping | str) else stories
        if not isinstance(some, Iterable):
            raise QuestionError(f"the stories are {shown(some)}; give a Story, its fields, or several")
        return self.archive.add(map(self._story, some), on_done)

    def _story(self, given: Story | Fields) -> Story:
        if isinstance(given, Story):
            return given.checked(limits=self.settings.limits)
        if not isinstance(given, Mapping):
            raise QuestionError(
                f"the story is {shown(given)}; give a Story or its fields; `related add FILE` reads files"
            )
        plain = {name: _plain(value) for name, value in given.items()}
        notes: list[str] = []
        story = Story.from_json(plain, zone=self.settings.timezone, limits=self.settings.limits, notes=notes)
        for note in notes:
            log.info("story %s: %s", shown(story.id), note)
        return story

    def publish(self, story: Story | Fields, k: int | None = None) -> Block:
        """Add or update one story and return its block: what a CMS asks for at publish time."""
        block = self.newsroom.publish(self._story(story), k).block
        self.archive.save_when_due()
        return block

    def remove(self, id: str) -> bool:
        """Take a story out; return whether it was held. No answer holds it after this call."""
        try:
            return self.newsroom.delete(id).taken
        except NotFoundError:
            return False

    def status(self) -> ArchiveStatus:
        """Return what the archive holds and whether anything needs attention."""
        from recommender.archive.status import status_of

        return status_of(self.archive, self.engine.model)

    def reembed(self, model: str = "", on_done: Progress | None = None) -> int:
        """Go over to another embedding model, and return how many stories this call embedded.

        The old vectors serve until all stories have new ones; a call after one that ended early goes on.

        Parameters
        ----------
        model : str
            As the setting `model`, which is taken where none is named.
        on_done : callable, optional
            Told how many more stories are embedded; at first those that were before.

        Raises
        ------
        ModelError
            When there is no such model.
        ArchiveError
            When it is to be chosen by the languages of an archive without stories.
        """
        from recommender.archive.reembedding import move, resolved

        return move(self.archive, self.archive.opened(resolved(self.archive, model).model), on_done)

    # What is held, whatever its status

    def get(self, name: str) -> Story | None:
        """Return a story by its id, or by its address however that is spelt; None when there is none."""
        return None if (found := self._held(name)) is None else found[1]

    def _held(self, name: str) -> tuple[int, Story] | None:
        if not isinstance(name, str):
            raise QuestionError(f"the story is {shown(name)}; give its id or its address")
        return self.archive.catalog.get(name) or self.archive.catalog.by_url(name)

    def translations(self, name: str) -> Sequence[Story]:
        """Return the stories that tell in other languages what a story tells, newest first.

        None of them has a slot in its block: they are told by what any language says alike (figures, names by
        their sound, the picture, the days), and by vectors where the model knows both languages.

        Raises
        ------
        NotFoundError
            When the archive holds no such story.
        """
        if (found := self._held(name)) is None:
            raise NotFoundError(f"no story {name!r} in {self.archive.path}; `related list` lists them")
        now = int(self.engine.clock())
        self.archive.catch_up()
        nums = translations_of(self.archive, found[0], eligible(now), now)
        held = self.archive.catalog.by_nums(nums)
        return [held[num] for num in nums if num in held]

    def list(self, *, limit: int | None = LISTED, **filters: Unpack[FilterFields]) -> Sequence[Story]:
        """Return the newest stories that pass filters, newest first; at most `limit`, if any.

        Raises
        ------
        QuestionError
            When `limit` is less than 0 or no whole number, or a filter is none.
        """
        if limit is not None and ((most := whole(limit)) is None or most < 0):
            raise QuestionError(f"limit is {shown(limit)}; give a whole number from 0 up, or None")
        nums = listing.held(self.archive, self._only(filters))
        return list(listing.newest(self.archive, nums, None if limit is None else int(limit)).stories)

    def count(self, **filters: Unpack[FilterFields]) -> int:
        """Return how many stories pass filters."""
        return len(listing.held(self.archive, self._only(filters)))

    def _only(self, filters: FilterFields) -> AnswerFilter:
        only = AnswerFilter.of(filters, self.settings.timezone)
        return self.newsroom.by_ids(only) if only.without else only

    def __len__(self) -> int:
        return self.count()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    # Questions

    def related(
        self,
        story: str | Story | Fields,
        k: int | None = None,
        *,
        preview: bool = False,
        engine: bool = False,
        **filters: Unpack[FilterFields],
    ) -> Block:
        """Return the block of a story, the very one that stands on its page.

        Parameters
        ----------
        story : str, Story or mapping
            The id or the address of a story; or a story that need not be held, which is answered for as it
            would be.
        k : int, optional
            Slots at most; the setting `slots` by default.
        preview : bool
            Answer for a story that is not public yet, too.
        engine : bool
            What the stories alone would make of it: without pins, exclusions and stored blocks, and as the
            setting `past_only` has it.
        **filters
            See `FilterFields`. The block is as full as there are stories that pass.

        Raises
        ------
        HiddenError
            When readers may not see the story, and this is no preview.
        NotFoundError
            When the archive holds no such story.
        QuestionError
            When `k` is less than 1, or a filter is none.
        """
        only = self._only(filters)
        if not isinstance(story, str | Story | Mapping):
            raise QuestionError(f"the story is {shown(story)}; give its id, a Story or its fields")
        if not isinstance(story, str):
            return self.newsroom.block_of(self._story(story), k, only=only)
        if engine:
            return self.engine.related(self.newsroom.id_of(story), k, preview=preview, only=only)
        return self.newsroom.block(story, k, preview=preview, fresh=True, only=only)

    def related_many(
        self, stories: Iterable[str | Story | Fields], k: int | None = None, **filters: Unpack[FilterFields]
    ) -> Iterator[Block]:
        """Yield the block of each story, in order; see `related`, and for all pages `Newsroom.blocks`."""
        for story in [stories] if isinstance(stories, str | Story | Mapping) else stories:
            yield self.related(story, k, **filters)

    def similar(self, text: str, k: int = TEXT_SLOTS, **filters: Unpack[FilterFields]) -> Block:
        """Return the stories nearest to any text that pass filters; see `Engine.similar`."""
        return self.engine.similar(text, k, self._only(filters))

    def threads(self, at: Day | None = None, least: int | None = None) -> Sequence[Thread]:
        """Return the events of the last weeks as running stories; see `Newsroom.threads`."""
        return self.newsroom.threads(at, least)

    def thread(self, story: str, at: Day | None = None) -> Thread:
        """Return the running story that a story is part of; see `Newsroom.thread`."""
        return self.newsroom.thread(story, at)

    @cached_property
    def story_map(self) -> StoryMap:
        """The archive as a picture by meaning."""
        from recommender.story_map.story_map import StoryMap

        return StoryMap(self.archive, self.engine.clock)

    def suggest(
        self, draft: str | Story | Fields, k: int = LINKS, **filters: Unpack[FilterFields]
    ) -> Suggestions:
        """Return at most `k` links that should be set in the text of a draft, the likeliest first.

        Each is a phrase of the text and an earlier story that it should lead to, with where it stands and
        why. At most one link a story, one a phrase; none on a link that is there or on a heading.

        Parameters
        ----------
        draft : str, Story or mapping
            Its text, plain or HTML; or a story, or the fields of one, of which only ``body`` is needed.
        k : int
            Links at most. A draft without good places has fewer, or none.
        **filters
            See `FilterFields`: what may be linked to.

        Raises
        ------
        StoryError
            When it has a field that `Story.from_json` would refuse.
        QuestionError
            When its text holds no word, `k` is less than 1, or a filter is none.
        """
        if not isinstance(draft, str | Story | Mapping):
            raise QuestionError(f"the draft is {shown(draft)}; give its text, a Story or its fields")
        plain = (
            {name: _plain(value) for name, value in draft.items()} if isinstance(draft, Mapping) else draft
        )
        return self.newsroom.suggest(plain, k, only=self._only(filters))

    # Ways back

    def rendered(
        self,
        story: str | Story | Fields,
        format: str,
        k: int | None = None,
        *,
        preview: bool = False,
        engine: bool = False,
        **filters: Unpack[FilterFields],
    ) -> str:
        """Return the block of a story in a format of others: ``atom``, ``jsonld``, ``newsletter`` and so on.

        Parameters
        ----------
        story, k, preview, engine, **filters
            See `related`.
        format : str
            One of `recommender.export.formats.FORMATS`.

        Raises
        ------
        QuestionError
            When there is no such format; else as `related` does.
        """
        from recommender.export.changes import held, with_origins
        from recommender.export.formats import format_of

        written = format_of(format)
        block = self.related(story, k, preview=preview, engine=engine, **filters)
        if isinstance(story, str):
            return written.write(held(self.newsroom, block))
        return written.write(with_origins(self.newsroom, self._story(story), block))

    def export(
        self,
        format: str,
        to: Path | str,
        *,
        site: str = "",
        k: int | None = None,
        full: bool = False,
        limit: int | None = None,
        on_done: Progress | None = None,
    ) -> ExportReport:
        """Write the blocks of all stories that readers may see to files; see `Export.run`."""
        from recommender.export.files import Export
        from recommender.export.formats import format_of

        export = Export(newsroom=self.newsroom, format=format_of(format), site=site, k=k)
        return export.run(to, full=full, limit=limit, on_done=on_done)


def _plain(value: object) -> object:
    """Return a field as JSON has it."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.isoformat()  # as a time without an offset, of which the settings decide
    return format_time(value) if isinstance(value, datetime) else value
