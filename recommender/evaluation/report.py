"""The figures of a measurement, as JSON, as tables and as a page. Knows no system and computes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from recommender.evaluation.exhibits import Exhibits
from recommender.evaluation.graded import RatedFigures
from recommender.evaluation.metrics import Floats
from recommender.evaluation.slices import Slices

if TYPE_CHECKING:
    from rich.console import Group

Figures = Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Curves:
    """What is drawn, by the name of the system or of the source of candidates.

    Attributes
    ----------
    recall, source_recall : mapping of str to (DEPTH,) float64
        At each depth, from 1.
    lorenz : mapping of str to (n + 1,) float64
        Share of all showings that goes to the least shown stories.
    """

    recall: Mapping[str, Floats]
    source_recall: Mapping[str, Floats]
    lorenz: Mapping[str, Floats]


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes
    ----------
    counts : mapping
        What was read, and what was passed over.
    systems : mapping of str to mapping
        For each system its figures; ``NAME_ci`` is the 95 % interval of NAME.
    paired : mapping of str to mapping
        By how much ours is above each other system in nDCG@5, and the tuned weights above the others of the
        newest questions, with the interval of the paired bootstrap.
    significance : mapping of str to mapping
        For ours with and without links, against the hand-set sum and TF-IDF: how probable the difference
        is by chance (paired randomisation), corrected for all four (Holm).
    candidates : mapping
        Recall of the candidates that are scored, and nDCG@5 if every story were; under ``sources`` what each
        way of looking for them reaches.
    blocks : int
        How many stories' blocks the figures of exposure are from.
    ranker : str
        Version of the weights.
    per_year, per_tag, per_section : Slices
        nDCG@5 of parts of the questions.
    reliability : mapping of str to list
        For the engine's forms that say how probable a link is: what was said and what was so.
    ablation : mapping of str to mapping
        What each feature is worth; empty where it was not asked for.
    curves : Curves
        For the page.
    exhibits : Exhibits
        For the page: blocks beside the writers' own links.
    rated : RatedFigures or None
        What editors think of slots; None where too few were rated.
    """

    counts: Mapping[str, int]
    systems: Mapping[str, Figures]
    paired: Mapping[str, Figures]
    significance: Mapping[str, Mapping[str, Mapping[str, float]]]
    candidates: Figures
    blocks: int
    ranker: str
    per_year: Slices
    per_tag: Slices
    per_section: Slices
    reliability: Mapping[str, Sequence[Mapping[str, float]]]
    ablation: Mapping[str, Figures]
    curves: Curves
    exhibits: Exhibits
    rated: RatedFigures | None = None

    def to_dict(self) -> dict[str, object]:
        """Return all figures, ready for JSON."""
        parts = {"per_year": self.per_year, "per_tag": self.per_tag}
        if self.per_section.rows or self.per_section.values_left_out:  # of a publisher that names any
            parts["per_section"] = self.per_section
        return {
            "queries": self.counts["queries"],
            "counts": dict(self.counts),
            "ranker": self.ranker,
            "systems": {name: dict(figures) for name, figures in self.systems.items()},
            "paired": {name: dict(figures) for name, figures in self.paired.items()},
            "significance": dict(self.significance),
            "candidates": dict(self.candidates),
            "blocks": self.blocks,
            **{name: dict(part.rows) for name, part in parts.items()},
            "left_out": {name: part.left_out() for name, part in parts.items()},
            "reliability": dict(self.reliability),
            "ablation": dict(self.ablation),
            **({"ratings": msgspec.to_builtins(self.rated)} if self.rated else {}),
        }

    def table(self) -> Group:
        """Return the figures as tables for a terminal of 80 columns."""
        from recommender.evaluation.tables import tables

        return tables(self)

    def to_html(self, subject: str = "") -> str:
        """Return one page with all figures, curves and the blocks to look at; it needs nothing beside it.

        Parameters
        ----------
        subject : str
            What was measured, for the page's head.

        Raises
        ------
        ExtraMissingError
            When matplotlib is not installed.
        """
        from recommender.evaluation.page import page

        return page(self, subject)
