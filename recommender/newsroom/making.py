"""A piece of an archive pass: some blocks made, none of them written; and what goes to and from a helper."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from recommender.catalog import Catalog
from recommender.catalog.block_records import BlockRow
from recommender.newsroom.keeper import Keeper, public_url
from recommender.newsroom.memory import Memory
from recommender.newsroom.scene import Scene


class Request(msgspec.Struct):
    """Whose blocks to make: `nums` of stories, as of `now` (epoch seconds)."""

    now: int
    nums: list[int]


class Page(msgspec.Struct):
    """What is told of a block's story when the block changes."""

    id: str
    url: str | None


class Answer(msgspec.Struct):
    """Blocks that were made.

    Attributes
    ----------
    seq : int
        All changes up to this one were known when they were made.
    rows : list of BlockRow
        Without the cap on inbound links: only who stores them can count those.
    pages : list of Page
        Beside each row, its story.
    """

    seq: int
    rows: list[BlockRow]
    pages: list[Page]


class Maker:
    """Makes blocks of one archive, many at once."""

    def __init__(self, catalog: Catalog, memory: Memory, keeper: Keeper, scene: Callable[[], Scene]) -> None:
        self._catalog, self._memory, self._keeper, self._scene = catalog, memory, keeper, scene

    def make(self, nums: Sequence[int]) -> Answer:
        """Make the blocks of those stories that are held."""
        seq = self._catalog.last_seq()  # first: what is changed from here on may be missing
        scene = self._scene()
        stories = list(self._memory.stories(nums).values())
        rows = self._keeper.make_all(stories, scene, capped=False)
        return Answer(seq, rows, [Page(known.story.id, public_url(known, scene.now)) for known in stories])
