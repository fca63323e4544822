"""All stories of an archive as arrays addressed by num. Knows no SQL and no text.

What is kept of a story is written and read here and nowhere else; hence the length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import copy_runs
from index.storage.memory_maps import mapped, release_pages
from index.storage.parts import Parts
from index.storage.ragged import Array, Column, Nums, Ragged
from index.storage.ragged_rows import RaggedRows
from index.storage.time_index import Test, Timeline
from recommender.analysis.encoded import Encoded, Terms
from recommender.features import store_head
from recommender.features.dense_rows import DenseRows
from recommender.features.story_batch import (
    COLUMNS,
    LIST_CHANNELS,
    TERM_CHANNELS,
    StoryBatch,
    means_of,
    rows_of,
)
from recommender.features.tag_index import TagIndex
from recommender.features.term_rows import TermRows, Texts

FORMAT = 21  # raised with every change of what is kept of a story, the way it is cut into terms included
_TERMS, _VECTORS, _SEQUENCE = "terms", "vectors", "sequence"  # names of files
_MEAN, _HEADLINE = 0, 1  # rows of a story's vectors; those of its chunks follow
_WINDOW = ("visible_from", "visible_until")


class Store:
    """All stories of an archive as contiguous arrays.

    One thread may put and drop while others read: a story that is being rewritten is not visible, values are
    written before anything points to them.

    Parameters
    ----------
    dimension : int
        Length of a dense vector.
    scratch : Path, optional
        A directory for what is put by the hundred thousand and not saved yet; memory holds the rest. The
        system's place for temporary files by default.
    """

    def __init__(self, dimension: int, scratch: Path | None = None) -> None:
        self.dimension = dimension
        self._columns = {name: Column(dtype) for name, dtype in COLUMNS.items()}
        self._present = Column(np.bool_)
        self._terms = RaggedRows(TERM_CHANNELS, LIST_CHANNELS, scratch)
        self._vectors = Ragged({"rows": (np.float16, (dimension,))}, scratch)
        # Beside the terms: it is read of the story that is asked about, and of no candidate.
        self._sequence = Ragged({"places": (np.uint16, ())}, scratch)
        self._tags = TagIndex()
        self._timeline = Timeline()
        self._size = 0
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, num: int) -> bool:
        return 0 <= num < self._size and bool(self._present.values[num])

    @property
    def size(self) -> int:
        """One more than the largest num ever put."""
        return self._size

    @property
    def nums(self) -> Nums:
        """All nums that are held, ascending."""
        return np.flatnonzero(self._present.values[: self._size])

    def put(self, num: int, story: Encoded) -> None:
        """Insert or replace one story, in amortised constant time.

        Raises
        ------
        ValueError
            When the story has no date or vectors of another dimension.
        """
        if num >= self._size:  # never held: nothing of it can be found by other tags
            self._hold(num, story)
            self._tags.put(num, story.tags)
            return
        before, _ = self.codes("tags", np.array([num]))
        if not np.isin(before, story.tags).all():
            self._tags.doubt(num)
        self._hold(num, story)
        self._tags.put(num, story.tags[~np.isin(story.tags, before)])

    def put_all(self, stories: StoryBatch) -> None:
        """Insert many stories at once, all of nums that were never held, ascending.

        Raises
        ------
        ValueError
            When a num was held, or the vectors are of another dimension.
        """
        nums, (vectors, offsets) = stories.nums, stories.rows["vectors"]
        if not len(nums):
            return
        if nums[0] < self._size or (np.diff(nums) < 1).any():
            raise ValueError(f"stories from {nums[0]} on are put into a store of {self._size}, in no order")
        lengths = np.diff(offsets)
        if vectors.shape[1:] != (self.dimension,) or not lengths.all():
            raise ValueError(f"vectors have shape {vectors.shape}; (1 + n, {self.dimension}) are stored")
        self._terms.put_all(nums, stories.rows, stories.counts)
        rows = np.empty((len(vectors) + len(nums), self.dimension), np.float16)
        firsts = offsets[:-1] + np.arange(len(nums))
        rows[firsts] = means_of((vectors, offsets))
        copy_runs(Parts.of(vectors), offsets[:-1], lengths, firsts + 1, rows)
        self._vectors.put_all(nums, lengths + 1, rows)
        sequences, offsets = stories.rows["sequence"]
        self._sequence.put_all(nums, np.diff(offsets), sequences)
        for name, column in self._columns.items():
            if name not in _WINDOW:
                column.put(nums, stories.columns[name])
        self._present.put(nums, np.ones(len(nums), np.bool_))
        self._count, self._size = self._count + len(nums), int(nums[-1]) + 1
        for num, tags in zip(nums.tolist(), rows_of(stories.rows["tags"]), strict=True):
            self._timeline.put(num, self.column("published"))
            self._tags.put(num, tags)
        for name in _WINDOW:
            self._columns[name].put(nums, stories.columns[name])

    def _hold(self, num: int, story: Encoded) -> None:
        """Insert or replace a story that is not to be found by its tags."""
        if story.published is None:
            raise ValueError("a text without a date cannot be stored")
        if story.vectors.ndim != 2 or story.vectors.shape[1] != self.dimension or not len(story.vectors):
            raise ValueError(
                f"vectors have shape {story.vectors.shape}; (1 + n, {self.dimension}) are stored"
            )
        self._columns["visible_until"][num] = 0
        terms: dict[str, Terms] = {name: getattr(story, name) for name in TERM_CHANNELS}
        codes = {name: each.ids for name, each in terms.items()}
        codes |= {name: getattr(story, name) for name in LIST_CHANNELS}
        self._terms.put(num, codes, {name: each.counts for name, each in terms.items()})
        self._vectors.put(num, np.concatenate([story.mean[None], story.vectors]).astype(np.float16))
        self._sequence.put(num, story.sequence)
        for name, column in self._columns.items():
            if name not in _WINDOW:
                column[num] = getattr(story, name)
        self._count += num not in self
        self._present[num] = True
        self._size = max(self._size, num + 1)
        self._timeline.put(num, self.column("published"))
        for name in _WINDOW:
            self._columns[name][num] = getattr(story, name)

    def drop(self, num: int) -> bool:
        """Forget one story; return whether it was held."""
        if num not in self:
            return False
        self._columns["visible_until"][num] = 0
        self._tags.doubt(num)
        self._present[num] = False
        self._columns["published"][num] = Timeline.GONE
        self._count -= 1
        return True

    @contextmanager
    def trying(self, story: Encoded) -> Iterator[int]:
        """Hold a story under the next num for a while; afterwards all is as if it had never been put.

        The caller keeps others from putting and dropping meanwhile.
        """
        num = self._size
        try:
            self._hold(num, story)
            yield num
        finally:
            if self.drop(num):
                self._timeline.take_back()
                self._terms.take_back(num)
                self._vectors.take_back(num)
                self._sequence.take_back(num)
                self._tags.take_back(num)
                self._size = num

    def item(self, num: int) -> Encoded:
        """Return one story.

        Raises
        ------
        KeyError
            When it is not held.
        """
        if num not in self:
            raise KeyError(num)
        values: dict[str, Any] = {name: int(column.values[num]) for name, column in self._columns.items()}
        codes, counts = self._terms.item(num)
        values |= {name: Terms(codes[name], counts[name]) for name in TERM_CHANNELS}
        values |= {name: codes[name] for name in LIST_CHANNELS}
        (sequence,), (vectors,) = self._sequence.row(num), self._vectors.row(num, skip=_HEADLINE)
        # Of a story that is written anew meanwhile the terms may be the older ones for a moment.
        values["sequence"] = sequence[sequence < len(codes["words"])]
        return Encoded(**values, vectors=vectors)

    def column(self, name: str) -> Array:
        """Return the values of one of `COLUMNS` by num; it is at least `size` long. Do not write to it."""
        return self._columns[name].values

    def field(self, name: str, nums: Nums) -> Array:
        """Return what filters read of stories (n,): their values of one of `COLUMNS`, or their ``num``."""
        return nums if name == "num" else self.column(name)[nums]

    def texts(self, nums: Nums) -> Texts:
        """Return the terms and codes of many stories, for who needs several of their channels."""
        return Texts(self._terms.rows(nums))

    def terms(self, channel: str, nums: Nums) -> TermRows:
        """Return the terms of many stories in one of `TERM_CHANNELS`."""
        return self.texts(nums).terms(channel)

    def codes(self, channel: str, nums: Nums) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Return the ids or codes of many stories in any one channel, all that is read, and their offsets."""
        return self._terms.codes(channel, nums)

    def tagged(self, tags: Iterable[int]) -> Nums:
        """Return the nums of all stories that carry any of some tags, by their codes; ascending."""
        nums = self._tags.carrying(tags, lambda nums: self.codes("tags", nums))
        return nums[self._present.values[nums]]

    def lying_sequences(self, nums: Nums) -> tuple[Parts, Nums, Nums]:
        """Return values that tell which words stand where in stories, and where each row begins and ends."""
        (rows,), starts, ends = self._sequence.lying(nums)
        return rows, starts, ends

    def vectors(self, nums: Nums) -> tuple[NDArray[np.float16], NDArray[np.int64]]:
        """Return the vectors (total, d) of many stories, headlines first, and the rows' offsets."""
        (rows,), offsets = self._vectors.gather(nums, skip=_HEADLINE)
        return rows, offsets

    def headline_vectors(self, nums: Nums) -> NDArray[np.float16]:
        """Return the vectors (n, d) of the headlines alone."""
        (rows,) = self._vectors.each(nums, _HEADLINE)
        return rows

    def means(self, nums: Nums) -> NDArray[np.float16]:
        """Return the unit vectors (n, d) of the stories as wholes."""
        (rows,) = self._vectors.each(nums, _MEAN)
        return rows

    def dense_rows(self, nums: Nums) -> tuple[DenseRows, DenseRows]:
        """Return the unit vectors of the stories as wholes, and those of their headlines, where they lie."""
        (values,), starts, _ = self._vectors.lying(nums, most=_HEADLINE + 1)
        return DenseRows(values, starts + _MEAN), DenseRows(values, starts + _HEADLINE)

    def visible(self, nums: Nums, now: int) -> NDArray[np.bool_]:
        """Return which of ``nums`` readers may see at ``now`` (epoch seconds)."""
        start, end = self.column("visible_from")[nums], self.column("visible_until")[nums]
        return np.asarray((start <= now) & (now < end))

    def recent(self, before: int, count: int, test: Test | None = None) -> Nums:
        """Return the ``count`` newest stories published by ``before`` that pass ``test``, newest first.

        ``test`` takes nums and returns which of them pass.
        """
        return self._timeline.recent(before, count, self.column("published"), test)

    def between(self, first: int, last: int, test: Test) -> Nums:
        """Return the stories published from ``first`` to ``last`` that pass ``test``, newest first."""
        return self._timeline.between(first, last, self.column("published"), test)

    def count_before(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many stories were published before each of ``times``."""
        return self._timeline.count_before(times, self.column("published"))

    def blocks(self, nums: Nums, size: int = 4096) -> Iterator[Nums]:
        """Yield ``nums`` in parts, so that a walk over the whole archive needs bounded memory."""
        for start in range(0, len(nums), size):
            release_pages()  # of what was read of the parts before
            yield nums[start : start + size]

    def save(self, directory: Path) -> None:
        """Write all to an existing, empty directory (no fsync, no rename), and map it from there.

        What has not changed since the last save or load is a hard link to its files.

        Raises
        ------
        OSError
            When the disk is full; what is held stays as it is.
        """
        nums, size = self.nums, self._size
        for name, column in self._columns.items():
            column.save(directory / f"{name}.npy", size)
        self._present.save(directory / "present.npy", size)
        self._terms.save(directory, _TERMS, nums, size)
        self._vectors.save(directory, _VECTORS, nums, size)
        self._sequence.save(directory, _SEQUENCE, nums, size)
        times, order = self._timeline.merge(self.column("published"))
        np.save(directory / "order.times.npy", times)
        np.save(directory / "order.nums.npy", order)
        self._tags.save(directory, size)
        head = {"format": FORMAT, "dimension": self.dimension, "size": size, "count": self._count}
        store_head.write(directory, head)

    @classmethod
    def load(cls, directory: Path, scratch: Path | None = None) -> Store:
        """Map what `save` wrote. Only the head is read; later puts go to memory and ``scratch``.

        Raises
        ------
        ArchiveVersionError
            When a newer version wrote it.
        ArchiveError
            When a file is missing, short or foreign.
        """
        head = store_head.read(directory, FORMAT)
        store = cls(head["dimension"], scratch)
        store._columns = {name: Column.load(directory / f"{name}.npy") for name in COLUMNS}
        store._present = Column.load(directory / "present.npy")
        store._terms.load(directory, _TERMS)
        store._vectors.load(directory, _VECTORS)
        store._sequence.load(directory, _SEQUENCE)
        store._tags.load(directory)
        store._timeline = Timeline(
            mapped(directory / "order.times.npy"), mapped(directory / "order.nums.npy")
        )
        store._size, store._count = head["size"], head["count"]
        return store
