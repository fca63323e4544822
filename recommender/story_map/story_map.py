"""The picture of an archive: made in the background, kept on disk, shown as far as readers may see it."""

from __future__ import annotations

import hashlib
import logging
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import BackgroundJob, Check
from recommender.archive.archive import Archive
from recommender.archive.private_files import DERIVED
from recommender.archive.view import View
from recommender.engine.question import Clock
from recommender.errors import ArchiveError
from recommender.story_map import holding, making, newcomers
from recommender.story_map.clusters import ALONE
from recommender.story_map.held_layout import HeldLayout
from recommender.story_map.layout import Layout
from recommender.story_map.visible import Visible

log = logging.getLogger(__name__)

FILE = "map/map.npz"  # below what is derived
DAY = 24 * 3600
GROWN = 0.1  # share of stories that a picture lacks from which on it is made anew
SECTIONS = 11  # that have a colour of their own, the largest first; 0 is all others
NAMED_BY = 3  # terms that name a cluster
SEEN = 2  # stories that readers may see must hold a term
MAGIC = b"RMP1"

Nums = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster on the picture: what its stories have in common, where its middle is, how many they are."""

    label: int
    terms: tuple[str, ...]
    x: float
    y: float
    stories: int

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON objects."""
        return {
            "label": self.label, "terms": list(self.terms), "x": self.x, "y": self.y, "stories": self.stories
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Picture:
    """What is shown now.

    Attributes
    ----------
    method : str
        How it was made.
    nums : (n,) int64
    places : (n, 2) float32
        -1 to 1.
    published : (n,) int64
        Epoch seconds.
    sections : (n,) uint8
        Places in `names`, from 1; 0 for others.
    names : tuple of str
        The largest sections.
    labels : (n,) int64
        Places in `clusters`; -1 in none.
    clusters : tuple of Cluster
    """

    method: str
    nums: Nums
    places: NDArray[np.float32]
    published: Nums
    sections: NDArray[np.uint8]
    names: tuple[str, ...]
    labels: Nums
    clusters: tuple[Cluster, ...]

    @cached_property
    def packed(self) -> bytes:
        """All points as little-endian arrays, one after the other, each of n values but the first.

        Four letters and n (uint32); x and y in turn (float32); days since 1970 (int32); nums (uint32);
        clusters (int16); sections (uint8).
        """
        head = MAGIC + np.uint32(len(self.nums)).tobytes()
        columns = (
            self.places.astype("<f4"), (self.published // DAY).astype("<i4"), self.nums.astype("<u4"),
            self.labels.astype("<i2"), self.sections.astype("u1"),
        )  # fmt: skip
        return head + b"".join(column.tobytes() for column in columns)

    @cached_property
    def version(self) -> str:
        """What changes with the points."""
        return hashlib.blake2b(self.packed, digest_size=8).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return all but the points as JSON objects."""
        return {
            "method": self.method,
            "stories": len(self.nums),
            "sections": list(self.names),
            "clusters": [cluster.to_dict() for cluster in self.clusters],
        }


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """The last picture that was shown, and what it is of."""

    layout: Layout
    model: str
    visible: Nums
    picture: Picture


class StoryMap:
    """The picture of one archive. Threads share it.

    Parameters
    ----------
    archive : Archive
    clock : callable
        Returns now, epoch seconds.
    """

    def __init__(self, archive: Archive, clock: Clock) -> None:
        self._archive, self._clock = archive, clock
        self._path = archive.path / DERIVED / FILE
        self._job, self._lock = BackgroundJob(), threading.Lock()
        self._visible = Visible()
        self._kept: HeldLayout | None = None
        self._shown: _Shown | None = None
        self._missing: tuple[Layout, Nums, int] | None = (
            None  # stories that a picture lacks, of which it was asked
        )

    def make(self, check: Check = lambda: None) -> Picture:
        """Make the picture anew and keep it; raise `ArchiveError` where it cannot be written."""
        layout = making.make(self._archive, int(self._clock()), check)
        self._archive.catalog.check_place()
        try:
            layout.save(self._path)
        except OSError as error:
            raise ArchiveError(
                f"cannot write {self._path}: {error}; make room and run: related map"
            ) from error
        return self.picture() or self._of(self._archive.view, HeldLayout.of(layout), layout.nums)

    def make_beside(self) -> None:
        """Make the picture anew in a thread, where that is due and the archive may be written."""
        if not self._archive.catalog.read_only and self.is_due():
            self._job.start(self.make)

    @property
    def is_being_made(self) -> bool:
        """Whether a thread is at it."""
        return self._job.running

    def close(self) -> None:
        """End the thread."""
        self._job.stop()

    def is_due(self) -> bool:
        """Return whether there is no picture, one without many stories, or one that would be made otherwise.

        That is by another lexical model, or better: the library for it has come since.
        """
        view = self._archive.catch_up()
        if view.hybrid is None:
            return False
        with self._lock:
            held, nums = self._held(), self._visible.at(view, int(self._clock()))
            if held is None or not making.is_of(held.layout, self._archive, view.hybrid):
                return len(nums) > 0
            if not self._is_counted(held.layout, nums):
                held.follow(self._archive.catalog, view.seq)
                self._missing = held.layout, nums, int((~self._as_made(held, nums)).sum())
            missing = self._missing[2] if self._missing else 0
        return missing > GROWN * len(nums) or making.is_coarse(held.layout, len(nums))

    def _is_counted(self, layout: Layout, nums: Nums) -> bool:
        """Return whether it was counted which of some stories a picture lacks: not at each look."""
        return self._missing is not None and self._missing[0] is layout and self._missing[1] is nums

    def _as_made(self, held: HeldLayout, nums: Nums) -> NDArray[np.bool_]:
        """Return which of some stories (n,) are on a picture as they are now."""
        return np.isin(nums, held.layout.nums) & ~np.isin(nums, held.changed)

    def picture(self) -> Picture | None:
        """Return the picture as it is shown now, None before there is one.

        One of an earlier lexical model is shown until the next is made. Stories that came or changed since
        lie in the middle of those that are nearest to them.
        """
        view = self._archive.catch_up()
        with self._lock:
            held = self._held()
            if held is None or view.hybrid is None:
                return None
            nums, model, shown = self._visible.at(view, int(self._clock())), view.hybrid.version, self._shown
            if (
                shown is None
                or shown.visible is not nums
                or (shown.layout, shown.model) != (held.layout, model)
            ):
                shown = self._shown = _Shown(held.layout, model, nums, self._of(view, held, nums))
            return shown.picture

    def _held(self) -> HeldLayout | None:
        """Return the picture on disk, read when another was written. Called under the lock."""
        try:
            written = self._path.stat().st_mtime
            if self._kept is None or self._kept.written != written:
                self._kept = HeldLayout.of(Layout.load(self._path), written)
        except FileNotFoundError:
            return None
        except (ArchiveError, OSError) as error:
            log.warning("%s; it is made anew", error)
            return None
        return self._kept

    def _of(self, view: View, held: HeldLayout, nums: Nums) -> Picture:
        places, labels = self._placed(view, held, nums)
        sections, names = self._sections(view, nums)
        return Picture(
            method=held.layout.method, nums=nums, places=places,
            published=view.store.column("published")[nums], sections=sections, names=names, labels=labels,
            clusters=_clusters(view, held.layout, nums, places, labels),
        )  # fmt: skip

    def _placed(self, view: View, held: HeldLayout, nums: Nums) -> tuple[NDArray[np.float32], Nums]:
        """Return places and clusters of stories: as they were made, and of new ones as their nearest have."""
        held.follow(self._archive.catalog, view.seq)
        layout, added = held.layout, held.added
        places, labels = np.zeros((len(nums), 2), np.float32), np.full(len(nums), ALONE, np.int64)
        old = self._as_made(held, nums)
        at = np.searchsorted(layout.nums, nums[old])
        places[old], labels[old] = layout.places[at], layout.clusters[at]
        new = [num for num in nums[~old].tolist() if num not in added]
        added |= newcomers.places(view, layout, np.array(new, np.int64), int(self._clock()))
        for i in np.flatnonzero(~old).tolist():
            if place := added.get(int(nums[i])):
                places[i], labels[i] = place
        return places, labels

    def _sections(self, view: View, nums: Nums) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
        """Return for each story which of the largest sections it is of, from 1, and what they are called."""
        codes, first, which, counts = np.unique(
            view.store.column("section")[nums], return_index=True, return_inverse=True, return_counts=True
        )
        order = [i for i in np.argsort(-counts, kind="stable").tolist() if codes[i]][:SECTIONS]
        held = self._archive.catalog.by_nums([int(nums[first[i]]) for i in order])
        named = [i for i in order if (story := held.get(int(nums[first[i]]))) and story.section]
        ranks = np.zeros(len(codes), np.uint8)
        ranks[named] = np.arange(1, len(named) + 1, dtype=np.uint8)
        names = tuple(held[int(nums[first[i]])].section or "" for i in named)
        return ranks[which], names


def _clusters(
    view: View, layout: Layout, nums: Nums, places: NDArray[np.float32], labels: Nums
) -> tuple[Cluster, ...]:
    """Return the clusters that have stories now, named by what stories hold that readers may see."""
    counts = iter(holding.counts(view.store, [term for terms in layout.terms for term in terms], nums))
    found = []
    for label, terms in enumerate(layout.terms):
        seen = [term.text for term in terms if next(counts) >= SEEN]
        members = places[labels == label]
        if len(members):
            x, y = np.median(members, axis=0).tolist()
            found.append(Cluster(label, tuple(seen[:NAMED_BY]), x, y, len(members)))
    return tuple(found)
