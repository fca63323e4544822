"""How pure threads are: those of an archive in its own time, to be judged, and of all its years at once.

There stories of other years are strangers among which an event must be told: the purity of a thread is the
share of its stories that are of one time with most of it.

    python scripts/study_threads.py ARCHIVE [--list 20] [--days 60] [--least 2]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender import Recommender
from recommender.features.feature_store import Store
from recommender.features.language_groups import read_as
from recommender.ranking.event_pairs import EventPairs
from recommender.ranking.running_stories import running_stories

DAY = 24 * 3600
Nums = NDArray[np.int64]


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--list", type=int, default=20, help="threads to judge, drawn at random")
    parser.add_argument("--days", type=int, default=60, help="length of the one stretch")
    parser.add_argument("--least", type=int, default=2, help="stories of a thread")
    asked = parser.parse_args()
    with Recommender.open(asked.archive) as recommender:
        view, encoder = recommender.archive.view, recommender.archive.encoder
        if view.hybrid is None:
            parser.error("the archive has no stories")
        store, nums = view.store, view.store.nums
        held = recommender.archive.catalog.by_nums(nums.tolist())
        began = time.perf_counter()
        real = [
            each for each in found(EventPairs(store, view.hybrid, encoder), nums) if len(each) >= asked.least
        ]
        seconds = time.perf_counter() - began
        print(f"{len(nums):,} stories, {len(real)} threads of {sum(map(len, real))}, {seconds:.1f} s")
        moved = on_one_stretch(store, nums, asked.days * DAY)
        dense = found(EventPairs(moved, view.hybrid, encoder), nums)
        print(f"on {asked.days} days: {told([each for each in dense if len(each) >= asked.least], store)}")
        order = np.random.default_rng(0).permutation(len(real))[: asked.list]
        for place in order.tolist():
            print("==")
            for num in real[place].tolist():
                print(f"   {held[num].published.date()} {held[num].headline}")


def found(pairs: EventPairs, nums: Nums) -> list[Nums]:
    """Return the events among stories."""
    column = pairs.store.column
    languages = read_as(column("language")[nums])
    return running_stories(nums, column("published")[nums], languages, pairs.follow(nums))


def on_one_stretch(store: Store, nums: Nums, length: int) -> Store:
    """Return the same stories, published within so many seconds: the time of each less whole stretches."""
    moved = Store(store.dimension)
    for num in nums.tolist():
        story = store.item(num)
        moved.put(num, replace(story, published=(story.published or 0) % length))
    return moved


def told(threads: Sequence[Nums], store: Store, apart: int = 60 * DAY) -> str:
    """Return how many threads there are, and how pure."""
    pure = sum(
        int((np.abs(times[:, None] - times[None]) <= apart).sum(axis=1).max())
        for times in (store.column("published")[each] for each in threads)
    )
    total = sum(map(len, threads))
    return f"{len(threads)} threads of {total} stories, purity {pure / max(total, 1):.2f}"


if __name__ == "__main__":
    main()
