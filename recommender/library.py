"""The library's front door: one archive, its engine and its newsroom as one object."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from recommender.archive import Archive, Progress
from recommender.block import Block
from recommender.embedding import Embedder
from recommender.errors import NotFoundError
from recommender.intake import Report
from recommender.newsroom import Newsroom
from recommender.query import TEXT_SLOTS, Clock, Engine
from recommender.ranking.files import Ranker
from recommender.settings import Settings
from recommender.status import ArchiveStatus, status_of
from recommender.story import Story

LISTED = 20  # stories that are listed unless more are asked for: a screen


class Recommender:
    """Related stories of one archive.

    Parameters
    ----------
    archive : Archive
        The stories.
    ranker : Ranker, optional
        The weights of the ranking; without it those that the settings, the archive or the package hold.
    clock : callable
        Returns now, epoch seconds.

    Attributes
    ----------
    engine : Engine
        What chooses by the stories alone.
    newsroom : Newsroom
        What keeps blocks, editors' acts and withdrawals.

    Examples
    --------
    >>> with Recommender.open("archive") as recommender:  # doctest: +SKIP
    ...     print(recommender.related("story-17").to_text())
    """

    def __init__(self, archive: Archive, ranker: Ranker | None = None, clock: Clock = time.time) -> None:
        self.archive = archive
        self.engine = Engine(archive, ranker, clock)
        self.newsroom = Newsroom(self.engine)

    @classmethod
    def open(
        cls,
        path: Path | str,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        clock: Clock = time.time,
        *,
        background: bool = False,
    ) -> Self:
        """Open an archive; see `Archive.open` for what is raised, and for `background`."""
        return cls(Archive.open(path, settings, embedder, background=background), clock=clock)

    @classmethod
    def create(
        cls,
        path: Path | str,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        clock: Clock = time.time,
    ) -> Self:
        """Make an empty archive and open it; see `Archive.create` for what is raised."""
        return cls(Archive.create(path, settings, embedder), clock=clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the archive."""
        self.archive.close()

    @property
    def settings(self) -> Settings:
        """The archive's settings."""
        return self.archive.settings

    # Stories in

    def add(self, stories: Iterable[Story], on_done: Progress | None = None) -> Report:
        """Add stories, or update those that changed. See `Archive.add`.

        Raises
        ------
        StoryError
            When a story made by hand is one that `Story.from_json` would refuse.
        """
        return self.archive.add((story.checked(limits=self.settings.limits) for story in stories), on_done)

    def publish(self, story: Story, k: int | None = None) -> Block:
        """Add or update one story and return its block: what a CMS asks for at publish time."""
        block = self.newsroom.publish(story, k).block
        self.archive.save_when_due()
        return block

    def remove(self, id: str) -> bool:
        """Take a story out; return whether it was held. No answer holds it after this call."""
        try:
            self.newsroom.delete(id)
        except NotFoundError:
            return False
        return True

    def status(self) -> ArchiveStatus:
        """Return what the archive holds and whether anything needs attention."""
        return status_of(self.archive, self.engine.model)

    # What is held, whatever its status

    def get(self, name: str) -> Story | None:
        """Return a story by its id, or by its address however that is spelt; None when there is none."""
        found = self.archive.catalog.get(name) or self.archive.catalog.by_url(name)
        return None if found is None else found[1]

    def list(self, *, limit: int | None = LISTED) -> Sequence[Story]:
        """Return the newest stories, newest first, at most `limit` of them; all for None."""
        store = self.archive.catch_up().store
        nums = store.nums
        newest = nums[np.argsort(-store.column("published")[nums], kind="stable")][:limit]
        held = self.archive.catalog.by_nums(newest.tolist())
        return [held[num] for num in newest.tolist() if num in held]

    def count(self) -> int:
        """Return how many stories there are."""
        return len(self.archive.catch_up().store)

    def __len__(self) -> int:
        return self.count()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    # Questions

    def related(self, id: str, k: int | None = None, *, preview: bool = False, engine: bool = False) -> Block:
        """Return the block of a story, the very one that stands on its page.

        Parameters
        ----------
        id : str
            The story's id.
        k : int, optional
            Slots at most; the setting `slots` by default.
        preview : bool
            Answer for a story that is not public yet, too.
        engine : bool
            What the stories alone would make of it: without pins, exclusions and stored blocks, and as the
            setting `past_only` has it.

        Raises
        ------
        HiddenError
            When readers may not see the story, and this is no preview.
        NotFoundError
            When the archive holds no such story.
        QuestionError
            When `k` is less than 1.
        """
        if engine:
            return self.engine.related(id, k, preview=preview)
        return self.newsroom.block(id, k, preview=preview, fresh=True)

    def similar(self, text: str, k: int = TEXT_SLOTS) -> Block:
        """Return the stories nearest to any text; see `Engine.similar`."""
        return self.engine.similar(text, k)
