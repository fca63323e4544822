"""A file of weights gives back what was written, and says what is wrong with one that cannot be used."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.errors import RankerError
from recommender.ranking.calibration import Calibration
from recommender.ranking.features import FEATURES, LEARNED
from recommender.ranking.model import LinearModel, Scale, Weight
from recommender.ranking.weights import ARCHIVE_FILE, FORMAT, Ranker, chosen, load, parse, shipped

RANKER = Ranker(
    LinearModel("test-1", (Weight("words", 2.5, Scale.MAXIMUM, 3.5), Weight("gap", 0.25, Scale.NONE))),
    (0.5, 1.25),
    ((0.0, 1.0), (-8.0, 0.0)),
    Calibration((-1.0, 2.0), (0.0, 0.5)),
    {"by": "a test", "links": 7},
)
SEEDS = Path(__file__).parents[2] / "seeds" / "rankers"


def test_what_was_written_is_read() -> None:
    assert parse(RANKER.to_json(), "here") == RANKER


def test_a_file_of_one_weight_a_feature_holds_whether_links_are_known_or_not() -> None:
    older = json.loads(RANKER.to_json()) | {"format": 1}
    older["features"][0].pop("weight_without_links")
    model = parse(json.dumps(older), "here").model
    for known in (0, 7, 10**6):
        np.testing.assert_allclose(model.values(known), [2.5, 0.25])


def test_a_file_of_before_believes_all_links() -> None:
    doubtful = replace(RANKER, model=replace(RANKER.model, history=0.25))
    assert parse(doubtful.to_json(), "here") == doubtful
    older = json.loads(RANKER.to_json()) | {"format": 2}
    del older["history"]
    assert parse(json.dumps(older), "here") == RANKER


@pytest.mark.parametrize("file", [None, *sorted(SEEDS.glob("*.json"))])
def test_the_files_that_come_with_the_package(file: Path | None) -> None:
    ranker = shipped() if file is None else load(file)
    assert ranker.model.features == LEARNED
    assert ranker.calibration is not None
    assert {"learned_from", "loss", "by", "made"} <= ranker.provenance.keys()
    assert all(low <= high for low, high in ranker.ranges)


def altered(**changes: object) -> str:
    return json.dumps(json.loads(RANKER.to_json()) | changes)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "no ranker weights"),
        ("[]", "no ranker weights"),
        (altered(features=3), "no ranker weights"),
        (altered(surprise=1), "no ranker weights"),
        (altered(format=99), f"format 99, this version reads up to {FORMAT}; upgrade"),
        (RANKER.to_json().replace('"words"', '"moods"'), "unknown features moods"),
    ],
)
def test_a_file_that_cannot_be_used(text: str, problem: str) -> None:
    with pytest.raises(RankerError, match=problem):
        parse(text, "weights.json")


def test_the_setting_comes_first_then_the_archive_then_the_package(tmp_path: Path) -> None:
    assert chosen("", tmp_path) == shipped()
    (tmp_path / ARCHIVE_FILE).write_text(RANKER.to_json())
    assert chosen("", tmp_path) == RANKER
    named = SEEDS / "without-18f.json"
    assert chosen(str(named), tmp_path) == load(named)
    with pytest.raises(RankerError, match="check the setting ranker"):
        chosen(str(tmp_path / "nowhere.json"), tmp_path)


def test_without_a_calibration_the_score_stands() -> None:
    scores = np.array([3.0, 1.0, 2.0])
    plain = Ranker(RANKER.model, RANKER.deviations, RANKER.ranges)
    assert plain.calibrated(scores).tolist() == scores.tolist()
    # The best of so few stands as high as is usual: 3.4, 1.4 and 2.4 on the line from (-1, 0) to (2, .5).
    np.testing.assert_allclose(RANKER.calibrated(scores), [0.5, 0.4, 0.5])


def test_every_learned_feature_exists() -> None:
    assert set(LEARNED) <= set(FEATURES)
