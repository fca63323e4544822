"""Part "streams": publishers where recency rules, simulated: stories are mixed or moved, links are drawn."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from make_archive import DEMO, seed_vectors
from numpy.typing import NDArray
from synthetic import Material, Newsroom, Painter

from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.catalog import Catalog, StoryEntry
from recommender.evaluation import baselines
from recommender.evaluation.case import Case, LinkRow, make_case
from recommender.evaluation.metrics import Floats
from recommender.evaluation.trial import PULL
from recommender.ingest.jsonl import read_stories
from recommender.ranking.features import FEATURES
from recommender.ranking.weights import shipped
from recommender.settings import Settings
from recommender.story.story import Status, Story
from study.bench import OUT, SEEDS, WHOLE, Bench, change, kept, kept_archive, level, table
from study.tables import Linear, Table, tuned
from study.tried import gap_odds
from study.worth import as_shipped

AGENCY_STORIES = 12_000  # a hundred days at 120 a day
TRANSACTION = 256
MOST_QUERIES = 600  # of the oldest and of the newest, evenly: half a minute each

DAILY_A_DAY = 6
DAILY_START = datetime(2020, 1, 6, 6, tzinfo=UTC)
DAILY_LINKED = 0.6  # stories that link
DAILY_LINKS = (1, 2, 3)
DAILY_FADE = 4.0  # days: how fast a story is forgotten
DAILY_BASE = 0.02  # likeness that any two stories have
SEED = 11
ASKED = {**FEATURES, "gap_odds": gap_odds}
PERIODS = 5


# An agency: stories mixed from phrases, links to what came just before of the same event


def agency() -> Bench:
    """Return the synthetic newsroom's first hundred days, with vectors painted from those of the seeds."""
    newsroom = Newsroom(Material.read())
    stories = [newsroom.story(number) for number in range(AGENCY_STORIES)]
    held = {story.id: number for number, story in enumerate(stories) if story.status is Status.PUBLISHED}
    links = [
        LinkRow(story.id, link.target, link.anchor)
        for story in stories
        for link in story.links
        if story.id in held and link.target in held
    ]
    case = make_case([stories[number] for number in held.values()], links)
    return Bench("agency", case, _painted(newsroom, case, list(held.values())))


def _painted(newsroom: Newsroom, case: Case, numbers: Sequence[int]) -> Archive:
    path = OUT / "agency"
    if not (path / WHOLE).exists():
        with Catalog.open(DEMO / "catalog.sqlite", read_only=True) as catalog:
            model = catalog.model()
        if model is None:
            raise SystemExit(f"{DEMO} holds no vectors; run: make demo")
        painter = Painter(newsroom, seed_vectors(DEMO, newsroom.material))
        with Archive.create(ArchivePlace.alone(path), Settings()) as archive:
            archive.catalog.use_model(model, now=time.time())
            for first in range(0, len(numbers), TRANSACTION):
                rows = slice(first, first + TRANSACTION)
                entries = [
                    StoryEntry(story, painter.vectors(number))
                    for story, number in zip(case.stories[rows], numbers[rows], strict=True)
                ]
                archive.catalog.write(entries, now=time.time())
            archive.rebuild()
        (path / WHOLE).touch()
    return Archive.open(ArchivePlace.alone(path))


# A daily: real stories in their order, moved together in time, links drawn by likeness and age


def moved() -> list[Story]:
    """Return the stories of Wikinews in their order, `DAILY_A_DAY` a day."""
    items = (item for item in read_stories(SEEDS / "wikinews" / "articles.jsonl") if isinstance(item, Story))
    step = timedelta(days=1) / DAILY_A_DAY
    in_order = sorted(items, key=lambda story: (story.published, story.id))
    return [
        replace(story, published=DAILY_START + number * step, updated=None)
        for number, story in enumerate(in_order)
    ]


def odds(stories: Sequence[Story]) -> list[NDArray[np.float64]]:
    """Return for each story how probable each earlier one is as a target, in any unit.

    It is the TF-IDF cosine, and a little for any two stories, times exp(-age / `DAILY_FADE` days).
    """
    rows = baselines.tfidf_rows(make_case(stories, []))
    cosines = np.asarray((rows @ rows.T).todense(), np.float64)
    days = np.arange(len(stories), 0, -1) / DAILY_A_DAY
    return [
        (DAILY_BASE + cosines[number, :number]) * np.exp(-days[len(stories) - number :] / DAILY_FADE)
        for number in range(len(stories))
    ]


def drawn(stories: Sequence[Story], worth: Sequence[NDArray[np.float64]]) -> Iterator[LinkRow]:
    """Yield simulated links, by the `odds`."""
    rng = np.random.default_rng(SEED)
    for number, story in enumerate(stories):
        count = int(rng.choice(DAILY_LINKS)) if rng.random() < DAILY_LINKED else 0
        if count and number > count:
            chances = worth[number] / worth[number].sum()
            for target in rng.choice(number, count, replace=False, p=chances):
                yield LinkRow(story.id, stories[int(target)].id)


