"""What a call changed, told once more to whoever sends it again: its answer may have been lost.

Each call has a name under which what it changed is kept. Knows the names, and not what the calls do.
"""

from __future__ import annotations

from dataclasses import replace

from recommender.catalog.block_tables import flat
from recommender.catalog.blocks import Blocks
from recommender.catalog.overrides import Standing, encoded
from recommender.newsroom.follower import told
from recommender.newsroom.keeper import Keeper
from recommender.newsroom.memory import Memory
from recommender.newsroom.records import BlockChange
from recommender.newsroom.scene import Scene
from recommender.story import Story, content_hash


def of_version(sent: Story) -> str:
    """Return the name of sending a version, as it was sent."""
    return content_hash(sent)


def of_standing(story: Story) -> str:
    """Return the name of a call that made a story stand as it does now."""
    return f"standing {story.id} {encoded(Standing.of(story))}"


def of_deletion(id: str, at: int) -> str:
    """Return the name of deleting a story at a time, epoch seconds."""
    return f"deletion {id} {at}"


def of_act(num: int) -> str:
    """Return the name of an editor's act."""
    return f"act {num}"


class Retelling:
    """What was told, as it stands now."""

    def __init__(self, blocks: Blocks, keeper: Keeper, memory: Memory) -> None:
        self._blocks, self._keeper, self._memory = blocks, keeper, memory

    def of(self, cause: str, scene: Scene) -> tuple[BlockChange, ...]:
        """Return what the call `cause` changed, one change a page, each with what its page links to now."""
        return tuple(self._as_shown(change, scene.for_readers) for change in told(self._blocks.told(cause)))

    def _as_shown(self, change: BlockChange, scene: Scene) -> BlockChange:
        known = scene.find(change.source)
        row = self._memory.block(known.num) if known else None
        links = self._keeper.links(known, row, scene) if known and row else ()
        return replace(change, after=flat(links))
