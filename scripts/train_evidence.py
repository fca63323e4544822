"""Learn from which likeness on two texts are related, and write recommender/data/evidence.json.

Related are the slots of a story that its writer linked. Not related are the slots that an archive of 300
stories of one publisher gives to the stories of another, where the two have nothing in common, and two
stories of one publisher by chance. Ratings take no part: those in tests/rated/ check what is learned.

For each archive and each other publisher the share of the slots that the default settings would fill is
printed, by curves that were learned without both of them. A publisher is a folder with articles.jsonl, and
links.jsonl if its links are known; its archive is that of scripts/train_default.py, or made.

Usage: python scripts/train_evidence.py --corpora DIR --archives DIR
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from recommender import Settings, Story
from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.features.feature_store import Store
from recommender.features.hybrid_vectors import HybridModel
from recommender.ingest.jsonl import read_stories
from recommender.ranking import diversity, features, weights
from recommender.ranking.evidence import FILE, Curve, Evidence, likeness
from recommender.ranking.pool import Nums, Pool
from recommender.ranking.probability import LEAST

ROOT = Path(__file__).parent.parent
STORIES, LINKS = "articles.jsonl", "links.jsonl"
KIN = (frozenset({"digitalgov", "18f"}), frozenset({"carpentries", "ropensci"}))
"""Publishers whose stories are often related: two of the US government's web, two on research."""

SAMPLE = 300
"""Stories of a small archive, and pairs of stories by chance."""

LINKING = 150
"""Stories of a publisher whose linked slots teach."""

ASKED = 50
"""Stories of another publisher that each small archive is asked for."""

SLOTS = 5
SEED = 12

FIRST = np.zeros(1, np.int64)

Rows = NDArray[np.float64]
Pair = tuple[str, str]
KINDS = ("words", "headline", "names", "passage")
BOTH, WORDS = ("words", "headline", "passage"), ("words", "headline", "names")
NOTHING: Rows = np.zeros((0, 4))


class Slots(NamedTuple):
    """Slots of blocks: nums (n,), likeness (n, 4), and how probable each is by standing alone (n,)."""

    nums: Nums
    likeness: Rows
    likely: Rows


