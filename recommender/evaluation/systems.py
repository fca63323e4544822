"""What is measured: the engine in its forms, and what one would do without it. Knows no figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.embedding import Embedder
from recommender.engine.engine import Engine
from recommender.evaluation import baselines
from recommender.evaluation.case import Case
from recommender.evaluation.ours import Ours, SystemAnswer
from recommender.evaluation.served import Served
from recommender.evaluation.trial import TRAINED, learn
from recommender.ranking.model import HAND_SET

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

System = Callable[[int, bool], NDArray[np.int64]]
"""Takes a story and whether only earlier ones count; returns the best stories, best first."""

OURS = "ours"
HISTORY = "ours_history"
"""With the links of earlier stories; `OURS` reads none."""

HAND_SET_SUM, TFIDF = "hand_set", "tfidf"
LATE, TUNED, HAND_SET_LATE = "ours_late", "ours_tuned", "hand_set_late"
"""On the newest questions alone, links read: weights as they are, tuned on the older questions, by hand."""

SERVED, SERVED_EARLIER = "served", "served_earlier"
"""What stands on a page, past the floor and the language rule, links read: with later stories, as the setting
`follow_ups` has it, and without."""

NEWEST = frozenset({LATE, TUNED, HAND_SET_LATE})
"""Never to be compared with the others: other questions."""

DRAFTS = ("ours_draft", "ours_history_draft", "tfidf_draft")
"""Where the words on which links will stand are left in all texts, as in a draft: easier questions."""

COMPARED = (OURS, HISTORY, SERVED_EARLIER, "recency", TFIDF, "bm25", "first_attempt_past")
"""What is looked at year by year and tag by tag; the others are variants of these."""


def all_systems(ours: Ours, history: Ours, embedder: Embedder) -> tuple[dict[str, System], csr_matrix]:
    """Return what is compared on all questions, and the rows by which near-copies are told."""
    case = ours.case
    tfidf = baselines.tfidf_rows(case)
    first, first_past = baselines.first_attempts(case, embedder)
    systems: dict[str, System] = {
        OURS: ours,
        HISTORY: history,
        SERVED: Served(history, follow_ups=True),
        SERVED_EARLIER: Served(history, follow_ups=False),
        HAND_SET_SUM: Ours(case, ours.engine, HAND_SET),
        "recency": baselines.recency(case),
        TFIDF: baselines.inner(case, tfidf, tfidf),
        "bm25": baselines.bm25(case),
        "first_attempt": first,
        "first_attempt_past": first_past,
    }
    return systems, tfidf


def draft_systems(case: Case, engine: Engine) -> dict[str, System]:
    """Return what is asked with the words of anchors in the texts; the case is otherwise the same."""
    rows = baselines.tfidf_rows(case)
    asked = (Ours(case, engine), Ours(case, engine, history=True), baselines.inner(case, rows, rows))
    return dict(zip(DRAFTS, asked, strict=True))


def late_systems(case: Case, engine: Engine) -> dict[str, System]:
    """Return what is compared on the newest questions, the tuned weights among them."""
    asked = Ours(case, engine, history=True)
    older, _ = parted(case)
    own = learn([asked.question(query) for query in older], engine.ranker, "tuned")
    return {
        HAND_SET_LATE: Ours(case, engine, HAND_SET),
        LATE: asked,
        TUNED: Ours(case, engine, own.model, history=True),
    }


def parted(case: Case) -> tuple[list[int], list[int]]:
    """Return the oldest queries, to learn from, and the newest, to measure on."""
    by_time = sorted(case.relevant, key=lambda query: (case.published[query], query))
    first = round(TRAINED * len(by_time))
    return by_time[:first], by_time[first:]


def answer(system: System, story: int) -> SystemAnswer:
    """Return what a system says of a story, earlier ones alone."""
    return system.answer(story) if isinstance(system, Ours) else SystemAnswer(system(story, True))
