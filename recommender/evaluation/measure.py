"""One measurement, top to bottom: read, mask, build an archive, rank with every system, compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.embedding import Embedder
from recommender.evaluation import baselines, metrics
from recommender.evaluation.case import Case, read_case
from recommender.evaluation.ours import Ours, candidate_recall
from recommender.evaluation.report import Evaluation
from recommender.evaluation.trial import TRAINED, learn
from recommender.query import Recommender
from recommender.ranking.model import HAND_SET
from recommender.settings import Settings

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

System = Callable[[int, bool], NDArray[np.int64]]
"""Takes a story and whether only earlier ones count; returns the best stories, best first."""

OURS = "ours"
HISTORY = "ours_history"
"""With the links of earlier stories; `OURS` reads none."""

HAND_SET_SUM = "hand_set"
LATE, TUNED, HAND_SET_LATE = "ours_late", "ours_tuned", "hand_set_late"
"""On the newest questions alone, links read: weights as they are, tuned on the older questions, by hand."""

NONE: Mapping[str, System] = {}
MOST_BLOCKS = 2000
"""From so many stories' blocks, evenly over the archive, the figures of exposure are taken."""

SCORE_ALL_UP_TO = 5000
"""In archives of up to so many stories the figure with every story scored is computed as well."""

COPY = 0.9
"""Two stories of this TF-IDF cosine are counted as near-copies (TREC News 2018 to 2021)."""


def evaluate(
    stories: Path,
    links: Path,
    settings: Settings | None = None,
    embedder: Embedder | None = None,
    on_done: Callable[[int], None] | None = None,
    *,
    tune: bool = False,
) -> Evaluation:
    """Measure agreement with a publisher's own links, in a temporary archive.

    Parameters
    ----------
    stories, links : Path
        JSON Lines of stories, and of links with source, target and anchor.
    settings : Settings, optional
        Those of the archive that is meant; past-only is always measured.
    embedder : Embedder, optional
        Instead of the one that the settings name.
    on_done : callable, optional
        Told how many more stories are embedded.
    tune : bool
        Learn the publisher's own weights from its older questions as well, and try them on the newest.

    Raises
    ------
    SourceError
        When a file cannot be read or gives no query.
    RankerError
        When there are too few links to tune on.
    """
    settings = settings or Settings()
    case = read_case(stories, links, settings.timezone)
    with (
        TemporaryDirectory(prefix="related-evaluate-") as directory,
        Recommender.create(
            Path(directory) / "archive", replace(settings, past_only=True), embedder
        ) as recommender,
    ):
        recommender.archive.add(case.stories, on_done)
        ours = Ours(case, recommender)
        systems, likeness = _systems(case, ours, recommender.archive.embedder)
        late = late_systems(case, recommender) if tune else {}
        return compared(case, ours, systems, likeness, late)


def late_systems(case: Case, recommender: Recommender) -> dict[str, System]:
    """Return what is compared on the newest questions, the tuned weights among them."""
    asked = Ours(case, recommender, history=True)
    older, _ = parted(case)
    own = learn([asked.question(query) for query in older], recommender.ranker, "tuned")
    return {
        HAND_SET_LATE: Ours(case, recommender, HAND_SET),
        LATE: asked,
        TUNED: Ours(case, recommender, own.model, history=True),
    }


def parted(case: Case) -> tuple[list[int], list[int]]:
    """Return the oldest queries, to learn from, and the newest, to measure on."""
    by_time = sorted(case.relevant, key=lambda query: (case.published[query], query))
    first = round(TRAINED * len(by_time))
    return by_time[:first], by_time[first:]


def _systems(case: Case, ours: Ours, embedder: Embedder) -> tuple[dict[str, System], csr_matrix]:
    tfidf = baselines.tfidf_rows(case)
    first, first_past = baselines.first_attempts(case, embedder)
    systems: dict[str, System] = {
        OURS: ours,
        HISTORY: Ours(case, ours.recommender, history=True),
        HAND_SET_SUM: Ours(case, ours.recommender, HAND_SET),
        "recency": baselines.recency(case),
        "tfidf": baselines.inner(case, tfidf, tfidf),
        "bm25": baselines.bm25(case),
        "first_attempt": first,
        "first_attempt_past": first_past,
    }
    return systems, tfidf