@dataclass(frozen=True, eq=False)
class Publisher:
    """A publisher's stories, a small archive of some, and what its own links and stories teach.

    Attributes
    ----------
    store : Store
    nums, small : (n,) int64
        All its stories, and `SAMPLE` of them.
    hybrid : HybridModel
        That knows of the small archive alone.
    encoder : str
    linked, by_chance : (n, 4) float64
        The likeness of slots that are linked, and of two stories by chance.
    """

    store: Store
    nums: Nums
    small: Nums
    hybrid: HybridModel
    encoder: str
    linked: Rows
    by_chance: Rows

    @classmethod
    def of(cls, folder: Path, archives: Path, chance: random.Random) -> Publisher:
        """Read a publisher, and embed its stories unless that was done before."""
        place = archives / folder.name
        opened = Archive.open if place.exists() else Archive.create
        with opened(ArchivePlace.alone(place), Settings()) as archive:
            if not archive.catalog.count():
                archive.add(each for each in read_stories(folder / STORIES) if isinstance(each, Story))
            store, ids = archive.catch_up().store, [row.story.id for row in archive.catalog.rows()]
            held, encoder = archive.catalog.nums_of(ids), archive.encoder
        nums = np.array(sorted(held.values()), np.int64)
        whole, chosen = HybridModel.fit(store, nums), nums.tolist()
        links = read_links(folder / LINKS, held)
        small = np.array(sorted(chance.sample(chosen, min(SAMPLE, len(chosen)))), np.int64)
        strange = [
            likeness(Pool(store.item(one), np.array([other]), store, whole, encoder=encoder), FIRST)
            for one, other in (chance.sample(chosen, 2) for _ in range(SAMPLE))
        ]
        rows = [NOTHING]
        for source in chance.sample(sorted(links), min(LINKING, len(links))):
            published = store.column("published")[nums]
            earlier = nums[(published <= store.column("published")[source]) & (nums != source)]
            found = slots_of(Pool(store.item(source), earlier, store, whole, encoder=encoder))
            rows.append(found.likeness[np.isin(found.nums, links[source])])
        print(f"{folder.name}: {len(nums)} stories, {sum(map(len, rows))} linked slots", flush=True)
        linked, by_chance = np.concatenate(rows), np.concatenate(strange).astype(np.float64)
        return cls(store, nums, small, HybridModel.fit(store, small), encoder, linked, by_chance)

    def asked_for(self, other: Publisher, chance: random.Random) -> Slots:
        """Return the slots of the small archive for some stories of another publisher."""
        found = [
            slots_of(Pool(other.store.item(num), self.small, self.store, self.hybrid, encoder=self.encoder))
            for num in chance.sample(other.nums.tolist(), min(ASKED, len(other.nums)))
        ]
        return Slots(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def slots_of(pool: Pool) -> Slots:
    """Return the slots of a block, whatever is thought of them."""
    ranker = weights.shipped()
    scores = ranker.model.scores(features.matrix(pool, ranker.model.features), pool.known_links)
    best = np.array([event.best for event in diversity.each_event(pool, scores, SLOTS)], np.int64)
    return Slots(pool.nums[best], likeness(pool, best).astype(np.float64), ranker.calibrated(scores)[best])


def read_links(file: Path, held: Mapping[str, int]) -> dict[int, list[int]]:
    """Return what each story links to; nothing where there is no file."""
    found = defaultdict[int, list[int]](list)
    for line in file.read_bytes().splitlines() if file.exists() else []:
        row = msgspec.json.decode(line)
        if row["source"] in held and row["target"] in held:
            found[held[row["source"]]].append(held[row["target"]])
    return found


def learned(
    publishers: Mapping[str, Publisher],
    strangers: Mapping[Pair, Slots],
    columns: Sequence[str],
    without: Pair = ("", ""),
) -> Curve:
    """Return the curve that tells the related from the others; both count equally, each set within them."""
    kept = {name: each for name, each in publishers.items() if name not in without}
    related = [each.linked for each in kept.values() if len(each.linked)]
    strange = [
        rows.likeness
        for pair, rows in strangers.items()
        if kept.keys() >= set(pair) and frozenset(pair) not in KIN
    ]
    strange += [each.by_chance for each in kept.values()]
    places = [KINDS.index(name) for name in columns]
    x, y, shares = (
        np.concatenate(parts)
        for parts in zip(
            *(
                (rows[:, places], np.full(len(rows), what), np.full(len(rows), 1 / len(rows) / len(sets)))
                for sets, what in ((related, True), (strange, False))
                for rows in sets
            ),
            strict=True,
        )
    )
    fitted = LogisticRegression(C=1e4, max_iter=5000).fit(x, y, sample_weight=shares * len(x))
    values = (round(float(value), 3) for value in fitted.coef_[0])
    return Curve(round(float(fitted.intercept_[0]), 3), **dict(zip(columns, values, strict=True)))


def filled(rows: Slots, curve: Curve) -> str:
    """Return the share of slots that the default settings would fill, to be printed."""
    scores = np.maximum(rows.likely, LEAST) * curve(rows.likeness)
    return f"{(scores >= Settings().least_score).mean():.2f}"


def main() -> None:
    """Learn, check and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True, help="a folder of publishers")
    parser.add_argument("--archives", type=Path, required=True, help="where their archives are kept")
    asked, chance = parser.parse_args(), random.Random(SEED)
    folders = sorted(file.parent for file in asked.corpora.glob(f"*/{STORIES}"))
    publishers = {folder.name: Publisher.of(folder, asked.archives, chance) for folder in folders}
    strangers = {
        (name, other): publishers[name].asked_for(publishers[other], chance)
        for name, other in permutations(publishers, 2)
    }
    print("| archive | " + " | ".join(publishers) + " |\n|" + " --- |" * (len(publishers) + 1))
    for name in publishers:
        shares = (
            filled(strangers[name, other], learned(publishers, strangers, BOTH, (name, other)))
            if name != other
            else ""
            for other in publishers
        )
        print(f"| {name} | " + " | ".join(shares) + " |", flush=True)
    provenance = {
        "related": {name: len(each.linked) for name, each in publishers.items() if len(each.linked)},
        "not_related": sum(len(each.nums) for each in strangers.values())
        + sum(len(each.by_chance) for each in publishers.values()),
        "by": "scripts/train_evidence.py",
    }
    curves = (learned(publishers, strangers, columns) for columns in (BOTH, WORDS))
    evidence = Evidence(next(iter(publishers.values())).encoder, *curves, provenance)
    text = msgspec.json.format(msgspec.json.encode(evidence), indent=1).decode() + "\n"
    (ROOT / "recommender" / "data" / FILE).write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
