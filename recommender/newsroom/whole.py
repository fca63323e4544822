"""All blocks of an archive at once: made by a pass, read in turn. A part of `Newsroom`."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from recommender.archive import Archive
from recommender.block import Block
from recommender.catalog.block_records import BlockRow
from recommender.catalog.blocks import Blocks
from recommender.newsroom.archive_pass import ArchivePass, alone
from recommender.newsroom.arrange import Known
from recommender.newsroom.follower import Follower
from recommender.newsroom.keeper import Keeper, is_due, targets_of
from recommender.newsroom.making import Answer, Maker
from recommender.newsroom.memory import Memory
from recommender.newsroom.scene import Scene
from recommender.newsroom.upkeep import Upkeep
from recommender.settings import Settings

READ = 128  # blocks that are read at once


class Whole(ABC):
    """What is done to all blocks: a part of `Newsroom`."""

    archive: Archive
    settings: Settings
    _memory: Memory
    _keeper: Keeper
    _maker: Maker
    _follower: Follower
    _upkeep: Upkeep
    _blocks: Blocks

    @abstractmethod
    def _scene(self, *, preview: bool = False) -> Scene:
        """Return the present moment, with all that was committed before it."""

    @contextmanager
    def archive_pass(self, ids: Iterable[str] | None = None) -> Iterator[ArchivePass]:
        """Make ready to make all blocks that are not fresh, or those of some stories; see `ArchivePass.run`.

        Raises
        ------
        ArchiveBusyError
            When another process does that for this archive.
        NotFoundError
            When one of the stories is not held.
        """
        scene = self._scene()
        only = None if ids is None else [scene.known(id).num for id in dict.fromkeys(ids)]
        with alone(self.archive):
            yield ArchivePass(
                self.archive,
                self._memory,
                self._keeper,
                self._maker,
                self._follower,
                self._upkeep,
                self._blocks,
                self._scene,
                only,
            )

    def made(self, nums: Sequence[int]) -> Answer:
        """Make some blocks and store none of them: what the helpers of `archive_pass` do."""
        return self._maker.make(nums)

    def blocks(self) -> Iterator[Block]:
        """Yield the block of every story that readers may see, each as `Newsroom.block` would return it now.

        Those that are stored cost no more than reading them: run `archive_pass` before.
        """
        public = self._blocks.public_nums(self._scene().now)
        for start in range(0, len(public), READ):
            scene, stories, _ = self._read(public[start : start + READ].tolist())
            for known in stories:
                if known.standing.public(scene.now):
                    yield self._keeper.serve(known, self.settings.slots, scene)

    def recall(self, most: int, seconds: float) -> int:
        """Read the stored blocks of the latest stories, so that `peek` finds them; return how many.

        Parameters
        ----------
        most : int
            Stories that are looked at.
        seconds : float
            How long it may take.
        """
        ends, found = time.monotonic() + seconds, 0
        latest = self._blocks.public_nums(self._scene().now)[::-1][:most]
        for start in range(0, len(latest), READ):
            scene, stories, stored = self._read(latest[start : start + READ].tolist())
            for known in stories:
                if time.monotonic() > ends:
                    return found
                row = stored.get(known.num)
                if row is not None and known.standing.public(scene.now) and not is_due(row, scene.now):
                    self._keeper.serve(known, self.settings.slots, scene)
                    found += 1
        return found

    def _read(self, nums: Sequence[int]) -> tuple[Scene, list[Known], dict[int, BlockRow]]:
        """Read stories, what their blocks are put together from, and what blocks are stored, at once."""
        scene = self._scene()
        stories = self._memory.stories(nums)
        rows = self._memory.blocks(stories)
        self._memory.hands(stories)
        own = {known.story.id for known in stories.values()}
        self._memory.expect(own | {id for row in rows.values() for id in targets_of(row.slots)})
        return scene, list(stories.values()), rows
