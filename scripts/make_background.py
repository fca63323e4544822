"""Write recommender/data/background.npz: in what share of stories each word stands, by the seeds.

Each publisher counts equally, however many its stories are. A word of a single story is left out.

Usage: python scripts/make_background.py
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from recommender import Story
from recommender.analysis.words import term_id, tokens
from recommender.ingest.jsonl import read_stories

ROOT = Path(__file__).parent.parent
SAMPLE = ("digitalgov", "18f", "wikinews")
LEAST = 2  # stories


def main() -> None:
    """Count and write."""
    totals, shares = Counter[int](), Counter[int]()
    for name in SAMPLE:
        stories = [s for s in read_stories(ROOT / "seeds" / name / "articles.jsonl") if isinstance(s, Story)]
        counts = Counter(id for story in stories for id in words(story))
        totals.update(counts)
        shares.update({id: count / len(stories) / len(SAMPLE) for id, count in counts.items()})  # type: ignore[misc]
    ids = np.array(sorted(id for id, total in totals.items() if total >= LEAST), np.uint32)
    path = ROOT / "recommender" / "data" / "background.npz"
    np.savez_compressed(path, ids=ids, shares=np.array([shares[int(id)] for id in ids], np.float16))
    print(f"{path}: {len(ids)} words, {path.stat().st_size} bytes")


def words(story: Story) -> set[int]:
    """Return the ids of a story's words."""
    return {term_id(word) for word in tokens(f"{story.headline}\n{story.text}")}


if __name__ == "__main__":
    main()
