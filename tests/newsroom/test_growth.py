"""Each poll, publish, edit, page and post costs as much where there is five times as much of everything."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest

from recommender.catalog.comparisons import Comparisons, TeamClicks
from recommender.catalog.deliveries import Deliveries
from recommender.evaluation.learning import Learner
from recommender.newsroom import Newsroom
from tests.newsroom.grown import NOW, grown, one
from tests.plans import scans, statements, steps

FEW, MANY = 300, 1500
BEFORE = "what every process does first"
COUNTED = "what waits"  # for a metric, once a minute: to count all blocks reads one index of them
MORE, SOME = 2, 2000
"""How many times as many steps a statement may take, and how many more. To look at each story takes 3,600."""

Steps = Counter[str]


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
        BEFORE: lambda: [poll(), newsroom.publish(one(count + 1)), newsroom.block("s31"), learner.look()],
        "an idle poll": poll,
        "a publish": lambda: newsroom.publish(one(count + 8)),
        "a poll after it": poll,
        COUNTED: newsroom.backlog,
        "an update": lambda: newsroom.publish(one(count + 8, headline="Another headline of it")),
        "a pin": lambda: newsroom.pin("s3", "s8", 1, "sports-desk"),
        "an exclusion": lambda: newsroom.exclude("s30", "s8", "sports-desk"),
        "a withdrawal": lambda: newsroom.withdraw("s20"),
        "a return": lambda: newsroom.restore("s20"),
        "a deletion": lambda: newsroom.delete("s22"),
        "a page": lambda: newsroom.block("s32"),
        "a rehearsal": lambda: newsroom.publish(one(count + 9), dry_run=True),
        "a choice of settings": lambda: newsroom.settings_desk.choose({"recency": 0.5}, "sports-desk"),
        "a comparison": lambda: newsroom.comparison_desk.start({"recency": 1}, "sports-desk"),
        "its clicks": lambda: clicks.add([TeamClicks(count + 1, "2033-05-01", "s40", "now", 2, 1)], 0),
        "its end": lambda: newsroom.comparison_desk.stop("sports-desk"),
        "the outbox": lambda: newsroom.purges(after=count),
        "a post": lambda: deliveries.claim(NOW + 100, 60, 100),
        "a look of the learning thread": learner.look,
    }


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Steps]]:
    """Return what each act took, by statement, in a small archive and in a large one."""
    found = []
    for count in (FEW, MANY):
        with grown(tmp_path_factory.mktemp("grown") / "archive", count) as newsroom:
            done = {}
            for what, act in acts(newsroom, count).items():
                with steps() as taken, statements() as asked:
                    act()
                done[what] = taken
                if what not in (BEFORE, COUNTED):
                    assert scans(newsroom.archive.catalog, asked) == [], what
            found.append(done)
    return found


def test_no_statement_takes_more_steps_where_there_is_more(counted: list[dict[str, Steps]]) -> None:
    few, many = ({what: _by_kind(taken) for what, taken in each.items()} for each in counted)
    more = [
        f"{what}: {few[what][kind]} steps, then {taken}: {kind}"
        for what in few.keys() - {BEFORE}
        for kind, taken in many[what].items()
        if taken > few[what][kind] * MORE + SOME
    ]
    assert more == []
    assert sum(few["a publish"].values()) > 5_000  # or nothing was counted


def _by_kind(taken: Steps) -> Steps:
    """Add up statements that differ by the length of a list only."""
    found: Steps = Counter()
    for statement, count in taken.items():
        found[re.sub(r"\s+", " ", re.sub(r"\?(, \?)*", "?", statement))] += count
    return found
