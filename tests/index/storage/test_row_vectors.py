"""The compiled products of stored vectors are those of numpy, and no row outside is read."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
import pytest

from index.storage.kernels import COMPILED, plain_vectors, row_vectors
from index.storage.parts import Parts

FORMS: list[ModuleType] = [plain_vectors]
if COMPILED:
    from index.storage.kernels import vectors

    FORMS.append(vectors)

form = pytest.mark.parametrize("form", FORMS, ids=lambda each: each.__name__.rpartition(".")[2])


@form
@pytest.mark.parametrize("size", [0, 1, 7, 16, 33, 384])
@pytest.mark.parametrize("width", [0, 1, 4, 10])
def test_rows_anywhere_meet_all_vectors(form: ModuleType, size: int, width: int) -> None:
    random = np.random.default_rng(size + width)
    rows = random.standard_normal((9, size)).astype(np.float16)
    asked = random.standard_normal((width, size)).astype(np.float32)
    places = np.array([8, 0, 3, 3, 5], np.int64)
    parts = Parts.of(rows[:4], rows[4:])
    products, squares = form.row_products(parts, places, asked)
    wide = rows[places].astype(np.float64)
    assert (products.dtype, squares.dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(products, wide @ asked.T.astype(np.float64), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(squares, (wide**2).sum(1), rtol=1e-5)


@form
@pytest.mark.parametrize("size", [0, 1, 7, 16, 40, 600])
def test_a_score_is_the_same_whatever_is_asked_with_it(form: ModuleType, size: int) -> None:
    random = np.random.default_rng(size)
    rows = random.standard_normal((90, size)).astype(np.float16)
    asked = random.standard_normal((5, size)).astype(np.float32)
    places = random.permutation(np.repeat(np.arange(90), 2))
    parts = Parts.of(rows[:30], rows[30:])
    scores = form.row_scores(parts, places, asked)
    assert (scores.dtype, scores.shape) == (np.float32, (5, 180))
    np.testing.assert_allclose(scores, asked.astype(np.float64) @ rows[places].T, atol=1e-4)
    for query, own in zip(asked, scores, strict=True):
        assert np.array_equal(form.row_scores(parts, places[:7], query[None])[0], own[:7])
    assert form.row_scores(parts, places[:0], asked).shape == (5, 0)
    assert form.row_scores(parts, places, asked[:0]).shape == (0, 180)


@form
def test_no_rows_have_no_products(form: ModuleType) -> None:
    products, squares = form.row_products(
        Parts.of(np.zeros((0, 4), np.float16)), np.zeros(0, np.int64), np.ones((3, 4), np.float32)
    )
    assert (products.shape, squares.shape) == ((0, 3), (0,))


@form
def test_every_half_is_widened_as_it_is(form: ModuleType) -> None:
    halves = np.arange(1 << 16, dtype=np.uint32).astype(np.uint16).view(np.float16)
    rows = np.repeat(halves, 17).reshape(-1, 17)  # in wide registers, and one by one behind them
    asked = np.zeros((1, 17), np.float32)
    asked[0, 0] = 1
    ending = np.roll(asked, -1)
    finite = np.flatnonzero(np.isfinite(halves))
    for each in (asked, ending):
        products, scores = (
            take(Parts.of(rows), finite, each) for take in (form.row_products, form.row_scores)
        )
        found = (products[0][:, 0], scores[0])
        assert all(np.array_equal(values, halves[finite].astype(np.float32)) for values in found)
    with np.errstate(invalid="ignore"):
        odd = form.row_products(Parts.of(rows), np.flatnonzero(~np.isfinite(halves)), asked)[0]
    assert not np.isfinite(odd).any()


@form
@pytest.mark.parametrize("place", [-1, 3, 1 << 40])
def test_rows_that_are_not_there_are_refused(form: ModuleType, place: int) -> None:
    rows = Parts.of(np.ones((3, 4), np.float16))
    for products in (form.row_products, form.row_scores):
        with pytest.raises(IndexError, match="3"):
            products(rows, np.array([0, place]), np.ones((1, 4), np.float32))


@form
@pytest.mark.parametrize(
    ("rows", "asked"),
    [
        (np.ones((3, 4), np.float32), np.ones((1, 4), np.float32)),
        (np.ones((3, 2, 2), np.float16), np.ones((1, 4), np.float32)),
        (np.ones((3, 4), np.float16), np.ones((1, 5), np.float32)),
        (np.ones((3, 4), np.float16), np.ones(4, np.float32)),
    ],
)
def test_what_does_not_fit_is_refused(form: ModuleType, rows: np.ndarray, asked: np.ndarray) -> None:
    for products in (form.row_products, form.row_scores):
        with pytest.raises(ValueError, match=r"rows|vectors"):
            products(Parts.of(rows), np.array([0]), asked)


def test_the_compiled_form_is_taken_where_there_is_one() -> None:
    assert row_vectors.row_products is FORMS[-1].row_products
    assert row_vectors.row_scores is FORMS[-1].row_scores
    assert math.isclose(
        float(
            row_vectors.row_products(
                Parts.of(np.full((1, 3), 0.5, np.float16)), np.array([0]), np.ones((1, 3), np.float32)
            )[0][0, 0]
        ),
        1.5,
    )


@form
@pytest.mark.parametrize("size", [0, 1, 7, 16, 33, 584])
def test_rows_of_bytes_count_by_their_steps(form: ModuleType, size: int) -> None:
    random = np.random.default_rng(size)
    codes = random.integers(-127, 128, (50, size)).astype(np.int8)
    steps = random.random(50).astype(np.float32)
    vector = random.standard_normal(size).astype(np.float32)
    places = random.permutation(np.repeat(np.arange(50), 2))
    found = form.byte_scores(codes, steps, places, vector)
    assert (found.dtype, found.shape) == (np.float32, (100,))
    expected = codes.astype(np.float64) @ vector.astype(np.float64) * steps
    np.testing.assert_allclose(found, expected[places], rtol=1e-4, atol=2e-3)
    assert form.byte_scores(codes, steps, places[:0], vector).shape == (0,)


@form
def test_rows_of_bytes_that_are_not_there_are_refused(form: ModuleType) -> None:
    codes, steps, vector = np.ones((5, 4), np.int8), np.ones(5, np.float32), np.ones(4, np.float32)
    for place in (-1, 5):
        with pytest.raises(IndexError, match="of 5"):
            form.byte_scores(codes, steps, np.array([0, place]), vector)
    with pytest.raises(ValueError, match="beside"):
        form.byte_scores(codes, steps[:4], np.array([0]), vector)
    with pytest.raises(ValueError, match="beside"):
        form.byte_scores(codes, steps, np.array([0]), vector[:3])
