"""From pools with right answers to weights. Knows no archive and no files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.storage.background import Check
from recommender.errors import RankerError
from recommender.ranking.features import LEARNED, RELATIVE, matrix
from recommender.ranking.learning import HELD, L2, CandidateLists, deviations, fit
from recommender.ranking.model import LinearModel, Scale, Weight, scaled
from recommender.ranking.pool import Pool
from recommender.ranking.weights import Ranker

Floats = NDArray[np.float64]

BELIEFS = (1.0, 0.75, 0.5, 0.25, 0.0)
"""How far a publisher's earlier links may be believed. Where writers link what was never linked before, what
they linked tells nothing; few values are enough, since none loses much to its neighbours."""

DOUBT = 3.0
"""What it takes (log likelihood) to disbelieve in all earlier links, and half of it in half."""

HALF_LIFE = 0.6
"""A question that so large a share of a publisher's questions is newer than teaches it half: what its writers
link changes, and the next story is like the newest. From .3 to 1 do equally well (docs/ranking.md)."""

LEAST_LINKS = 25
"""From so many links on a publisher's own weights take most of what there is to gain."""

UNRELATED = 7.0
"""As so many stories that are not linked one counts that editors rated unrelated. Writers link few of what
they could: of the slots that are shown, six of seven are acceptable to a reader of both stories
(docs/ranking.md), so that a missing link tells a seventh of what such a rating does."""

ACCEPTABLE = 0.0
"""The same of a story that editors rated acceptable: it is no link, and its not being one is no fault."""

SCALES = tuple(Scale.DEVIATION if name in RELATIVE else Scale.NONE for name in LEARNED)

_FREE = frozenset({"same_kind", "opinion", "live"})
_FALLING = frozenset({"same_template"})
_HELD = frozenset({"fading_recency", "same_series"})
SIGNS = np.array(
    [HELD if name in _HELD else 0 if name in _FREE else -1 if name in _FALLING else 1 for name in LEARNED]
)
"""What is known before any link is seen: likeness, nearness and earlier links speak for a story."""

PRIOR: Mapping[str, float] = {"opinion": -0.5, "fading_recency": 0.7, "same_series": 1.0}
"""Weights that the training data cannot teach, where the best candidate has a score of about eight.

Opinion: the judges of TREC News (2018 to 2021) were told to leave it out of the background; half a unit
takes a story back by a few places and no further. Fading recency: how much age matters differs between
publishers more than all else. Learned, it is .55; .7 costs those that teach nothing while no link is known
(1.0 costs .007), keeps a daily's own news above what is years old, and is what the hand-set sum has.
Series: of 27 pairs the writers of digital.gov link most and those of 18F, whose pages list the parts,
hardly any; who reads part 2 wants part 1.
"""


