"""The figures of a measurement, as JSON and as a table. Knows no system and computes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

Figures = Mapping[str, object]

_AGREEMENT = {
    "ndcg@5": "nDCG@5",
    "recall@5": "R@5",
    "recall@10": "R@10",
    "recall@50": "R@50",
    "recall@200": "R@200",
    "mrr": "MRR",
    "hit@5": "hit@5",
}
_BLOCKS = {
    "ndcg@5_unfiltered": "any date",
    "full_blocks": "full",
    "distinct_shown": "shown",
    "gini": "Gini",
    "near_copies": "near-copies",
    "future_links": "future",
}
_HEADLINE = "ndcg@5"


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
    candidates : mapping
        Recall of the candidates that are scored, and nDCG@5 if every story were.
    blocks : int
        How many stories' blocks the figures of exposure are from.
    """

    counts: Mapping[str, int]
    systems: Mapping[str, Figures]
    paired: Mapping[str, Figures]
    candidates: Figures
    blocks: int

    def to_dict(self) -> dict[str, object]:
        """Return all figures, ready for JSON."""
        return {
            "queries": self.counts["queries"],
            "counts": dict(self.counts),
            "systems": {name: dict(figures) for name, figures in self.systems.items()},
            "paired": {name: dict(figures) for name, figures in self.paired.items()},
            "candidates": dict(self.candidates),
            "blocks": self.blocks,
        }

    def table(self) -> Group:
        """Return the figures as tables for a terminal of 80 columns."""
        from rich.console import Group

        others = (f"{count} {name}" for name, count in self.counts.items() if name != "queries")
        agreement = self._columns(_AGREEMENT, f"{self.counts['queries']} queries ({', '.join(others)})")
        agreement.caption = "Earlier stories only; anchors masked in deck and body; 95 % intervals."
        blocks = self._columns(_BLOCKS, f"nDCG@5 without the date filter, and what {self.blocks} blocks show")
        blocks.caption = "\n".join(self._notes())
        return Group(agreement, blocks)

    def _columns(self, titles: Mapping[str, str], title: str) -> Table:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table(
            title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, caption_justify="left"
        )
        table.add_column("system", no_wrap=True)
        for name in titles.values():
            table.add_column(name, justify="right", no_wrap=True)
        for system, figures in self.systems.items():
            table.add_row(system, *(_cell(figures, name) for name in titles))
        return table

    def _notes(self) -> list[str]:
        found = ", ".join(f"{name} {_number(value)}" for name, value in self.candidates.items())
        lines = [f"Candidates of ours: {found}", "nDCG@5 of ours above (paired bootstrap):"]
        for name, figures in self.paired.items():
            low, high = _pair(figures["ci"])
            above = "the tuned weights above " if name.endswith("_late") else ""
            lines.append(
                f"  {above}{name}: {_number(figures['difference'])} [{_number(low)}, {_number(high)}]"
            )
        return lines


def _cell(figures: Figures, name: str) -> str:
    text = _number(figures[name])
    if name != _HEADLINE:
        return text
    low, high = _pair(figures[f"{name}_ci"])
    return f"{text} \xb1{_number((high - low) / 2)}"


def _number(value: object) -> str:
    return f"{value:.3f}".replace("0.", ".", 1) if isinstance(value, float) else str(value)


def _pair(value: object) -> tuple[float, float]:
    if not isinstance(value, list):
        raise TypeError(f"an interval is a list of two numbers, not {value!r}")
    return float(value[0]), float(value[1])
