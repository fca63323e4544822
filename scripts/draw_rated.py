"""Draw slots and reasons of the demo archive to be rated by hand, as the sheets in tests/rated/ are.

Prints JSON Lines, one page a line, each with the texts that are needed to judge its slots. The draw is of a
fixed seed, and of all slots down to the last one, however little is thought of it; or of the blocks that
readers get, of pages that are in no sheet yet.

Usage: python scripts/draw_rated.py --archive COPY > pages.jsonl
       python scripts/draw_rated.py --archive COPY --served 60 > pages.jsonl
       python scripts/draw_rated.py --archive COPY --ranked    # the rated pages anew, for the tests
       python scripts/draw_rated.py --archive COPY --vectors   # of all these stories, for the tests
"""

from __future__ import annotations

import argparse
import random
from hashlib import sha256
from importlib import resources
from pathlib import Path

import msgspec
import numpy as np

from recommender import Recommender, Settings, Slot, Story
from recommender.archive.view import eligible
from recommender.engine.search_scope import Scope, spoken_alike
from recommender.engine.selection import Search
from recommender.ranking import weights
from recommender.story.link_policy import Standing

RATED = Path(__file__).parent.parent / "tests" / "rated"
SEED = 12
SERVED_SEED = 2026
SHEETS = ("slots.tsv", "served_slots.tsv", "later_slots.tsv")
RANKED = "ranked.json"
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
    parser.add_argument("--ranked", action="store_true", help=f"write tests/rated/{RANKED}, draw nothing")
    parser.add_argument("--vectors", action="store_true", help="write tests/rated/vectors.npz, draw nothing")
    arguments = parser.parse_args()
    settings = Settings() if arguments.served else Settings(least_score=0)
    with Recommender.open(arguments.archive, settings) as recommender:
        if arguments.vectors or arguments.ranked:
            (write_vectors if arguments.vectors else write_ranked)(recommender)
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
    """Keep the vectors of the rated pages, and of each other story that of the whole: tests embed nothing."""
    file = msgspec.json.decode((RATED / RANKED).read_bytes())
    slots = {(page, id) for page, found in file["pages"].items() for id in found} | set(rated())
    pages, ids = sorted({page for page, _ in slots}), sorted({id for pair in slots for id in pair})
    nums, store = recommender.archive.catalog.nums_of(ids), recommender.archive.view.store
    passages = [store.item(nums[id]).vectors for id in pages]
    np.savez_compressed(
        RATED / "vectors.npz",
        ids=np.array(ids),
        means=store.means(np.array([nums[id] for id in ids])),
        pages=np.array(pages),
        passages=np.concatenate(passages),
        offsets=np.cumsum([0, *map(len, passages)]),
        encoder=np.array(recommender.archive.encoder),
    )


def write_ranked(recommender: Recommender) -> None:
    """Keep what the shipped weights put on the rated pages, and what each slot is worth by standing alone."""
    pages = sorted({source for source, _ in rated()})
    file = {"weights": weights_hash(), "pages": {page: ranked(recommender, page) for page in pages}}
    text = msgspec.json.format(msgspec.json.encode(file), indent=1).decode()
    (RATED / RANKED).write_text(text + "\n", "utf-8")


def weights_hash() -> str:
    """Return what tells the shipped weights from all others: a hash of their file."""
    file = resources.files("recommender") / "data" / weights.DEFAULT_FILE
    return sha256(file.read_bytes()).hexdigest()[:16]


def ranked(recommender: Recommender, id: str) -> dict[str, float]:
    """Return the slots of a page, whatever is thought of them, each with its score without evidence."""
    engine, view = recommender.engine, recommender.archive.catch_up()
    num, story = recommender.archive.catalog.get(id) or (0, None)
    if story is None:
        raise SystemExit(f"no story {id} in the archive; give a copy of that of `make demo`")
    where = spoken_alike(eligible(int(engine.clock())), Standing.of(story), engine.settings.rules())
    search = Search(source=view.store.item(num), scope=Scope(where, frozenset([num]), 0.0), most=SLOTS)
    (chosen,) = engine.selector.choose(view, [search])
    stories = recommender.archive.catalog.by_nums([each.num for each in chosen])
    return {stories[each.num].id: round(each.score / each.related, 4) for each in chosen}


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
