"""Stories, editors' decisions and blocks of a catalog in memory, true as of the last look at its commits.

It keeps what the link policy reads, and decides nothing by it. Knows no ranking.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Generic, TypeVar

from recommender.catalog import Catalog
from recommender.catalog.block_records import BlockRow
from recommender.catalog.blocks import Blocks
from recommender.catalog.editor_actions import EditorActions
from recommender.catalog.marks import Marks
from recommender.catalog.quarantine import Quarantine, Told
from recommender.catalog.steering import SteeringRules
from recommender.engine.steering import NO_STEERING
from recommender.newsroom.editor_decisions import decisions_from, event_of
from recommender.newsroom.events import EditorDecisions
from recommender.newsroom.layout import CachedStory
from recommender.newsroom.steering import standing
from recommender.story.link_policy import Standing

STORIES = 4096  # held at once: with bodies of 6 kB some 30 MB
BLOCKS = 16384  # held at once: some 2 kB each

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """A bounded mapping whose oldest entries go first; threads share it.

    Parameters
    ----------
    capacity : int
        How many values are held.
    read : callable
        Returns the values of those keys that have one.
    """

    def __init__(self, capacity: int, read: Callable[[Collection[K]], dict[K, V]]) -> None:
        self._capacity, self._read = capacity, read
        self._held: dict[K, V] = {}
        self._age = 0
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """Return a value, read where it is not held; None when there is none."""
        found = self._held.get(key)
        return found if found is not None else self._filled([key]).get(key)

    def held(self, key: K) -> V | None:
        """Return a value if it is held, without reading."""
        return self._held.get(key)

    def many(self, keys: Iterable[K]) -> dict[K, V]:
        """Return the values that there are, in the order of their keys."""
        held = self._held
        found = {key: held.get(key) for key in keys}
        lacking = [key for key, value in found.items() if value is None]
        if lacking:
            found |= self._filled(lacking)
        return {key: value for key, value in found.items() if value is not None}

    def _filled(self, keys: Collection[K]) -> dict[K, V]:
        return self.kept(lambda: self._read(keys))

    def kept(self, reading: Callable[[], dict[K, V]]) -> dict[K, V]:
        """Return values that `reading` reads, and keep them."""
        age = self._age
        read = reading()
        with self._lock:
            if age == self._age:  # else it was read before something was forgotten, and may be of the past
                self._hold(read)
        return read

    def hold(self, values: Mapping[K, V]) -> None:
        """Keep values that were read otherwise, and that may be of the past."""
        with self._lock:
            self._hold(values)

    def _hold(self, values: Mapping[K, V]) -> None:
        self._held.update(values)
        while len(self._held) > self._capacity:
            del self._held[next(iter(self._held))]

    def forget(self, keys: Iterable[K]) -> None:
        """Drop values, so that they are read anew."""
        with self._lock:
            self._age += 1
            for key in keys:
                self._held.pop(key, None)


class CatalogCache:
    """What answers are put together from. Call `look` before each; threads share one."""

    def __init__(self, catalog: Catalog, editor_actions: EditorActions, blocks: Blocks) -> None:
        self._catalog, self._editor_actions, self._blocks = catalog, editor_actions, blocks
        self._quarantine = Quarantine(catalog)
        self._nums: BoundedCache[str, int] = BoundedCache(BLOCKS, self._read_named)
        self._stories: BoundedCache[int, CachedStory] = BoundedCache(STORIES, self._read_stories)
        self._decisions: BoundedCache[int, EditorDecisions] = BoundedCache(BLOCKS, self._read_decisions)
        self._rows: BoundedCache[int, BlockRow] = BoundedCache(BLOCKS, blocks.load)
        self._lock = threading.Lock()
        self.version = -1  # of the catalog, at the last look
        self._marks = catalog.marks()
        self._steering_rules = SteeringRules(catalog)
        self.steering = NO_STEERING  # at the last look

    def look(self, marks: Marks) -> None:
        """Forget what anyone has changed up to some marks of the catalog, if it was not forgotten before."""
        if marks.version == self.version:
            return
        with self._lock:
            marks, held = self._catalog.marks(), self._marks  # a thread that came before may know more by now
            if marks.seq != held.seq:
                nums = [change.num for change in self._catalog.changes(held.seq)]
                for cache in (self._stories, self._decisions, self._rows):
                    cache.forget(nums)
            if marks.blocks != held.blocks:
                self._rows.forget(self._blocks.changed_after(held.blocks))
            if self.version < 0 or marks.steering != held.steering:
                self.steering = standing(self._steering_rules.all())
            self._marks, self.version = marks, marks.version

    def is_current(self) -> bool:
        """Return whether nothing was committed since the last look."""
        return self._catalog.version() == self.version

    def at_hand(self, id: str) -> tuple[CachedStory, BlockRow] | None:
        """Return a story and its stored block if both are held, without reading."""
        num = self._nums.held(id)
        known, row = (None, None) if num is None else (self._stories.held(num), self._rows.held(num))
        return None if known is None or row is None else (known, row)

    def story_at_hand(self, id: str) -> CachedStory | None:
        """Return a story if it is held in memory, without reading."""
        num = self._nums.held(id)
        return None if num is None else self._stories.held(num)

    @property
    def marks(self) -> Marks:
        """How far all had come at the last look."""
        return self._marks

    def story(self, id: str) -> CachedStory | None:
        """Return a held story, or None."""
        num = self._nums.get(id)
        known = None if num is None else self._stories.get(num)
        if num is not None and known is None:  # deleted; it may have come back under another num
            self._nums.forget([id])
            num = self._nums.get(id)
            known = None if num is None else self._stories.get(num)
        return known

    def expect(self, ids: Collection[str]) -> None:
        """Read those stories that are not held yet at once, since they will be asked for one by one."""
        self._stories.many(self._nums.many(ids).values())

    def stories(self, nums: Iterable[int]) -> dict[int, CachedStory]:
        """Return held stories by num."""
        return self._stories.many(nums)

    def decisions(self, num: int) -> EditorDecisions:
        """Return what editors decided about the block of a story."""
        return self._decisions.get(num) or EditorDecisions()

    def decisions_by_num(self, nums: Iterable[int]) -> dict[int, EditorDecisions]:
        """Return what editors decided about the blocks of those stories that are held."""
        return self._decisions.many(nums)

    def block(self, num: int) -> BlockRow | None:
        """Return the stored block of a story, or None."""
        return self._rows.get(num)

    def blocks(self, nums: Iterable[int]) -> dict[int, BlockRow]:
        """Return the stored blocks of stories."""
        return self._rows.many(nums)

    def _read_named(self, ids: Collection[str]) -> dict[str, int]:
        """Return the nums of stories, whom they were asked for: so these are read with them, and kept."""
        found = self._stories.kept(lambda: self._known(self._quarantine.by_ids(ids)))
        return {known.story.id: num for num, known in found.items()}

    def _read_stories(self, nums: Collection[int]) -> dict[int, CachedStory]:
        found = self._known(self._quarantine.by_nums(nums))
        self._nums.hold({each.story.id: num for num, each in found.items()})  # asked for next, one by one
        return found

    def _known(self, told: Iterable[Told]) -> dict[int, CachedStory]:
        rules = self._catalog.addresses()
        return {
            num: CachedStory(num, story, Standing.of(story, set_aside=aside, addresses=rules))
            for num, story, aside in told
        }

    def _read_decisions(self, nums: Collection[int]) -> dict[int, EditorDecisions]:
        ids = {num: known.story.id for num, known in self.stories(nums).items()}
        acts = self._editor_actions.of_many(ids.values())
        return {num: decisions_from(map(event_of, acts.get(id, ()))) for num, id in ids.items()}
