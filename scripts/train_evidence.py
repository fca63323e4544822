"""Learn from which likeness on two texts are related, and write recommender/data/evidence.json.

Related are the stories that writers of digital.gov and 18F linked. Not related are stories of publishers that
have nothing in common (the nearest two and one by chance), and two stories of one publisher by chance.
Ratings take no part: those in tests/rated/ check what is learned.

Usage: python scripts/train_evidence.py --archive ARCHIVE   # which holds all stories of the seeds
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from recommender import Recommender, Story
from recommender.archive.view import View
from recommender.features.hybrid_vectors import HybridModel
from recommender.ingest.jsonl import read_stories
from recommender.ranking.evidence import FILE, Curve, Evidence, likeness
from recommender.ranking.pool import Pool

ROOT = Path(__file__).parent.parent
LINKING = ("digitalgov", "18f")
OTHER = "wikinews"
SOURCES = 300
"""Of each publisher, drawn by chance, for stories that are not related."""

NEAREST = 2
SEED = 12

Pairs = list[tuple[int, int]]
Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Publisher:
    """A publisher's stories in the archive, and the rarity of words among them."""

    nums: NDArray[np.int64]
    hybrid: HybridModel


def main() -> None:
    """Learn and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--archive", type=Path, required=True)
    with Recommender.open(parser.parse_args().archive) as recommender:
        view, catalog = recommender.archive.view, recommender.archive.catalog
        model, nums = recommender.archive.model, catalog.nums_of([row.story.id for row in catalog.rows()])
        publishers = {name: publisher(view, name, nums) for name in (*LINKING, OTHER)}
        related = [cosines(view, publishers[name], links(name, nums)) for name in LINKING]
        chance = random.Random(SEED)
        strange = [
            cosines(view, publishers[one], strangers(view, publishers[one], publishers[other], chance))
            for one, other in (*((name, OTHER) for name in LINKING), *((OTHER, name) for name in LINKING))
        ]
        strange += [cosines(view, each, by_chance(each, chance)) for each in publishers.values()]
    provenance = {
        "related": {name: len(rows) for name, rows in zip(LINKING, related, strict=True)},
        "not_related": sum(map(len, strange)),
        "by": "scripts/train_evidence.py",
    }
    both, words = learned(related, strange, [0, 1, 2, 3]), learned(related, strange, [0, 1, 2])
    evidence = Evidence(model.hash if model else "", both, words, provenance)
    text = msgspec.json.format(msgspec.json.encode(evidence), indent=1).decode() + "\n"
    (ROOT / "recommender" / "data" / FILE).write_text(text, "utf-8")
    print(text)


def publisher(view: View, name: str, nums: Mapping[str, int]) -> Publisher:
    """Return a publisher's stories that the archive holds."""
    stories = read_stories(ROOT / "seeds" / name / "articles.jsonl")
    ids = [story.id for story in stories if isinstance(story, Story)]
    own = np.array(sorted(nums[id] for id in ids), np.int64)
    return Publisher(own, HybridModel.fit(view.store, own))


def links(name: str, nums: Mapping[str, int]) -> Pairs:
    """Return the links that a publisher's writers set."""
    lines = (ROOT / "seeds" / name / "links.jsonl").read_bytes().splitlines()
    rows = [msgspec.json.decode(line) for line in lines]
    return [(nums[row["source"]], nums[row["target"]]) for row in rows]


def strangers(view: View, one: Publisher, other: Publisher, chance: random.Random) -> Pairs:
    """Return sources of one publisher with their nearest at the other, and with one by chance."""
    means = view.store.means(other.nums).astype(np.float32)
    pairs = Pairs()
    for source in chance.sample(one.nums.tolist(), min(SOURCES, len(one.nums))):
        near = np.argsort(-(means @ view.store.item(source).mean), kind="stable")[:NEAREST]
        pairs += [(source, int(other.nums[place])) for place in near]
        pairs.append((source, chance.choice(other.nums.tolist())))
    return pairs


def by_chance(one: Publisher, chance: random.Random) -> Pairs:
    """Return pairs of a publisher's stories."""
    return [tuple(chance.sample(one.nums.tolist(), 2)) for _ in range(SOURCES)]  # type: ignore[misc]


def cosines(view: View, publisher: Publisher, pairs: Iterable[tuple[int, int]]) -> Rows:
    """Return the likeness of each pair, (n, 3)."""
    rows = []
    for source, target in pairs:
        pool = Pool(view.store.item(source), np.array([target]), view.store, publisher.hybrid)
        rows.append(likeness(pool, np.zeros(1, np.int64))[0])
    return np.array(rows, np.float64)


def learned(related: list[Rows], strange: list[Rows], columns: list[int]) -> Curve:
    """Return the curve that tells the related from the others; each set counts equally."""
    sets = [(rows, True) for rows in related] + [(rows, False) for rows in strange]
    x = np.concatenate([rows[:, columns] for rows, _ in sets])
    y = np.concatenate([np.full(len(rows), what) for rows, what in sets])
    weights = np.concatenate([np.full(len(rows), SOURCES / len(rows)) for rows, _ in sets])
    fitted = LogisticRegression(C=1e4, max_iter=5000).fit(x, y, sample_weight=weights)
    values = [round(float(value), 3) for value in (fitted.intercept_[0], *fitted.coef_[0])]
    return Curve(*values)


if __name__ == "__main__":
    main()
