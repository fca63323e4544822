"""What each act on an archive costs in steps of SQLite's machine and in statements: no clock is asked.

`python -m tests.newsroom.counts STORIES [EMBEDDED]` prints it as JSON; all are embedded by default.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from recommender.catalog.comparisons import Comparisons, TeamClicks
from recommender.catalog.deliveries import Deliveries
from recommender.evaluation.learning import Learner
from recommender.newsroom import Newsroom
from tests.newsroom.grown import NOW, grown, one
from tests.newsroom.world import drain
from tests.plans import scans, statements, steps

BEFORE = "what every process does first"
FIRST_LOOK = "a first look of the learning thread"  # reads all ratings
COUNTED = "what waits"  # for a metric, once a minute: to count all blocks reads one index of them


class Cost(NamedTuple):
    """Steps by kind of statement, how many statements there were, and those that read a whole table."""

    steps: Counter[str]
    statements: int
    scans: list[str]


def acts(newsroom: Newsroom, count: int) -> dict[str, Callable[[], object]]:
    """Return what may be done to an archive, in order; what follows has to stand on what was done before."""
    deliveries, learner = Deliveries(newsroom.archive.catalog), Learner(newsroom.engine)
    clicks = Comparisons(newsroom.archive.catalog)

    def poll() -> None:
        newsroom.run_due()
        newsroom.refresh()
        newsroom.next_due()
        newsroom.bulk.work(0.1)

    return {
        BEFORE: lambda: [newsroom.publish(one(count + 1)), newsroom.block("s31"), drain(newsroom)],
        FIRST_LOOK: learner.look,
        "its next look": learner.look,
        "an idle poll": poll,
        "a publish": lambda: newsroom.publish(one(count + 8)),
        "what follows it": lambda: drain(newsroom),  # a poll alone does as much as it has time for
        COUNTED: newsroom.backlog,
        "an update": lambda: newsroom.publish(one(count + 8, headline="Another headline of it")),
        "a pin": lambda: newsroom.pin("s3", "s8", 1, "sports-desk"),
        "an exclusion": lambda: newsroom.exclude("s30", "s8", "sports-desk"),
        "a withdrawal": lambda: newsroom.withdraw("s20"),
        "a return": lambda: newsroom.restore("s20"),
        "a deletion": lambda: newsroom.delete("s22"),
        "a page": lambda: newsroom.block("s32"),
        "the same page": lambda: newsroom.block("s32"),
        "a rehearsal": lambda: newsroom.publish(one(count + 9), dry_run=True),
        "a choice of settings": lambda: newsroom.settings_desk.choose({"recency": 0.5}, "sports-desk"),
        "a comparison": lambda: newsroom.comparison_desk.start({"recency": 1}, "sports-desk"),
        "its clicks": lambda: clicks.add([TeamClicks(count + 1, "2033-05-01", "s40", "now", 2, 1)], 0),
        "its end": lambda: newsroom.comparison_desk.stop("sports-desk"),
        "the outbox": lambda: newsroom.purges(after=count),
        "a post": lambda: deliveries.claim(NOW + 100, 60, 100),
        "a look of the learning thread": learner.look,
    }


def costs(path: Path, count: int, embedded: int | None = None) -> dict[str, Cost]:
    """Return what each act costs in an archive of so many stories, which is made at a path: see `grown`."""
    found = {}
    with grown(path, count, embedded) as newsroom:
        for what, act in acts(newsroom, count).items():
            with steps() as taken, statements() as asked:
                act()
            found[what] = Cost(_by_kind(taken), asked.total(), scans(newsroom.archive.catalog, asked))
    return found


def _by_kind(taken: Counter[str]) -> Counter[str]:
    """Add up statements that differ by the length of a list only."""
    found: Counter[str] = Counter()
    for statement, count in taken.items():
        found[re.sub(r"\s+", " ", re.sub(r"\?(, \?)*", "?", statement))] += count
    return found


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        found = costs(Path(scratch) / "archive", *map(int, sys.argv[1:3]))
    told = {
        what: {"steps": cost.steps.total(), "statements": cost.statements} for what, cost in found.items()
    }
    print(json.dumps({what: counts for what, counts in told.items() if what != BEFORE}))
