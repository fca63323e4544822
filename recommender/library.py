"""The library's front door: one archive, its engine and its newsroom as one object."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from recommender.archive import Archive, Progress, Report
from recommender.block import Block
from recommender.embedding import Embedder
from recommender.newsroom import Newsroom
from recommender.query import TEXT_SLOTS, Clock, Engine
from recommender.ranking.files import Ranker
from recommender.settings import Settings
from recommender.status import ArchiveStatus, status_of
from recommender.story import Story


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
        self.add([story])
        return self.related(story.id, k, preview=True)

    def remove(self, id: str) -> bool:
        """Take a story out; return whether it was held. No answer holds it after this call."""
        return bool(self.archive.remove([id]))

    def status(self) -> ArchiveStatus:
        """Return what the archive holds and whether anything needs attention."""
        return status_of(self.archive, self.engine.model)

    # Questions

    def related(self, id: str, k: int | None = None, *, preview: bool = False) -> Block:
        """Return the block of a story; see `Engine.related`."""
        return self.engine.related(id, k, preview=preview)

    def similar(self, text: str, k: int = TEXT_SLOTS) -> Block:
        """Return the stories nearest to any text; see `Engine.similar`."""
        return self.engine.similar(text, k)