def compared(
    case: Case,
    ours: Ours,
    systems: Mapping[str, System],
    likeness: csr_matrix,
    late: Mapping[str, System] = NONE,
) -> Evaluation:
    """Run every system on every query and on a sample of blocks, and put the figures side by side."""
    queries, newest = list(case.relevant), parted(case)[1]
    figures, values = _figures(case, systems, queries, likeness)
    late_figures, late_values = _figures(case, late, newest, likeness)
    paired = _paired(values, OURS) | _paired(late_values, TUNED)
    candidates: dict[str, object] = {"recall": candidate_recall(ours, queries)}
    if len(case.stories) <= SCORE_ALL_UP_TO:
        everything = _per_query(case, queries, [ours.of_all(query) for query in queries])
        candidates["ndcg@5_all_scored"] = float(everything["ndcg@5"].mean())
    return Evaluation(case.counts, figures | late_figures, paired, candidates, len(_sample(case)))


def _figures(
    case: Case, systems: Mapping[str, System], queries: Sequence[int], likeness: csr_matrix
) -> tuple[dict[str, Mapping[str, object]], dict[str, dict[str, metrics.Floats]]]:
    """Return each system's figures, and its values for each query."""
    samples = metrics.resampled(len(queries))
    figures: dict[str, Mapping[str, object]] = {}
    values = {}
    for name, system in systems.items():
        values[name] = _per_query(case, queries, [system(query, True) for query in queries])
        free = _per_query(case, queries, [system(query, False) for query in queries])
        unfiltered = {"ndcg@5_unfiltered": float(free["ndcg@5"].mean())}
        blocks = {int(story): system(int(story), True)[: metrics.BLOCK] for story in _sample(case)}
        figures[name] = metrics.summary(values[name], samples) | unfiltered | exposure(case, blocks, likeness)
    return figures, values


def _sample(case: Case) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, len(case.stories) - 1, MOST_BLOCKS).astype(np.int64))


def _per_query(
    case: Case, queries: Sequence[int], orders: Sequence[NDArray[np.int64]]
) -> dict[str, metrics.Floats]:
    right = [case.relevant[query] for query in queries]
    return metrics.per_query(metrics.gains(orders, right), np.array([len(each) for each in right]))


def _paired(values: Mapping[str, Mapping[str, metrics.Floats]], ours: str) -> dict[str, dict[str, object]]:
    """Return by how much ``ours`` is above each of the others, with the interval of the paired bootstrap."""
    out: dict[str, dict[str, object]] = {}
    for name, each in values.items():
        if name != ours:
            difference = values[ours]["ndcg@5"] - each["ndcg@5"]
            samples = metrics.resampled(len(difference))
            out[name] = {
                "difference": float(difference.mean()),
                "ci": list(metrics.interval(difference, samples)),
            }
    return out


def exposure(case: Case, blocks: Mapping[int, NDArray[np.int64]], likeness: csr_matrix) -> dict[str, object]:
    """Return what a reader of all those blocks would see.

    Returns
    -------
    dict
        ``full_blocks`` (share), ``distinct_shown`` (stories), ``gini`` (of how often each story is shown),
        ``near_copies`` and ``future_links`` (slots).
    """
    shown = np.concatenate([np.zeros(0, np.int64), *blocks.values()])
    counts = np.bincount(shown, minlength=len(case.stories))
    return {
        "full_blocks": float(np.mean([len(block) == metrics.BLOCK for block in blocks.values()])),
        "distinct_shown": int((counts > 0).sum()),
        "gini": metrics.gini(counts),
        "near_copies": sum(_copies(likeness, story, block) for story, block in blocks.items()),
        "future_links": sum(int((~case.earlier(story)[block]).sum()) for story, block in blocks.items()),
    }


def _copies(likeness: csr_matrix, story: int, block: NDArray[np.int64]) -> int:
    """Return how many slots hold a near-copy of the story or of an earlier slot."""
    if not len(block):
        return 0
    rows = likeness[np.concatenate([[story], block])]
    alike = np.tril((rows @ rows.T).toarray() >= COPY, k=-1)
    return int(alike.any(axis=1).sum())
