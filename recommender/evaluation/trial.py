"""What weights learned from the older links do on the newest. Knows no archive and no files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.storage.background import Check
from recommender.errors import RankerError
from recommender.evaluation.metrics import BLOCK, Floats, gains, interval, ndcg, resampled
from recommender.ranking.model import ranked
from recommender.ranking.training import LEAST_LINKS, LabelledQuestion, believed, tuned
from recommender.ranking.weights import Ranker

PULL = 200.0
"""L2 towards the start: what keeps few links from doing harm. On six publishers 60 to 300 differ by .003;
with 30, few links lost up to .03 (docs/ranking.md)."""

TRAINED = 0.7
"""Share of the questions, the oldest, that weights are learned from before they are tried on the rest."""

SURE = 0.8
"""Share of the bootstrap samples in which new weights must do better, or nothing is written. The pull makes a
material loss unlikely; a gain that is no more than chance is not worth another set of weights."""


@dataclass(frozen=True, eq=False)
class Trial:
    """What tuning did on the newest questions, which it had not seen.

    Attributes
    ----------
    before, after : (q,) float64
        nDCG@5 of each held-out question: by the weights that were started from, with earlier links believed
        as far as they have told later ones (`training.believed`), and by those that were learned.
    questions, links : int
        How many the weights were learned from.
    """

    before: Floats
    after: Floats
    questions: int
    links: int

    @property
    def won(self) -> bool:
        """Whether the new weights are better, and not by chance alone."""
        if not len(self.after):
            return False
        means = (self.after - self.before)[resampled(len(self.after))].mean(axis=1)
        return float((means > 0).mean()) >= SURE

    def figures(self) -> dict[str, object]:
        """Return the means and their intervals, ready for JSON."""
        named = self._values()
        held: dict[str, object] = {
            "questions": self.questions,
            "links": self.links,
            "held_out": len(self.after),
        }
        for name, values in named.items():
            held[name] = float(values.mean()) if len(values) else 0.0
            held[f"{name}_ci"] = list(self.interval(name))
        return held | {"won": self.won}

    def interval(self, name: str) -> tuple[float, float]:
        """Return the 95 % interval of ``before``, ``after`` or ``difference``."""
        values = self._values()[name]
        return interval(values, resampled(len(values))) if len(values) else (0.0, 0.0)

    def _values(self) -> dict[str, Floats]:
        return {"before": self.before, "after": self.after, "difference": self.after - self.before}


def learn(
    questions: Sequence[LabelledQuestion], start: Ranker, version: str, check: Check | None = None
) -> Ranker:
    """Return a publisher's own weights, learned from ``start`` as far as earlier links are believed by it.

    Raises
    ------
    RankerError
        When there are fewer than `LEAST_LINKS` links.
    """
    links = _enough(questions)
    return _learned(questions, links, believed(questions, start), version, check)


def _enough(questions: Sequence[LabelledQuestion]) -> int:
    """Return how many links there are to learn from."""
    links = _links(questions)
    if links < LEAST_LINKS:
        raise RankerError(
            f"{links} links from stories to earlier ones are too few to learn from; tuning needs "
            f"{LEAST_LINKS}: give more with --links, or go on with the weights you have"
        )
    return links


def _links(questions: Sequence[LabelledQuestion]) -> int:
    return int(sum(float(question.counting.sum()) for question in questions))


def _learned(
    questions: Sequence[LabelledQuestion], links: int, start: Ranker, version: str, check: Check | None
) -> Ranker:
    provenance = {
        "started_from": start.model.version,
        "questions": len(questions),
        "links": links,
        "loss": "listwise softmax, L2 towards the start",
        "by": "related tune",
    }
    return tuned(questions, start, version, provenance, PULL, check)


def tried(questions: Sequence[LabelledQuestion], start: Ranker, check: Check | None = None) -> Trial:
    """Learn from the oldest `TRAINED` of the questions, which are in order of time, and try the rest.

    Raises
    ------
    RankerError
        When all have fewer than `LEAST_LINKS` links together.
    """
    _enough(questions)
    first = round(TRAINED * len(questions))
    links = _links(questions[:first])
    early = questions[:first]
    late = [each for each in questions[first:] if each.is_chosen] or questions[first:]
    start = believed(early, start)
    own = _learned(early, links, start, "trial", check)
    return Trial(agreement(late, start), agreement(late, own), first, links)


def agreement(questions: Sequence[LabelledQuestion], ranker: Ranker) -> Floats:
    """Return nDCG@5 of each question, by score alone."""
    model = ranker.model
    orders: list[NDArray[np.int64]] = [ranked(each.features @ model.values(each.known)) for each in questions]
    right = [np.flatnonzero(question.judged).tolist() for question in questions]
    return ndcg(gains(orders, right), np.array([question.right for question in questions], np.int64), BLOCK)
