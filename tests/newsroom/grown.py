"""An archive that has been in use for long: every table of its catalog that grows has rows of every story.

What the engine would take minutes for (blocks, what was posted, clicks) is written by statements.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recommender.catalog import StoryEntry
from recommender.newsroom import Newsroom
from recommender.story.story import Story
from tests.fakes import HashEmbedder
from tests.newsroom.world import WIDE, Clock, a_story

NOW = 2_000_000_000  # after all of its stories
LATEST = 20_000  # hours after the first story: none is of a day to come, which is refused
FILL = Path(__file__).with_suffix(".sql")


def one(number: int, **fields: object) -> Story:
    """Return one of an endless row of stories: twenty share a subject, and each has words of its own."""
    subject = " ".join(f"subject{number // 20}{letter}" for letter in "abcd")
    return a_story(f"s{number}", subject, hours=min(number, LATEST), **fields)


def grown(path: Path, count: int, embedded: int | None = None) -> Newsroom:
    """Return a newsroom over an archive of so many stories, and of as much of all else.

    All are embedded and indexed, or the first ``embedded``: statements find the rows of the others, too.
    """
    newsroom = Newsroom.create(path, replace(WIDE, diff_blocks=10), HashEmbedder(32), Clock(NOW))
    first = min(count, embedded or count)
    newsroom.archive.add(one(n) for n in range(1, first + 1))
    for start in range(first + 1, count + 1, 1000):
        entries = [StoryEntry(one(n), None) for n in range(start, min(start + 1000, count + 1))]
        newsroom.archive.catalog.write(entries, now=NOW)
    newsroom.block("s1")
    with newsroom.archive.catalog.snapshot() as connection:
        recipe, provenance = connection.exec_driver_sql("SELECT recipe, provenance FROM block").one()
    with newsroom.archive.catalog.transaction() as connection:
        values = {"now": NOW, "recipe": recipe, "provenance": provenance}
        for statement in FILL.read_text("utf-8").rstrip(";\n").split(";\n"):
            connection.exec_driver_sql(statement, values)
    newsroom.archive.catch_up()
    return newsroom
