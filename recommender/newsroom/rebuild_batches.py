"""A piece of an archive pass: some blocks made, none of them written; and what goes to and from a helper."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from recommender.catalog.block_records import BlockRow
from recommender.newsroom.block_builder import BlockBuilder, public_url
from recommender.newsroom.state import NewsroomState


class BlocksRequest(msgspec.Struct):
    """Whose blocks to make: `nums` of stories, as of `now` (epoch seconds)."""

    now: int
    nums: list[int]


class BlockPage(msgspec.Struct):
    """What is told of a block's story when the block changes."""

    id: str
    url: str | None


class MadeBlocks(msgspec.Struct):
    """Blocks that were made.

    Attributes
    ----------
    seq : int
        All changes up to this one were known when they were made.
    rows : list of BlockRow
        Without the cap on inbound links: only who stores them can count those.
    pages : list of BlockPage
        Beside each row, its story.
    """

    seq: int
    rows: list[BlockRow]
    pages: list[BlockPage]


class BatchBuilder:
    """Makes blocks of one archive, many at once."""

    def __init__(self, state: NewsroomState, builder: BlockBuilder) -> None:
        self._state, self._builder = state, builder

    def make(self, nums: Sequence[int]) -> MadeBlocks:
        """Make the blocks of those stories that are held."""
        seq = self._state.catalog.last_seq()  # first: what is changed from here on may be missing
        context = self._state.context()
        stories = list(self._state.cache.stories(nums).values())
        rows = self._builder.make_all(stories, context, capped=False)
        return MadeBlocks(
            seq, rows, [BlockPage(known.story.id, public_url(known, context.now)) for known in stories]
        )
