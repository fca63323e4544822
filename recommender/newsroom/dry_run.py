"""A story as it would be, where the engine can see it and no reader can: for changes that are only tried."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from recommender.analysis.encoded import Encoded
from recommender.analysis.words import encode
from recommender.archive.archive import Archive
from recommender.newsroom.layout import CachedStory
from recommender.story.link_policy import Standing
from recommender.story.story import NEVER, Story, text_hash

NOWHERE = -1  # the num of a story that the engine cannot see: nothing is near it


@contextmanager
def rehearsed(archive: Archive, story: Story) -> Iterator[CachedStory]:
    """Yield a story as if it were held. Nothing is written, and the catalog is as it was.

    A story whose text is held already stands where it stands. Another one is put, invisible to every reader,
    under a num that is not given out yet, and taken back.
    """
    held, rules = archive.catalog.get(story.id), archive.catalog.addresses()
    if held is not None and text_hash(held[1]) == text_hash(story):
        yield CachedStory(held[0], story, Standing.of(story, addresses=rules))
        return
    vectors, problem = archive.intake.tried(story)
    if vectors is None:
        aside = Standing.of(story, set_aside=problem, addresses=rules)
        yield CachedStory(held[0] if held else NOWHERE, story, aside)
        return
    hidden: Encoded = replace(encode(story, vectors), visible_from=NEVER[0], visible_until=NEVER[1])
    with archive.trying(hidden) as num:
        yield CachedStory(NOWHERE if num is None else num, story, Standing.of(story, addresses=rules))
