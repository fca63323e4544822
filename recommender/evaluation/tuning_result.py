"""What came of tuning, for a terminal and as JSON. Knows no archive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recommender.evaluation import trial


@dataclass(frozen=True)
class Tuning:
    """What came of tuning.

    Attributes
    ----------
    trial : Trial
        The weights before and after, on the newest questions.
    path : Path or None
        The file that was written; None where all stays as it is.
    history : float
        How far earlier links are believed, 0 to 1; see `training.believed`.
    went_back : bool
        Whether weights were in use that did not win again, and the shipped ones are in use now.
    """

    trial: trial.Trial
    path: Path | None
    history: float = 1.0
    went_back: bool = False

    def to_dict(self) -> dict[str, object]:
        """Return all figures, ready for JSON."""
        return self.trial.figures() | {
            "history": self.history,
            "wrote": str(self.path) if self.path else None,
        }

    def to_text(self) -> str:
        """Return what happened, for a terminal."""
        figures = self.trial.figures()
        lines = [
            f"learned from {figures['links']} links in {figures['questions']} stories; "
            f"tried on the newest {figures['held_out']} stories, nDCG@5 (95 % interval):"
        ]
        for name in ("before", "after", "difference"):
            low, high = self.trial.interval(name)
            lines.append(f"  {name:10} {figures[name]:+.3f} [{low:+.3f}, {high:+.3f}]")
        if self.path and self.trial.won:
            lines.append(f"the new weights win: wrote {self.path}")
        elif self.path:
            part = f"earlier links count for {self.history:.0%}"
            lines.append(f"the new weights do not win, but {part}: wrote {self.path}")
        elif self.went_back:
            lines.append("the new weights do not win: the shipped ones are in use again")
        else:
            lines.append("the new weights do not win: nothing was written, the ranking stays as it is")
        return "\n".join(lines)