def daily() -> Bench:
    """Return Wikinews as a daily of a hundred and ten days."""
    stories = moved()
    case = make_case(stories, drawn(stories, odds(stories)))
    return Bench("daily", case, kept_archive("daily", case.stories))


def knowing(bench: Bench) -> Floats:
    """Return nDCG@5 of the newest queries of the daily by the very odds that its links were drawn with."""
    worth = odds(bench.case.stories)
    orders = [bench.nums[np.argsort(-worth[query], kind="stable")] for query in sampled(bench.newest)]
    return bench.agreement(sampled(bench.newest), orders)


# What the weights do there


def sampled(queries: Sequence[int]) -> list[int]:
    """Return at most `MOST_QUERIES` of them, evenly."""
    places = np.unique(np.linspace(0, len(queries) - 1, min(len(queries), MOST_QUERIES)).astype(np.int64))
    return [queries[int(place)] for place in places]


def compared(bench: Bench) -> tuple[dict[str, Floats], dict[str, Floats], list[int]]:
    """Return nDCG@5 of every system on the newest queries, that of two by period, and all queries asked."""
    old, new = sampled(bench.oldest), sampled(bench.newest)
    model = as_shipped(shipped())
    rows = baselines.tfidf_rows(bench.case)
    simple = {"recency": baselines.recency(bench.case), "TF-IDF": baselines.inner(bench.case, rows, rows)}
    found = {
        name: bench.agreement(new, [bench.nums[system(query)] for query in new])
        for name, system in simple.items()
    }
    tables = {
        links is not None: [
            Table.of(bench, {query: bench.pool(query, links) for query in part}, ASKED) for part in (old, new)
        ]
        for links in (None, bench.graph)
    }
    found["ours, no links"] = tables[False][1].agreement(model(tables[False][1]))
    found["ours, links"] = tables[True][1].agreement(model(tables[True][1]))
    own = tuned([tables[True][0]], model, PULL)
    found["ours, tuned"] = tables[True][1].agreement(own(tables[True][1]))
    odds_model = with_odds(model)
    found["ours, gap_odds"] = tables[True][1].agreement(odds_model(tables[True][1]))
    periods = {
        name: np.concatenate([each.agreement(weights(each)) for each in tables[history]])
        for name, weights, history in (
            ("no links", model, False),
            ("links", model, True),
            ("gap_odds", odds_model, True),
        )
    }
    return found, periods, [*old, *new]


def with_odds(model: Linear) -> Linear:
    """Return the weights with `tried.gap_odds` in the place of the two features that it would stand for."""
    gone = ("gap_prior", "fading_recency")
    kept_ = [i for i, name in enumerate(model.design.names) if name not in gone]
    design = model.design.without(gone).and_("gap_odds", relative=False)
    return Linear(design, np.append(model.weights[kept_], 1.0), np.append(model.deviation[kept_], 1.0))


def ages(bench: Bench) -> NDArray[np.float64]:
    """Return how old linked stories are, days."""
    pairs = [(query, target) for query, found in bench.case.relevant.items() for target in found]
    sources, targets = np.array(pairs, np.int64).T
    return np.asarray((bench.case.published[sources] - bench.case.published[targets]) / 86_400)


def main() -> None:
    """Print what every system does on both streams, and how the history helps as it grows."""
    lines, later = [], []
    for bench in (daily(), agency()):
        found, periods, asked = compared(bench)
        if bench.name == "daily":
            found["the odds of the simulation"] = knowing(bench)
        half, most = np.quantile(ages(bench), [0.5, 0.9])
        print(
            f"{bench.name}: {len(bench.nums)} stories, {len(bench.queries)} queries; half of all links "
            f"reach back {half:.1f} days or less, nine of ten {most:.1f}"
        )
        lines += [
            [bench.name, name, level(values), change(values, found["ours, links"])]
            for name, values in found.items()
        ]
        days = (bench.case.published[asked] - bench.case.published.min()) / 86_400
        for part in np.array_split(np.arange(len(asked)), PERIODS):
            before, after, odds_ = (each[part] for each in periods.values())
            span = f"{days[part[0]]:.0f} to {days[part[-1]]:.0f}"
            means = (f"{each.mean():.3f}" for each in (before, after))
            later.append([bench.name, span, *means, change(after, before), change(odds_, after)])
    print(table(("", "system", "nDCG@5, newest 30 %", "less ours with links"), lines))
    print(
        table(("", "days since the first story", "no links", "links", "change", "gap_odds less links"), later)
    )
    kept("streams", {"systems": lines, "periods": later})
