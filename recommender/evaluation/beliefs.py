"""How far a publisher's earlier links were to be believed, day by day, by what they had told until then.

What a running archive finds out as its links come (`learning`), for one whose links are all there at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.metrics import Floats
from recommender.ranking.link_history import LAG
from recommender.ranking.model import LinearModel
from recommender.ranking.training import BELIEFS, LEAST_LINKS, LabelledQuestion, belief, likelihoods

EVERYTHING = 1 << 62  # a time after all


@dataclass(frozen=True, eq=False)
class Beliefs:
    """What is believed at any time.

    Attributes
    ----------
    times : (q,) int64
        When each question could be known, ascending.
    evidence : (q + 1, b) float64
        Summed `likelihoods` of the first so many questions.
    links : (q + 1,) int64
        How many links these hold.
    """

    times: NDArray[np.int64]
    evidence: Floats
    links: NDArray[np.int64]

    @classmethod
    def of(cls, questions: Iterable[tuple[int, LabelledQuestion]], model: LinearModel) -> Self:
        """Look at questions of known times (epoch seconds), in order of time, by a model's weights."""
        times, evidence, links = [], [np.zeros(len(BELIEFS))], [0]
        for time, question in questions:
            times.append(time + LAG)
            evidence.append(likelihoods(question, model))
            links.append(int(question.linked.sum()))
        return cls(np.array(times, np.int64), np.cumsum(evidence, axis=0), np.cumsum(links))

    def at(self, model: LinearModel, time: int | None) -> LinearModel:
        """Return a model that believes as far as was known at a time; without one, as far as is known."""
        place = int(np.searchsorted(self.times, EVERYTHING if time is None else time, side="right"))
        if self.links[place] < LEAST_LINKS:
            return model
        return replace(model, history=belief(self.evidence[place]))