@dataclass(frozen=True, eq=False)
class LabelledQuestion:
    """A story's candidates, and which of them its writer linked.

    Attributes
    ----------
    features : (n, F) float32
        On their scales, in the order of `LEARNED`.
    linked : (n,) bool
    right : int
        How many stories the writer linked, be they among the candidates or not; in a long list as well as
        elsewhere, elsewhere.
    known : int
        How many earlier links may be read.
    worth : (n,) float32, optional
        What each link counts, where that is not 1 of all; 0 where there is none.
    against : (n,) float32, optional
        As how many stories each one that is not linked counts, where editors have rated some.
    """

    features: NDArray[np.float32]
    linked: NDArray[np.bool_]
    right: int
    known: int = 0
    worth: NDArray[np.float32] | None = None
    against: NDArray[np.float32] | None = None

    @classmethod
    def of(
        cls, pool: Pool, right: NDArray[np.int64], weights: NDArray[np.float32] | None = None
    ) -> LabelledQuestion:
        """Look at a pool with the ``right`` answers (nums) in mind, and what they count if not 1 each."""
        rows, linked = scaled(matrix(pool), SCALES), np.isin(pool.nums, right)
        worth, chosen = None, len(right)
        if weights is not None and (weights < 1).any():
            chosen = int((weights >= 1).sum()) or len(right)
            worth = np.zeros(len(linked), np.float32)
            counts = dict(zip(right.tolist(), weights.tolist(), strict=True))
            worth[linked] = [counts[num] for num in pool.nums[linked].tolist()]
        return cls(rows, linked, chosen, pool.known_links, worth)

    @property
    def counting(self) -> NDArray[np.bool_ | np.float32]:
        """What each link counts, (n,); 0 where there is none."""
        return self.linked if self.worth is None else self.worth

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Which candidates are right where a ranking is judged, (n,): by links that count 1, if any."""
        return np.asarray(self.worth >= 1) if self.worth is not None and self.is_chosen else self.linked

    @property
    def is_chosen(self) -> bool:
        """Whether more than the links of a long list tell what is right."""
        return self.worth is None or bool((self.worth >= 1).any())


@dataclass(frozen=True, eq=False)
class Teacher:
    """A publisher's questions, as they are asked with the links of the past, and without.

    Attributes
    ----------
    linked, unlinked : sequence of LabelledQuestion
    """

    linked: Sequence[LabelledQuestion]
    unlinked: Sequence[LabelledQuestion]


def learned(teachers: Sequence[Teacher], version: str, provenance: Mapping[str, Any]) -> Ranker:
    """Return weights for a publisher not seen; each publisher that taught them counts equally.

    A publisher whose links are known and one whose links are not are served by weights of their own.
    """
    prior = np.array([PRIOR.get(name, 0.0) for name in LEARNED])
    linked, unlinked = (
        [_lists(questions) for questions in each]
        for each in zip(*((teacher.linked, teacher.unlinked) for teacher in teachers), strict=True)
    )
    deviation = deviations(linked)
    weights = fit(linked, deviation, SIGNS, prior)
    without = fit(unlinked, deviations(unlinked), SIGNS, prior)
    told = {**provenance, "l2": L2}
    return _ranker(weights, without.tolist(), deviation, [*linked, *unlinked], version, told)


def tuned(
    questions: Sequence[LabelledQuestion],
    start: Ranker,
    version: str,
    provenance: Mapping[str, Any],
    l2: float,
    check: Check | None = None,
) -> Ranker:
    """Return a publisher's own weights, pulled towards those of ``start`` by ``l2``.

    The questions are in order of time, and newer ones teach more. Each teaches the weights for many links and
    those for none by the part that they have in its answer. `check`, called at each step, may wait, or raise
    to end it.

    Raises
    ------
    RankerError
        When ``start`` has other features or scales than are learned.
    """
    model, width = start.model, len(LEARNED)
    if not teachable(model):
        raise RankerError(
            f"the weights {model.version} are of an older form, from which none can be learned; start from "
            "the shipped ones: leave the setting ranker out"
        )
    deviation = np.array(start.deviations)
    parts = CandidateLists.of(
        [
            (_parted(each, model), each.counting * worth)
            for each, worth in zip(questions, worth_by_age(len(questions)), strict=True)
        ],
        2 * width,
        [each.against for each in questions],
    )
    prior = np.concatenate([model.linked, model.unlinked]).astype(np.float64)
    both = fit([parts], np.tile(deviation, 2), np.tile(SIGNS, 2), prior, l2, check)
    told = {**provenance, "l2": l2, "half_life": HALF_LIFE}
    own = _ranker(both[:width], both[width:].tolist(), deviation, [_lists(questions)], version, told)
    return replace(own, model=replace(own.model, history=model.history))


def believed(questions: Sequence[LabelledQuestion], start: Ranker) -> Ranker:
    """Return weights that believe in earlier links as far as these have told the publisher's later ones."""
    if not teachable(start.model):
        return start
    evidence = sum((likelihoods(each, start.model) for each in questions), np.zeros(len(BELIEFS)))
    return replace(start, model=replace(start.model, history=belief(evidence)))


def belief(evidence: Floats) -> float:
    """Return how far earlier links are to be believed, by the summed `likelihoods` of past questions."""
    return float(BELIEFS[np.argmax(evidence - DOUBT * (1 - np.array(BELIEFS)))])


def likelihoods(question: LabelledQuestion, model: LinearModel) -> Floats:
    """Return how likely the links are (log) at each of `BELIEFS`; of long lists nothing is said."""
    linked = question.judged
    if not question.is_chosen or not linked.any() or linked.all():
        return np.zeros(len(BELIEFS))
    values = np.stack([replace(model, history=each).values(question.known) for each in BELIEFS], axis=1)
    scores = (question.features @ values).astype(np.float64)
    power = np.exp(scores - scores.max(axis=0))
    others = power[~linked].sum(axis=0)
    return np.asarray(np.log(power[linked] / (others + power[linked])).sum(axis=0) / np.sqrt(linked.sum()))


def worth_by_age(questions: int) -> NDArray[np.float32]:
    """Return what the links of each question (n,) count, oldest first; questions count 1 in the mean."""
    halvings = np.arange(questions)[::-1] / (HALF_LIFE * max(questions, 1))
    shares = 0.5**halvings
    # A question counts by the root of what its links count.
    return np.asarray((shares / shares.mean()) ** 2 if questions else shares, np.float32)


def _parted(question: LabelledQuestion, model: LinearModel) -> NDArray[np.float32]:
    """Return features (n, 2 F) whose weighted sum is the score: for the weights for links, then for none."""
    return np.concatenate([share * question.features for share in model.shares(question.known)], axis=1)


def teachable(model: LinearModel) -> bool:
    """Return whether weights have the features and scales that are learned now."""
    return model.features == LEARNED and model.scales == SCALES


def _lists(questions: Sequence[LabelledQuestion]) -> CandidateLists:
    return CandidateLists.of([(each.features, each.counting) for each in questions], len(LEARNED))


def _ranker(
    weights: Floats,
    without: Sequence[float],
    deviation: Floats,
    lists: Sequence[CandidateLists],
    version: str,
    provenance: Mapping[str, Any],
) -> Ranker:
    rows = np.concatenate([each.features for each in lists])
    ranges = tuple(zip(rows.min(axis=0).tolist(), rows.max(axis=0).tolist(), strict=True))
    named = zip(LEARNED, weights.tolist(), SCALES, without, strict=True)
    model = LinearModel(version, tuple(Weight(*each) for each in named))
    return Ranker(model, tuple(deviation.tolist()), ranges, provenance=provenance)
