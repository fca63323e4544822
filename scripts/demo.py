"""Build the demo archive from the seeds, and show two related blocks beside those that people made by hand.

Usage: python scripts/demo.py [--out demo]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from measure_markup import as_html
from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.text import Text
from wxr import END, HEAD, item

from recommender import Block, Recommender, Story
from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.cli.progress_bar import progress
from recommender.engine.engine import Engine
from recommender.engine.render import Exhibit
from recommender.engine.render import page as to_page
from recommender.evaluation.tuning import tuned
from recommender.ingest.base import Found, Options, linked
from recommender.ingest.jsonl import count_lines, read_stories
from recommender.ingest.page import StoryPage, curated_stories, read_page
from recommender.ingest.reading import read_source
from recommender.story.timestamps import parse_time

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
FILES = (SEEDS / "digitalgov" / "articles.jsonl", SEEDS / "wikinews" / "articles.jsonl")
PAGE = SEEDS / "bdnews24" / "article.txt"
LINKS = SEEDS / "digitalgov" / "links.jsonl"
PAGE_ZONE = ZoneInfo("Asia/Dhaka")  # bdnews24.com writes the time of its newsroom, without a zone
SLOTS = 6
FIRST_POST, POSTS = 775, 200  # the neighbouring stories with most links to each other
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
    shown, learned = own_site(out)
    exhibits.append(shown)
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
    console.print(f"\nOut of {out / 'export.xml'}, as WordPress exports a site: {learned}")
    console.print(f"\nThe same as a page: {out / 'index.html'}")
    related = Path(sys.executable).with_name("related")
    here = related.relative_to(Path.cwd()) if related.is_relative_to(Path.cwd()) else related
    console.print(f"\nTo see and steer it, open the desk: {here} desk --archive {out / 'archive'}")


def open_or_create(path: Path) -> Recommender:
    """Return the archive at `path`, which may be left from an earlier run."""
    is_made = (path / "catalog.sqlite").exists()
    return (Recommender.open if is_made else Recommender.create)(ArchivePlace.alone(path))


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


def own_site(out: Path) -> tuple[Exhibit, str]:
    """Import a site's export, learn from the links in its texts, and return a block and what was learned."""
    path = out / "export.xml"
    path.write_text(export(), "utf-8")
    with open_or_create(out / "site") as recommender:
        found = (item for item in read_source(path, Options()) if isinstance(item, Found))
        with progress("importing an export", POSTS) as done:
            recommender.add(map(linked, found), on_done=done)
    with Archive.open(ArchivePlace.alone(out / "site")) as archive:
        learned = tuned(Engine(archive)).to_text()
    items = [linked(item) for item in read_source(path, Options()) if isinstance(item, Found)]
    stories = {story.url: story for story in items}

    def earlier(story: Story) -> tuple[Story, ...]:
        targets = (stories[link.target] for link in story.links if link.target in stories)
        return tuple(target for target in targets if target.published <= story.published)

    story = max((s for s in items if len(earlier(s)) >= MANY_LINKS), key=lambda s: s.published)
    by_hand = earlier(story)
    with Recommender.open(ArchivePlace.alone(out / "site")) as recommender:
        block = recommender.related(story.id, k=SLOTS)
    exhibit = Exhibit(
        story=story, block=block, reference=by_hand, reference_title="Linked in the text of the export"
    )
    return exhibit, learned


def export() -> str:
    """Return some neighbouring stories of digital.gov as WordPress exports them, in HTML with their links."""
    rows = sorted(map(json.loads, FILES[0].read_text("utf-8").splitlines()), key=lambda row: row["published"])
    rows = rows[FIRST_POST : FIRST_POST + POSTS]
    address = {row["id"]: row["url"] for row in rows}
    links = defaultdict(list)
    for link in map(json.loads, LINKS.read_text("utf-8").splitlines()):
        if link["target"] in address and link["anchor"]:
            links[link["source"]].append((address[link["target"]], link["anchor"]))
    posts = (
        item(
            number,
            headline=row["headline"],
            deck=row.get("deck", ""),
            body=as_html(row, links[row["id"]]),
            link=row["url"],
            guid=row["id"],
            time=parse_time(row["published"]).strftime("%Y-%m-%d %H:%M:%S"),
        )
        for number, row in enumerate(rows, start=1)
    )
    return "".join([HEAD, *posts, END])


if __name__ == "__main__":
    main()
