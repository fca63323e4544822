"""Build the demo archive from the seeds, and show two related blocks beside those that people made by hand.

Usage: python scripts/demo.py [--out demo]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from recommender import Block, Recommender, Story
from recommender.cli.app import progress
from recommender.engine.render import Exhibit
from recommender.engine.render import page as to_page
from recommender.ingest.jsonl import count_lines, read_stories
from recommender.ingest.page import StoryPage, curated_stories, read_page

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
FILES = (SEEDS / "digitalgov" / "articles.jsonl", SEEDS / "wikinews" / "articles.jsonl")
PAGE = SEEDS / "bdnews24" / "article.txt"
LINKS = SEEDS / "digitalgov" / "links.jsonl"
PAGE_ZONE = ZoneInfo("Asia/Dhaka")  # bdnews24.com writes the time of its newsroom, without a zone
SLOTS = 6
MANY_LINKS = 4  # the digital.gov story shown is the newest whose writers set so many links to earlier stories


def main() -> None:
    """Build, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo"))
    out: Path = parser.parse_args().out
    page = read_page(PAGE.read_text("utf-8"), zone=PAGE_ZONE, language="en")
    with open_or_create(out / "archive") as recommender:
        fill(recommender, page)
        exhibits = [bdnews24(recommender, page), digitalgov(recommender)]
    console = Console()
    for exhibit in exhibits:
        console.rule(exhibit.block.headline)
        by_hand = "\n\n".join(f"{n}  {s.headline}" for n, s in enumerate(exhibit.reference, 1))
        console.print(
            Columns(
                [
                    Panel(Text(exhibit.block.to_text(width=70)), title="the engine"),
                    Panel(Text(by_hand), title=exhibit.reference_title, width=60),
                ]
            )
        )
    (out / "index.html").write_text(to_page("Related stories, beside those set by hand", exhibits), "utf-8")
    console.print(f"\nThe same as a page: {out / 'index.html'}")


def open_or_create(path: Path) -> Recommender:
    """Return the archive at `path`, which may be left from an earlier run."""
    return Recommender.open(path) if (path / "catalog.sqlite").exists() else Recommender.create(path)


def fill(recommender: Recommender, page: StoryPage) -> None:
    """Add all seeds; what the archive holds already is not embedded again."""

    def stories() -> Iterator[Story]:
        yield from (page.story, *curated_stories(page))
        for file in FILES:
            yield from (item for item in read_stories(file) if isinstance(item, Story))

    with progress("building the archive", count_lines(FILES)) as done:
        recommender.add(stories(), on_done=done)


def bdnews24(recommender: Recommender, page: StoryPage) -> Exhibit:
    """Return the block of the bdnews24 story beside the one that its editors made."""
    block = recommender.related(page.story.id, k=SLOTS)
    by_hand = curated_stories(page)
    return Exhibit(
        story=page.story, block=block, reference=by_hand, reference_title="Set by the editors of bdnews24.com"
    )


def digitalgov(recommender: Recommender) -> Exhibit:
    """Return the block of a digital.gov story beside the links that its writers set in the text."""
    linked: dict[str, list[Story]] = defaultdict(list)
    stories = {s.id: s for s in read_stories(FILES[0]) if isinstance(s, Story)}
    for line in LINKS.read_bytes().splitlines():
        link = msgspec.json.decode(line)
        source, target = stories[link["source"]], stories[link["target"]]
        if target.published <= source.published:
            linked[source.id].append(target)
    newest = max((i for i in linked if len(linked[i]) >= MANY_LINKS), key=lambda i: stories[i].published)
    block: Block = recommender.related(newest, k=SLOTS)
    by_hand = tuple(linked[newest])
    return Exhibit(
        story=stories[newest],
        block=block,
        reference=by_hand,
        reference_title="Linked in the text by its writers",
    )


if __name__ == "__main__":
    main()
