"""How good an archive's blocks are by its own links: over time, against baselines, with intervals.

Knows no doors.

What needs no link is measured of every archive: what editors think, months, reach. For the rest, what stands
in the archive is asked as it would have been on its day, the words of its links masked, and
ranked by the weights in use, by those that they started from, and by two baselines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from index.storage.background import Check
from index.storage.file_checks import read
from index.storage.files import PRIVATE, replacing
from recommender.archive.click_appeals import where_on
from recommender.archive.learned_weights import LearnedWeights
from recommender.archive.private_files import DERIVED
from recommender.archive.weights_journal import now, told
from recommender.engine.engine import Engine
from recommender.evaluation import metrics
from recommender.evaluation.graded import Mean, RatedFigures
from recommender.evaluation.rated_ranking import rated_figures
from recommender.evaluation.trends import LearnedVersion, Month, Reach, learned_versions, months, reach
from recommender.evaluation.tuning import (
    anchors_of,
    masked,
    pool_of,
    right_of,
    start_of,
    unhurried,
    weights_of,
)
from recommender.ranking.calibration import REACH, reliability
from recommender.ranking.features import matrix
from recommender.ranking.pool import Pool
from recommender.ranking.training import LabelledQuestion
from recommender.ranking.weights import Ranker

FILE = "quality.json"  # below what is derived
MOST = 400  # stories with links that are asked about, the newest: some minutes beside other work
LEAST = 10  # stories below which a mean says nothing
PERIODS = 8  # equally many stories each
PERIOD = 15  # stories of a period at least
WORST = 20

OURS, START, WORDS, NEWEST = "in use", "shipped", "same words", "newest"
SYSTEMS = (OURS, START, WORDS, NEWEST)


class Period(msgspec.Struct, frozen=True):
    """What the stories of a stretch of time say: first and last day, how many, nDCG@5 by system."""

    first: int
    last: int
    stories: int
    means: dict[str, Mean]


class Worst(msgspec.Struct, frozen=True):
    """A story whose ranking agrees least with its writer."""

    id: str
    agreement: float
    links: tuple[str, ...]
    ranked: tuple[str, ...]


class Quality(msgspec.Struct, frozen=True):
    """What was measured.

    Attributes
    ----------
    made : str
        When, RFC 3339.
    ranker, start : str
        Versions of the weights in use, and of those that they started from.
    stories, links : int
        How many stories with links were asked about, and how many earlier stories they link to.
    learned_until : int
        When the newest story was published that the weights in use were learned from, epoch seconds; 0 where
        they learned nothing here. What is older they have seen.
    means : dict
        nDCG@5 by system; empty where nothing was asked.
    gains : dict
        By how much the weights in use are above each other system, paired.
    periods : tuple of Period
        The oldest first.
    reliability : tuple of dict
        What was said of a link's probability, and what was so: ``said``, ``so``, ``slots``.
    weights : dict
        What is known of the archive's own weights; see `weights_journal.told`.
    drift : float
        By how much the share of words that the lexical model does not know has risen since it was fitted.
    worst : tuple of Worst
    exposure : tuple of (str, str)
        How the stored blocks stand, in words.
    rated : RatedFigures or None
        What editors think of blocks; None where they have rated too few.
    months, versions : tuple
        Words and scores by month, and the weights that the archive has learned.
    reach : Reach or None
        How evenly blocks link.
    missing : str
        What is missing for the figures by links; empty where they were measured.
    """

    made: str
    ranker: str
    start: str
    learned_until: int
    weights: dict[str, object]
    drift: float
    stories: int = 0
    links: int = 0
    means: dict[str, Mean] = {}
    gains: dict[str, Mean] = {}
    periods: tuple[Period, ...] = ()
    reliability: tuple[dict[str, float], ...] = ()
    worst: tuple[Worst, ...] = ()
    exposure: tuple[tuple[str, str], ...] = ()
    rated: RatedFigures | None = None
    months: tuple[Month, ...] = ()
    versions: tuple[LearnedVersion, ...] = ()
    reach: Reach | None = None
    missing: str = ""


@dataclass
class _Asked:
    """What came of each question, in order of time."""

    nums: list[int] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in SYSTEMS})
    ranked: list[list[int]] = field(default_factory=list)
    said: list[NDArray[np.float64]] = field(default_factory=list)
    so: list[NDArray[np.bool_]] = field(default_factory=list)


def measure(engine: Engine, most: int = MOST, check: Check = unhurried) -> Quality:
    """Measure an archive by what its editors think, and by the links that it holds.

    Parameters
    ----------
    engine : Engine
        Open on the archive.
    most : int
        Stories with links, the newest.
    check : callable
        Called between pieces of the work; may wait, or raise to end it.
    """
    view = engine.archive.catch_up()
    start, ranker = start_of(engine.settings), engine.ranker
    journal = LearnedWeights(engine.archive).journal()
    held = journal.in_use
    since = int(datetime.fromisoformat(held.made).timestamp()) if held else None
    found = Quality(
        made=now(),
        ranker=ranker.model.version,
        start=start.model.version,
        learned_until=held.newest if held else 0,
        weights=told(journal, engine.archive.link_graph().to_earlier)
        | where_on(engine.archive.catalog, engine.settings),
        drift=float(view.hybrid.drift(view.store)) if view.hybrid is not None else 0.0,
        rated=rated_figures(engine, {OURS: ranker, START: start}, check, since),
        months=months(engine.archive, check),
        versions=learned_versions(journal),
        reach=reach(engine.archive, int(engine.clock())),
    )
    return _by_links(found, engine, start, most, check)


def _by_links(found: Quality, engine: Engine, start: Ranker, most: int, check: Check) -> Quality:
    """Return it with the figures by links, or with what is missing for them."""
    view, ranker, asked = engine.archive.view, engine.ranker, _Asked()
    graph, right = right_of(engine, most) if view.hybrid is not None else (None, {})
    if graph is None or len(right) < LEAST:
        missing = (
            f"{len(right)} stories link to earlier ones; a measurement by links needs {LEAST}: import links, "
            "or stories with links in their texts"
        )
        return structs.replace(found, missing=missing)
    for num, source in masked(engine, right, anchors_of(engine, right, None), check).items():
        check()
        pool, targets = pool_of(engine, graph, num, source), np.array(right[num], np.int64)
        if len(pool):
            question = LabelledQuestion.of(pool, targets, weights_of(graph, num, targets))
            _ask(asked, num, pool, question, ranker, start)
    if not asked.nums:
        missing = (
            "none of the stories with links has earlier ones to choose among; see whether times are right"
        )
        return structs.replace(found, missing=missing)
    published = np.asarray(view.store.column("published")[asked.nums], np.int64)
    values = {name: np.array(some) for name, some in asked.values.items()}
    return structs.replace(
        found,
        stories=len(asked.nums),
        links=sum(len(right[num]) for num in asked.nums),
        means=_means(values),
        gains={name: _mean(values[OURS] - values[name]) for name in SYSTEMS if name != OURS},
        periods=_periods(published, values),
        reliability=_reliability(asked) if ranker.calibration else (),
        worst=_worst(engine, asked, values[OURS], right),
    )


def _ask(
    asked: _Asked, num: int, pool: Pool, question: LabelledQuestion, ranker: Ranker, start: Ranker
) -> None:
    rows = matrix(pool, ranker.model.features)
    ours = ranker.model.scores(rows, pool.known_links)
    scores = {
        OURS: ours,
        START: start.model.scores(matrix(pool, start.model.features), pool.known_links),
        WORDS: pool.word_cosines,
        NEWEST: pool.column("published"),
    }
    hits = np.flatnonzero(question.judged).tolist()
    orders = {name: np.argsort(-np.asarray(some, np.float64), kind="stable") for name, some in scores.items()}
    for name, order in orders.items():
        found = metrics.ndcg(metrics.gains([order], [hits]), np.array([question.right]), metrics.BLOCK)
        asked.values[name].append(float(found[0]))
    asked.nums.append(num)
    asked.ranked.append(pool.nums[orders[OURS][: metrics.BLOCK]].tolist())
    best = orders[OURS][:REACH]
    asked.said.append(np.asarray(ranker.calibrated(ours), np.float64)[best])
    asked.so.append(question.linked[best])


def _mean(values: NDArray[np.float64]) -> Mean:
    return Mean(float(values.mean()), *metrics.interval(values, metrics.resampled(len(values))))


def _means(values: Mapping[str, NDArray[np.float64]]) -> dict[str, Mean]:
    return {name: _mean(some) for name, some in values.items()}


def _periods(published: NDArray[np.int64], values: Mapping[str, NDArray[np.float64]]) -> tuple[Period, ...]:
    """Return equally many stories each, in order of time."""
    count = max(1, min(PERIODS, len(published) // PERIOD))
    parts = np.array_split(np.argsort(published, kind="stable"), count)
    return tuple(
        Period(
            int(published[part[0]]), int(published[part[-1]]), len(part),
            _means({name: some[part] for name, some in values.items()}),
        )
        for part in parts
    )  # fmt: skip


def _reliability(asked: _Asked) -> tuple[dict[str, float], ...]:
    return tuple(reliability(np.concatenate(asked.said), np.concatenate(asked.so)))


def _worst(
    engine: Engine, asked: _Asked, agreement: NDArray[np.float64], right: Mapping[int, Sequence[int]]
) -> tuple[Worst, ...]:
    """Return the stories that agree least; of equal ones those with the most links, then the newest."""
    order = sorted(
        range(len(asked.nums)), key=lambda i: (agreement[i], -len(right[asked.nums[i]]), -i)
    )[:WORST]  # fmt: skip
    nums = [num for i in order for num in (asked.nums[i], *right[asked.nums[i]], *asked.ranked[i])]
    ids = engine.archive.catalog.ids_of(set(nums))

    def named(some: Sequence[int]) -> tuple[str, ...]:
        return tuple(ids[num] for num in some if num in ids)

    return tuple(
        Worst(ids[asked.nums[i]], float(agreement[i]), named(right[asked.nums[i]]), named(asked.ranked[i]))
        for i in order
        if asked.nums[i] in ids
    )


def save(archive: Path, quality: Quality) -> None:
    """Keep what was measured, in place of what was before."""
    path = archive / DERIVED / FILE
    with replacing(path, PRIVATE) as file:
        file.write(msgspec.json.encode(quality))


def load(archive: Path) -> Quality | None:
    """Return what was measured last; None where nothing was, or it cannot be read."""
    try:
        return msgspec.json.decode(read(archive / DERIVED / FILE), type=Quality)
    except (OSError, msgspec.DecodeError):
        return None
