"""From a score to the probability that a writer would set the link. Knows arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KNOTS = 24
"""A curve of so many points is within .002 of the isotonic steps, and can be read in the file."""


@dataclass(frozen=True)
class Calibration:
    """A rising curve from `standing` to probability, straight between its points.

    Attributes
    ----------
    standings, probabilities : tuple of float
        The points, both ascending.
    """

    standings: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __call__(self, standings: NDArray[np.floating]) -> Floats:
        """Return the probability (n,) of each standing (n,); beyond the curve that of its end."""
        return np.asarray(np.interp(standings, self.standings, self.probabilities))
