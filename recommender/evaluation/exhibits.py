"""Blocks to look at: where the ranking agrees best with the writers, and where worst. Computes no figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from recommender.analysis.words import term_id
from recommender.evaluation.metrics import Floats
from recommender.evaluation.ours import Ours, Shown
from recommender.ranking.reader_text import ReaderText
from recommender.ranking.reasons import Why, why
from recommender.story.story import Story

EACH_END = 20
"""So many of the best and as many of the worst are shown: what one reads in a quarter of an hour."""


@dataclass(frozen=True, slots=True)
class ShownSlot:
    """A slot of ours: what stands in it, why, and whether the writer linked it too."""

    story: Story
    score: float
    why: Why
    hit: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """A story that the writer linked, and where it stands in our ranking.

    Attributes
    ----------
    story : Story
    place : int or None
        From 1; None where it is not among the `DEPTH` best.
    scored : bool
        Whether it was a candidate at all.
    """

    story: Story
    place: int | None
    scored: bool


@dataclass(frozen=True, slots=True)
class QuestionExhibit:
    """One question: our block beside the writer's own links, in the order of our ranking."""

    story: Story
    agreement: float
    slots: tuple[ShownSlot, ...]
    chosen: tuple[Chosen, ...]


@dataclass(frozen=True)
class Exhibits:
    """The best and the worst questions, the utmost first.

    Attributes
    ----------
    calibrated : bool
        Whether scores are probabilities.
    """

    best: tuple[QuestionExhibit, ...]
    worst: tuple[QuestionExhibit, ...]
    calibrated: bool


def exhibits(system: Ours, queries: Sequence[int], agreement: Floats) -> Exhibits:
    """Return the ends of the queries by nDCG@5 (queries,); of equals those of more links, then the newest."""
    case = system.case
    links = np.array([len(case.relevant[query]) for query in queries])
    published = case.published[list(queries)]
    fall = np.lexsort((-published, -links, -agreement))[:EACH_END]
    rise = np.lexsort((-published, -links, agreement))
    rise = rise[~np.isin(rise, fall)][:EACH_END]  # of few queries none is shown twice

    def shown(places: NDArray[np.int64]) -> tuple[QuestionExhibit, ...]:
        return tuple(_exhibit(system, queries[place], float(agreement[place])) for place in places)

    calibrated = system.ranker is not None and system.ranker.calibration is not None
    return Exhibits(shown(fall), shown(rise), calibrated)


def _exhibit(system: Ours, query: int, agreement: float) -> QuestionExhibit:
    case, right = system.case, system.case.relevant[query]
    places = {int(story): place for place, story in enumerate(system(query), 1)}
    scored = set(system.candidates(query).tolist())
    chosen = sorted(right, key=lambda story: (places.get(story, len(case.stories)), story))
    return QuestionExhibit(
        case.stories[query],
        agreement,
        tuple(_entry(system, query, shown, shown.story in right) for shown in system.block(query)),
        tuple(Chosen(case.stories[story], places.get(story), story in scored) for story in chosen),
    )


def _entry(system: Ours, query: int, shown: Shown, hit: bool) -> ShownSlot:
    source, target = system.case.stories[query], system.case.stories[shown.story]
    told = ReaderText.of(source)
    rarity = partial(_rarity, system, told.language)
    because = why(told, ReaderText.of(target), shown.signals, rarity)
    return ShownSlot(target, shown.score, because, hit)


def _rarity(system: Ours, language: str, term: str) -> float:
    """Return how rare a name or a word is, whichever it is found as more often: its idf, less 1."""
    hybrid = system.view.hybrid
    if hybrid is None:
        return 0.0
    as_word, as_name = hybrid.idf["words"][term_id(term, language)], hybrid.idf["entities"][term_id(term)]
    return float(min(as_word, as_name) - 1)
