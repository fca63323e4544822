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
from recommender.query import Recommender
from recommender.settings import Settings

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

System = Callable[[int, bool], NDArray[np.int64]]
"""Takes a story and whether only earlier ones count; returns the best stories, best first."""

OURS = "ours"
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

    Raises
    ------
    SourceError
        When a file cannot be read or gives no query.
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
        return compared(case, ours, systems, likeness)


def _systems(case: Case, ours: Ours, embedder: Embedder) -> tuple[dict[str, System], csr_matrix]:
    tfidf = baselines.tfidf_rows(case)
    first, first_past = baselines.first_attempts(case, embedder)
    systems: dict[str, System] = {
        OURS: ours,
        "recency": baselines.recency(case),
        "tfidf": baselines.inner(case, tfidf, tfidf),
        "bm25": baselines.bm25(case),
        "first_attempt": first,
        "first_attempt_past": first_past,
    }
    return systems, tfidf


def compared(case: Case, ours: Ours, systems: Mapping[str, System], likeness: csr_matrix) -> Evaluation:
    """Run every system on every query and on a sample of blocks, and put the figures side by side."""
    queries = list(case.relevant)
    samples = metrics.resampled(len(queries))
    values = {
        name: _per_query(case, [system(query, True) for query in queries]) for name, system in systems.items()
    }
    sample = np.unique(np.linspace(0, len(case.stories) - 1, MOST_BLOCKS).astype(np.int64))
    figures = {}
    for name, system in systems.items():
        free = _per_query(case, [system(query, False) for query in queries])
        unfiltered = {"ndcg@5_unfiltered": float(free["ndcg@5"].mean())}
        blocks = {int(story): system(int(story), True)[: metrics.BLOCK] for story in sample}
        figures[name] = metrics.summary(values[name], samples) | unfiltered | exposure(case, blocks, likeness)
    candidates: dict[str, object] = {"recall": candidate_recall(ours, queries)}
    if len(case.stories) <= SCORE_ALL_UP_TO:
        everything = _per_query(case, [ours.of_all(query) for query in queries])
        candidates["ndcg@5_all_scored"] = float(everything["ndcg@5"].mean())
    return Evaluation(case.counts, figures, _paired(values, samples), candidates, len(sample))


def _per_query(case: Case, orders: Sequence[NDArray[np.int64]]) -> dict[str, metrics.Floats]:
    right = list(case.relevant.values())
    return metrics.per_query(metrics.gains(orders, right), np.array([len(each) for each in right]))


def _paired(
    values: Mapping[str, Mapping[str, metrics.Floats]], samples: NDArray[np.int64]
) -> dict[str, dict[str, object]]:
    out: dict[str, dict[str, object]] = {}
    for name, each in values.items():
        if name != OURS:
            difference = values[OURS]["ndcg@5"] - each["ndcg@5"]
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
