"""Weights go into a file and come out the same; one of other numbers, or that is none, is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recommender.errors import RankerError
from recommender.suggestions import weights
from recommender.suggestions.places import NAMES
from recommender.suggestions.weights import SuggestionWeights

ROWS = np.random.default_rng(7).standard_normal((20, len(NAMES)))


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    ones = np.linspace(-1, 1, len(NAMES))
    held = SuggestionWeights(ones, ones / 2, ones + 3, 1.5, -4.0)
    (tmp_path / "w.json").write_text(held.to_json(publishers=["a"]))
    found = weights.load(tmp_path / "w.json")
    np.testing.assert_allclose(found.scores(ROWS), held.scores(ROWS), rtol=1e-4)
    assert (found.slope, found.offset) == (1.5, -4.0)


def test_the_shipped_weights_give_probabilities() -> None:
    shipped = weights.shipped()
    said = shipped.probabilities(np.sort(shipped.scores(ROWS)))
    assert np.all((said >= 0) & (said <= 1))
    assert np.all(np.diff(said) >= 0)


@pytest.mark.parametrize("text", ["", "[]", '{"weights": [], "slope": 1, "offset": 0}'])
def test_what_is_no_file_of_weights_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "w.json").write_text(text)
    with pytest.raises(RankerError, match=r"w\.json: "):
        weights.load(tmp_path / "w.json")
    with pytest.raises(RankerError, match=r"none\.json: No such file"):
        weights.load(tmp_path / "none.json")
