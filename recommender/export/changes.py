"""Which stories' blocks may read otherwise than they did: what an export, or a push, has to write again.

Follows what `related purges` tells, and what that leaves out: first blocks, and stories that say something
else in the same place. Knows no format and no target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from recommender.catalog.blocks import Blocks
from recommender.catalog.records import Op
from recommender.engine.block import Block
from recommender.errors import QuestionError, shown
from recommender.export.site import Site
from recommender.export.story_block import StoryBlock
from recommender.newsroom import Newsroom
from recommender.newsroom.answer_context import nobody
from recommender.newsroom.rebuild import Progress
from recommender.story.story import Story

TOGETHER = 128  # stories whose origins are read at once
_HOSTS = 3  # that an error names


class Cursor(NamedTuple):
    """A moment in the life of an archive: the last block that was made, the last change of a story."""

    block: int
    story: int

    @classmethod
    def now(cls, newsroom: Newsroom) -> Self:
        """Return the present moment."""
        catalog = newsroom.archive.catalog
        return cls(Blocks(catalog).version(), catalog.last_seq())


def make_fresh(newsroom: Newsroom, on_done: Progress | None = None, workers: int | None = None) -> None:
    """Make the blocks that wait, so that those that changed are known by their version.

    An archive that cannot be written is left as it is: its blocks are made as they are read.
    """
    if not newsroom.archive.catalog.read_only:
        with newsroom.archive_pass() as work:
            work.run(on_done=on_done, workers=workers)


def check_site(newsroom: Newsroom, site: Site) -> None:
    """Raise `QuestionError` where no story is of a site, public or not: its address must be mistyped."""
    if not site.url:
        return
    hosts: Counter[str] = Counter()
    for row in newsroom.archive.catalog.rows():
        if row.story.url:
            if site.covers(row.story):
                return
            hosts[urlsplit(row.story.url).netloc] += 1
    if hosts:
        found = ", ".join(f"{host} ({count:,})" for host, count in hosts.most_common(_HOSTS))
        raise QuestionError(f"no story is of the site {shown(site.url)}; here are stories of {found}")


def changed(newsroom: Newsroom, since: Cursor) -> set[int]:
    """Return the nums of stories whose block, or who themselves, may have changed since a moment."""
    catalog = newsroom.archive.catalog
    blocks = Blocks(catalog)
    put = {change.num for change in catalog.changes(since.story) if change.op is Op.PUT}
    said_anew = blocks.holders(catalog.ids_of(put).values())
    return {*blocks.changed_after(since.block), *put, *said_anew}


def with_origins(newsroom: Newsroom, story: Story, block: Block) -> StoryBlock:
    """Return a story and its block with what formats need beside."""
    ids = {story.id, *(slot.story.id for slot in block.slots)}
    return StoryBlock(story=story, block=block, origins=newsroom.archive.catalog.origins(ids))


def held(newsroom: Newsroom, block: Block) -> StoryBlock:
    """Return the block of a story that is held with what formats need beside.

    Raises
    ------
    NotFoundError
        When the story was deleted since the block was made.
    """
    found = newsroom.archive.catalog.get(block.id or "")
    if found is None:
        raise nobody(block.id or "")
    return with_origins(newsroom, found[1], block)


def story_blocks(newsroom: Newsroom, nums: Sequence[int], k: int | None = None) -> Iterator[StoryBlock]:
    """Yield stories with their blocks and what formats need beside, in the order of `nums`."""
    catalog = newsroom.archive.catalog
    for start in range(0, len(nums), TOGETHER):
        some = list(newsroom.story_blocks(nums[start : start + TOGETHER], k))
        ids = {story.id for story, _ in some}
        ids |= {slot.story.id for _, block in some for slot in block.slots}
        origins = catalog.origins(ids)
        for story, block in some:
            yield StoryBlock(story=story, block=block, origins=origins)
