"""What each number of a place weighs, and what the sum is worth: a file that ships. Knows no texts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from recommender.errors import RankerError
from recommender.suggestions.places import NAMES

FILE = "suggestions.json"


class _Weight(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    weight: float
    mean: float
    deviation: float


class _File(msgspec.Struct, forbid_unknown_fields=True):
    weights: list[_Weight]
    slope: float
    offset: float
    provenance: dict[str, object] = {}


@dataclass(frozen=True, slots=True, eq=False)
class SuggestionWeights:
    """A weighted sum of what is known of a place, and the probability that a writer would set the link.

    Attributes
    ----------
    weights, means, deviations : (len(NAMES),) float64
        Of each number, and by what it is brought to one scale.
    slope, offset : float
        Of the logistic curve from the sum to the probability.
    """

    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    deviations: NDArray[np.float64]
    slope: float
    offset: float

    def scores(self, rows: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the sum of each row (n, len(NAMES)), (n,)."""
        return np.asarray(((rows - self.means) / self.deviations) @ self.weights, np.float64)

    def probabilities(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how probable each link (n,) is."""
        return np.asarray(1 / (1 + np.exp(-(self.slope * scores + self.offset))), np.float64)

    def to_json(self, **provenance: object) -> str:
        """Return the text of a file."""
        parts = zip(NAMES, self.weights, self.means, self.deviations, strict=True)
        weights = [_Weight(name, *map(_short, numbers)) for name, *numbers in parts]
        file = _File(weights, _short(self.slope), _short(self.offset), provenance)
        return msgspec.json.format(msgspec.json.encode(file), indent=1).decode() + "\n"


def parse(text: bytes | str, where: str) -> SuggestionWeights:
    """Read what `SuggestionWeights.to_json` wrote.

    Raises
    ------
    RankerError
        When the text is none, or is of other numbers.
    """
    try:
        file = msgspec.json.decode(text, type=_File)
    except msgspec.DecodeError as error:
        raise RankerError(f"{where}: no weights of suggestions: {error}; install the package anew") from error
    if (names := tuple(each.name for each in file.weights)) != NAMES:
        raise RankerError(f"{where}: weights of {', '.join(names)}; learn them anew for {', '.join(NAMES)}")
    return SuggestionWeights(
        np.array([each.weight for each in file.weights]),
        np.array([each.mean for each in file.weights]),
        np.array([each.deviation for each in file.weights]),
        file.slope,
        file.offset,
    )


def load(path: Path) -> SuggestionWeights:
    """Read a file of weights; see `parse` for what is raised."""
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise RankerError(f"{path}: {error.strerror}; give a file that can be read") from error


@cache
def shipped() -> SuggestionWeights:
    """Return the weights that come with the package."""
    return parse((resources.files("recommender") / "data" / FILE).read_bytes(), FILE)


def _short(value: float) -> float:
    return float(f"{value:.6g}")
