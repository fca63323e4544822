"""P-values against the exact test by hand, and Holm's correction against its definition."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.evaluation.significance import holm, randomised, significance


def test_the_chance_is_that_of_all_choices_of_signs() -> None:
    differences = np.array([0.4, 0.1, -0.05, 0.3, 0.2, 0.15, -0.1, 0.25, 0.05, 0.3])
    means = [abs((differences * signs).mean()) for signs in product((-1, 1), repeat=len(differences))]
    exact = np.mean([mean >= abs(differences.mean()) - 1e-12 for mean in means])
    assert randomised(differences) == pytest.approx(exact, abs=0.005)


def test_no_difference_is_chance_and_one_of_every_query_is_not() -> None:
    assert randomised(np.zeros(40)) == 1
    assert randomised(np.full(40, 0.1)) == randomised(np.full(40, -0.1)) <= 0.001


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_rejects_what_stepping_down_rejects(values: list[float]) -> None:
    found, order = holm(np.array(values)), np.argsort(values, kind="stable")
    for level in (0.01, 0.05, 0.3):
        rejected = set[int]()
        for step, place in enumerate(order.tolist()):
            if values[place] * (len(values) - step) > level:
                break
            rejected.add(place)
        assert {place for place, value in enumerate(found) if value <= level} == rejected


def test_each_of_ours_stands_against_each_other() -> None:
    chance = np.random.default_rng(1)
    base = chance.random(60)
    values = {"a": base + 0.2, "b": base + chance.normal(0, 0.2, 60), "x": base, "y": base + 0.1}
    found = significance(values, ("a", "b"), ("x", "y"))
    assert {one: list(against) for one, against in found.items()} == {"a": ["x", "y"], "b": ["x", "y"]}
    assert found["a"]["x"]["difference"] == pytest.approx(0.2)
    assert found["a"]["x"]["p_holm"] < 0.05 < found["b"]["x"]["p_holm"]
    assert all(row["p"] <= row["p_holm"] <= 1 for against in found.values() for row in against.values())
