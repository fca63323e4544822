"""The figures of parts of the questions: by year, tag, section. Knows no ranking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.case import Case
from recommender.evaluation.metrics import HEADLINE, Floats, interval, resampled

LEAST_QUERIES = 20
"""A tag of fewer questions is left out: its interval would be .2 wide or more to either side."""

MOST_ROWS = 25
"""So many tags are shown, the most frequent: one screen."""

Labels = Sequence[tuple[str, ...]]
"""For each question the parts that it belongs to."""


@dataclass(frozen=True)
class Slices:
    """Figures of parts of the questions.

    Attributes
    ----------
    rows : mapping of str to mapping
        For each part ``queries`` and, under ``systems``, each system's nDCG@5 with its interval.
    values_left_out : int
        How many tags, say, have too few questions to be shown.
    queries_left_out : int
        How many questions are in none of the rows.
    """

    rows: Mapping[str, Mapping[str, object]]
    values_left_out: int = 0
    queries_left_out: int = 0

    def left_out(self) -> dict[str, int]:
        """Return what no row tells."""
        return {"values": self.values_left_out, "queries": self.queries_left_out}


def years(case: Case, queries: Sequence[int]) -> Labels:
    """Return the year in which each question was published, by its own zone."""
    return [(str(case.stories[query].published.year),) for query in queries]


def tags(case: Case, queries: Sequence[int]) -> Labels:
    """Return each question's tags; case makes no difference."""
    return [_distinct(case.stories[query].tags) for query in queries]


def sections(case: Case, queries: Sequence[int]) -> Labels:
    """Return each question's section, if it has one."""
    return [_distinct((case.stories[query].section or "",)) for query in queries]


def _distinct(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folded for text in texts if (folded := text.strip().casefold())))


def each_year(labels: Labels, values: Mapping[str, Floats]) -> Slices:
    """Return a row a year, in order: every question is in one of them."""
    return _sliced(labels, values, sorted({label for some in labels for label in some}))


def most_frequent(labels: Labels, values: Mapping[str, Floats]) -> Slices:
    """Return a row for each of the `MOST_ROWS` most frequent labels of at least `LEAST_QUERIES`."""
    counts = Counter(label for some in labels for label in some)
    by_count = sorted(counts, key=lambda label: (-counts[label], label))
    shown = [label for label in by_count if counts[label] >= LEAST_QUERIES][:MOST_ROWS]
    return _sliced(labels, values, shown)


def _sliced(labels: Labels, values: Mapping[str, Floats], shown: Sequence[str]) -> Slices:
    """Return a row for each label ``shown``, of each system's nDCG@5 (queries,) in ``values``."""
    rows = {label: _row(np.array([label in some for some in labels]), values) for label in shown}
    known = {label for some in labels for label in some}
    unseen = sum(not set(shown).intersection(some) for some in labels)
    return Slices(rows, len(known) - len(shown), unseen)


def _row(chosen: NDArray[np.bool_], values: Mapping[str, Floats]) -> dict[str, object]:
    queries = int(chosen.sum())
    samples = resampled(queries)
    systems = {
        name: {
            HEADLINE: float(each[chosen].mean()),
            f"{HEADLINE}_ci": list(interval(each[chosen], samples)),
        }
        for name, each in values.items()
    }
    return {"queries": queries, "systems": systems}
