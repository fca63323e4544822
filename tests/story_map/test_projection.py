"""Places on a plane: finite, within the square, the same each time, and near each other for what is alike."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.story_map import projection
from recommender.story_map.clusters import clusters

KINDS, EACH = 4, 30


def alike() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return vectors of four kinds, the nearest of each, and their kinds."""
    kinds = np.repeat(np.arange(KINDS), EACH)
    rng = np.random.default_rng(0)
    vectors = (np.eye(KINDS, 12)[kinds] + rng.normal(0, 0.05, (len(kinds), 12))).astype(np.float32)
    apart = ((vectors[:, None] - vectors[None]) ** 2).sum(-1)
    return vectors, np.argsort(apart, axis=1)[:, 1 : projection.NEIGHBOURS + 1], kinds


def test_what_is_alike_lies_close_together() -> None:
    vectors, near, kinds = alike()
    places = projection.project(vectors, near)
    apart = ((places[:, None] - places[None]) ** 2).sum(-1) + np.diag(np.full(len(kinds), np.inf))
    assert (kinds[apart.argmin(1)] == kinds).all()
    assert np.abs(places).max() == pytest.approx(1)
    assert np.array_equal(places, projection.project(vectors, near))


def test_without_the_library_there_is_a_coarser_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    monkeypatch.setattr(projection, "find_spec", lambda _: None)
    assert projection.method() == projection.PLAIN
    vectors, near, _ = alike()
    assert np.isfinite(projection.project(vectors, near)).all()


@pytest.mark.parametrize("apart", [0.0, 1e-7])
def test_many_equal_stories_have_places(apart: float) -> None:
    count = 2 * projection.LEAST
    vectors = np.full((count, 12), 0.3, np.float32)
    vectors[: projection.LEAST, 0] += apart
    near = (np.arange(count)[:, None] + np.arange(1, projection.NEIGHBOURS + 1)) % count
    places = projection.project(vectors, near)
    assert np.isfinite(places).all()
    assert len(clusters(places)) == count


@given(count=st.integers(0, 8), dimension=st.integers(1, 5), same=st.booleans())
@settings(max_examples=50, deadline=None)
def test_few_stories_and_equal_ones_have_places(count: int, dimension: int, same: bool) -> None:
    vectors = np.ones((count, dimension), np.float32)
    if not same:
        vectors *= np.arange(count, dtype=np.float32)[:, None]
    places = projection.project(vectors, np.zeros((count, max(count - 1, 0)), np.int64))
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert np.abs(places).max(initial=0) <= 1


def test_a_check_ends_the_work() -> None:
    class Ended(Exception):
        pass

    def end() -> None:
        raise Ended

    vectors, near, _ = alike()
    with pytest.raises(Ended):
        projection.project(vectors, near, end)
