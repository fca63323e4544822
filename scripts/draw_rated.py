"""Draw slots and reasons of the demo archive to be rated by hand, as the sheets in tests/rated/ are.

Prints JSON Lines, one page a line, each with the texts that are needed to judge its slots. The draw is of a
fixed seed, and of all slots down to the last one, however little is thought of it; or of the blocks that
readers get, of pages that are in no sheet yet.

Usage: python scripts/draw_rated.py --archive COPY > pages.jsonl
       python scripts/draw_rated.py --archive COPY --served 60 > pages.jsonl
       python scripts/draw_rated.py --archive COPY --vectors   # of the rated stories, for the tests
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import msgspec
import numpy as np

from recommender import Recommender, Settings, Slot, Story

RATED = Path(__file__).parent.parent / "tests" / "rated"
SEED = 12
SERVED_SEED = 2026
SHEETS = ("slots.tsv", "served_slots.tsv")
PAGES = {"digital.gov": 42, "wikinews.org": 20, "bdnews24.com": 5}
"""How many pages of each publisher: general news half as many again as its share."""

SLOTS = 5
OPENING = 900  # characters of a text that are read


def main() -> None:
    """Draw and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--archive", type=Path, required=True, help="a copy of the demo archive")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--served", type=int, help="so many pages by chance, with the blocks readers get")
    parser.add_argument("--share", type=float, default=1.0, help="of the pages of each publisher")
    parser.add_argument("--vectors", action="store_true", help="write tests/rated/vectors.npz, draw nothing")
    arguments = parser.parse_args()
    settings = Settings() if arguments.served else Settings(least_score=0)
    with Recommender.open(arguments.archive, settings) as recommender:
        if arguments.vectors:
            write_vectors(recommender)
            return
        ids = (
            unrated(recommender, SERVED_SEED if arguments.seed is None else arguments.seed, arguments.served)
            if arguments.served
            else drawn(recommender, SEED if arguments.seed is None else arguments.seed, arguments.share)
        )
        for id in ids:
            block = recommender.related(id, SLOTS)
            source = recommender.archive.catalog.get(id)
            page = read(source[1]) if source else {}
            print(msgspec.json.encode(page | {"slots": [slot(each) for each in block.slots]}).decode())


def write_vectors(recommender: Recommender) -> None:
    """Keep the vector of each rated story as a whole: the tests have no time to embed them."""
    ids = sorted({id for pair in rated() for id in pair})
    nums = recommender.archive.catalog.nums_of(ids)
    means = recommender.archive.view.store.means(np.array([nums[id] for id in ids]))
    encoder = np.array(recommender.archive.encoder)
    np.savez_compressed(RATED / "vectors.npz", ids=np.array(ids), means=means, encoder=encoder)


def drawn(recommender: Recommender, seed: int, share: float) -> list[str]:
    """Return the ids of pages by chance."""
    chance, found = random.Random(seed), list[str]()
    stories = sorted((row.story for row in recommender.archive.catalog.rows()), key=lambda story: story.id)
    for publisher, count in PAGES.items():
        ids = [story.id for story in stories if publisher_of(story) == publisher]
        found += chance.sample(ids, min(len(ids), round(count * share)))
    return found


def unrated(recommender: Recommender, seed: int, count: int) -> list[str]:
    """Return the ids of pages by chance that are in no sheet."""
    seen = {source for source, _ in rated(SHEETS[:1])}
    stories = (row.story.id for row in recommender.archive.catalog.rows())
    return random.Random(seed).sample(sorted(id for id in stories if id not in seen), count)


def rated(sheets: tuple[str, ...] = SHEETS) -> list[tuple[str, str]]:
    """Return the sources and targets that were judged."""
    lines = [line for name in sheets for line in (RATED / name).read_text("utf-8").splitlines()[1:]]
    return [(source, target) for source, target, *_ in (line.split("\t") for line in lines)]


def publisher_of(story: Story) -> str:
    """Return whose story one of the demo archive is; those of bdnews24.com have no address."""
    return next((name for name in PAGES if name in (story.url or "")), "bdnews24.com")


def slot(slot: Slot) -> dict[str, object]:
    """Return what is rated of a slot."""
    return read(slot.story) | {"score": round(slot.score, 4), "role": slot.role, "reasons": slot.reasons}


def read(story: Story) -> dict[str, object]:
    """Return what is read of a story."""
    return {
        "id": story.id,
        "headline": story.headline,
        "date": story.published.date().isoformat(),
        "deck": (story.deck or "")[:OPENING],
        "text": (story.body or "")[:OPENING],
        "tags": story.tags,
    }


if __name__ == "__main__":
    main()
