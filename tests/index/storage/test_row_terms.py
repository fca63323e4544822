"""What rows of terms share with others is what dictionaries say, in C and in numpy; no more is read."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.storage.kernels import COMPILED, plain_matching
from index.storage.kernels.asks import Columns, Largest, Likeness, Shares, Sums
from index.storage.kernels.row_terms import looked_up
from index.storage.parts import Parts
from index.storage.ragged_rows import FoundRows, RaggedRows
from tests.index.storage.test_kernels import FREQUENCY, IDF, Ids, Rows, arrays, offsets_of

if COMPILED:
    from index.storage.kernels import matching

    FORMS = [plain_matching, matching]
else:
    FORMS = [plain_matching]

form = pytest.mark.parametrize("form", FORMS, ids=lambda each: each.__name__.rpartition(".")[2])
in_c = pytest.mark.skipif(not COMPILED, reason="no C compiler where this was installed")


@form
@given(Rows, st.dictionaries(Ids, st.integers(1, 9)), st.booleans())
def test_shared_sums_are_those_of_a_dict(
    form: ModuleType, rows: list[dict[int, int]], table: dict[int, int], counted: bool
) -> None:
    ids, counts, offsets = arrays(rows)
    keys = np.array(sorted(table), np.uint32)
    values = np.array([table[key] for key in sorted(table)], np.float64)
    more = (counts, FREQUENCY) if counted else ()
    wanted = [
        sum(table.get(i, 0) * (float(FREQUENCY[row[i]]) if counted else 1) for i in row) for row in rows
    ]
    np.testing.assert_allclose(form.shared_sums(keys, values, ids, offsets, *more), wanted)


@form
@given(Rows, st.sets(Ids))
def test_shared_terms_are_those_of_a_set(
    form: ModuleType, rows: list[dict[int, int]], keys: set[int]
) -> None:
    ids, _, offsets = arrays(rows)
    held = np.array(sorted(keys), np.uint32)
    found, places, bounds = form.shared_terms(held, ids, offsets)
    assert found.tolist() == [place for place, each in enumerate(ids.tolist()) if each in keys]
    assert held[places].tolist() == ids[found].tolist()
    assert np.diff(bounds).tolist() == [len(keys & row.keys()) for row in rows]
    assert bounds[0] == 0


def lying(rows: list[dict[int, int]]) -> tuple[Parts, np.ndarray, np.ndarray, np.ndarray]:
    """Return rows as they lie in two files, from the last to the first, with their counts behind each."""
    first, values, spans = np.zeros(0, np.uint32), np.zeros(0, np.uint32), []
    for row in reversed(rows):
        ids, counts, _ = arrays([row])
        if len(spans) == len(rows) // 2:
            first, values = values, first
        start = len(first) + len(values) + 1
        filled = np.zeros(-(-len(counts) // 4) * 4, np.uint8)
        filled[: len(counts)] = counts
        values = np.concatenate([values, np.full(1, 7, np.uint32), ids, filled.view(np.uint32)])
        spans.insert(0, (start, start + len(ids), 4 * (start + len(ids))) if row else (-3, -3, 99_999))
    starts, ends, beside = np.array(spans, np.int64).reshape(-1, 3).T.copy()
    return Parts.of(first, values), starts, ends, beside


@form
@given(Rows, st.dictionaries(Ids, st.integers(1, 9)))
def test_shared_terms_are_summed_where_they_lie(
    form: ModuleType, rows: list[dict[int, int]], table: dict[int, int]
) -> None:
    keys = np.array(sorted(table), np.uint32)
    values = np.array([table[key] for key in sorted(table)], np.float64)
    sums = form.span_sums(keys, values, *lying(rows), FREQUENCY)
    assert sums.dtype == np.float64
    wanted = [math.fsum(table[i] * float(FREQUENCY[n]) for i, n in row.items() if i in table) for row in rows]
    assert sums.tolist() == pytest.approx(wanted)
    uncounted = form.span_sums(keys, values, *lying(rows)[:3])
    assert uncounted.tolist() == [sum(table.get(i, 0) for i in row) for row in rows]


@form
@pytest.mark.parametrize(
    ("start", "end", "beside"), [(-1, 1, 0), (0, 4, 0), (2, 1, 0), (0, 2, 11), (0, 2, -1)]
)
def test_rows_that_lie_outside_are_refused(form: ModuleType, start: int, end: int, beside: int) -> None:
    ids = np.arange(3, dtype=np.uint32)
    span = Parts.of(ids), np.array([start]), np.array([end]), np.array([beside])
    with pytest.raises(IndexError, match=r"within one part of (3|12) values"):
        form.span_sums(ids, np.ones(3), *span, FREQUENCY)


def found(rows: list[dict[int, int]]) -> FoundRows:
    """Return rows as they lie in a store: terms with their counts behind an empty list, and a code each."""
    held = RaggedRows(["none", "terms"], ["codes"])
    for num, row in enumerate(rows):
        ids, counts, _ = arrays([row])
        none = np.zeros(0, np.uint32)
        codes = {"none": none, "terms": ids, "codes": np.array([num], np.uint32)}
        held.put(num, codes, {"none": none.astype(np.uint8), "terms": counts})
    return held.rows(np.arange(len(rows) + 1)[::-1])  # one that is not there, and the last one first


def columns_of(parts: list[dict[int, float]], width: int) -> Columns:
    """Return the columns that each key is in, and what it weighs there."""
    places = np.array([column for part in parts for column in sorted(part)], np.int64)
    values = np.array([part[column] for part in parts for column in sorted(part)], np.float32)
    return Columns(offsets_of([[*part] for part in parts]), places, values, width)


Keys = st.dictionaries(Ids, st.dictionaries(st.integers(0, 4), st.integers(1, 9), max_size=4), max_size=8)


@form
@given(Rows, Keys, st.integers(1, 4), st.sampled_from([5, 5000]))
def test_rows_meet_all_that_they_are_asked_for(
    form: ModuleType, rows: list[dict[int, int]], table: dict[int, dict[int, int]], most: int, width: int
) -> None:
    keys = sorted(table)
    ids, worth = np.array(keys, np.uint32), np.array([key % 7 + 1 for key in keys], np.float32)
    columns = columns_of([{c: float(v) for c, v in table[key].items()} for key in keys], width)
    said = np.array([key % 2 == 0 for key in keys], np.bool_)
    likeness = Likeness(ids, worth + 1, FREQUENCY, worth + 2, worth, said, most, columns, columns, most)
    asked = found(rows)  # of the last one the code is the first: the order is reversed
    (sums,), (largest,), (shares,), likenesses, (codes,) = form.met(
        asked.values,
        asked.starts,
        asked.ends,
        [
            (1, Sums(ids, worth.astype(np.float64))),
            (1, Largest(ids, worth, most)),
            (1, Shares(ids, IDF, columns)),
            (1, likeness),
            (2, Sums(np.array([0], np.uint32), np.ones(1))),
        ],
    )
    of_key = dict(zip(keys, worth.tolist(), strict=True))
    held = [{}, *rows[::-1]]
    shared = [sorted(row.keys() & of_key.keys()) for row in held]
    assert sums.tolist() == [sum(of_key[i] for i in row) for row in shared]
    assert codes.tolist() == [0] * len(rows) + [1] if rows else [0]

    def top(values: list[float]) -> float:
        return sum(sorted(values, reverse=True)[:most])

    assert largest.tolist() == [top([of_key[i] for i in row]) for row in shared]
    by_column = [[[i for i in row if c in table[i]] for c in range(5)] for row in shared]
    parts = [max(sum(float(IDF[i]) for i in each) for each in row) for row in by_column]
    wholes = [sum(float(IDF[i]) for i in row) or 1 for row in held]
    assert shares.tolist() == pytest.approx([part / whole for part, whole in zip(parts, wholes, strict=True)])
    weights = [{i: float(FREQUENCY[row[i]]) * (of_key[i] + 1) for i in row if i in of_key} for row in held]
    dots, most_said, best, near = (each.tolist() for each in likenesses)
    assert dots == pytest.approx([sum(w * (of_key[i] + 2) for i, w in row.items()) for row in weights])
    assert most_said == [top([of_key[i] for i in row if i % 2 == 0]) for row in shared]
    assert near == [max(top([of_key[i] for i in each]) for each in row) for row in by_column]
    products = [[sum(w * table[i].get(c, 0) for i, w in row.items()) for c in range(5)] for row in weights]
    assert best == pytest.approx([max(row) for row in products])
    assert all(each.dtype == np.float32 for each in (largest, shares, *likenesses))


@form
def test_lists_that_are_none_are_refused(form: ModuleType) -> None:
    rows, ask = found([{1: 2, 3: 4}]), Sums(np.array([1], np.uint32), np.ones(1))
    with pytest.raises(IndexError, match="3 is no list among 3"):
        form.met(rows.values, rows.starts, rows.ends, [(3, ask)])
    with pytest.raises(IndexError, match="offsets of lists do not ascend"):
        form.met(rows.values, rows.starts, rows.ends[:, ::-1].copy(), [(1, ask)])
    with pytest.raises(IndexError, match="within one part"):
        form.met(rows.values, rows.starts + (1 << 40), rows.ends, [(1, ask)])


@form
@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 9))
def test_windows_have_the_words_that_stand_in_them(form: ModuleType, said: list[int], step: int) -> None:
    idf = np.linspace(1, 4, 6, dtype=np.float32)
    windows = form.windows(np.array(said, np.uint16), idf, FREQUENCY, step)
    cut = [said[at : at + 2 * step] for at in range(0, max(len(said) - step, 1), step)]
    assert windows.width == len(cut)
    weights = [{word: float(FREQUENCY[each.count(word)] * idf[word]) for word in each} for each in cut]
    for word in range(6):
        held = slice(windows.starts[word], windows.starts[word + 1])
        there = [window for window, each in enumerate(cut) if word in each]
        assert windows.places[held].tolist() == there
        wanted = [weights[window][word] / math.hypot(*weights[window].values()) for window in there]
        assert windows.values[held].tolist() == pytest.approx(wanted)


@form
@given(st.lists(st.lists(st.integers(0, 2), max_size=9), max_size=5), st.integers(1, 4), st.booleans())
def test_runs_are_held_by_the_texts_that_say_them(
    form: ModuleType, texts: list[list[int]], run: int, shifted: bool
) -> None:
    words = np.array([5, 1 << 20, 9, 5], np.uint32)  # of each text three, from the first or the second on
    said = [[int(words[place + shifted]) for place in text] for text in texts]
    asked = [(9, 5, 5, 5)[:run], *(tuple(row[:run]) for row in said if len(row) >= run)]
    hashes = np.concatenate([form.run_hashes(np.array(each, np.uint32), run) for each in asked])
    assert len(np.unique(hashes)) == len(set(asked))
    places = [np.array(text, np.uint16) for text in texts] or [np.zeros(0, np.uint16)]
    bounds, first = offsets_of(texts), np.full(len(texts), int(shifted), np.int64)
    spans = bounds[:-1], bounds[1:], Parts.of(words), first, first + 3
    held = form.runs_held(hashes, run, Parts.of(*places), *spans)
    for row, each in zip(held, said, strict=True):
        own = form.run_hashes(np.array(each, np.uint32), run)
        assert row.tolist() == np.isin(hashes, own).tolist()
    assert own_or_none(form, said, run) == own_or_none(plain_matching, said, run)


@form
def test_a_place_beyond_the_words_is_the_last_of_them(form: ModuleType) -> None:
    words, places = np.array([5, 9, 7], np.uint32), np.array([0, 4, 0, 4], np.uint16)
    hashes = form.run_hashes(np.array([5, 9], np.uint32), 2)
    spans = Parts.of(words), np.array([0, 2]), np.array([2, 2])  # the second has no words
    held = form.runs_held(hashes, 2, Parts.of(places), np.array([0, 2]), np.array([2, 4]), *spans)
    assert held.tolist() == [[True], [False]]


def own_or_none(form: ModuleType, said: list[list[int]], run: int) -> list[list[int]]:
    return [form.run_hashes(np.array(each, np.uint32), run).tolist() for each in said]


@given(st.dictionaries(Ids, st.integers(1, 9)), st.lists(Ids))
def test_a_look_up_is_that_of_a_dict(table: dict[int, int], ids: list[int]) -> None:
    keys = np.array(sorted(table), np.uint32)
    values = np.array([table[key] for key in sorted(table)], np.float32)
    assert looked_up(keys, values, np.array(ids, np.uint32)).tolist() == [table.get(i, 0) for i in ids]


@in_c
@pytest.mark.parametrize("offsets", [[0, 4], [-1, 3], [0, 3, 2], []])
def test_rows_that_are_none_are_refused_in_c(offsets: list[int]) -> None:
    ids, bounds = np.arange(3, dtype=np.uint32), np.array(offsets, np.int64)
    with pytest.raises(IndexError, match="rows"):
        matching.shared_sums(ids, np.ones(3), ids, bounds)
    with pytest.raises(IndexError, match="rows"):
        matching.shared_terms(ids, ids, bounds)
    rows, places = found([{1: 2}]), np.zeros(3, np.int64)
    if len(bounds) == 2:
        shares = Shares(ids[:1], IDF, Columns(bounds, places, IDF[:3], 1))
        with pytest.raises(IndexError, match="rows"):
            matching.met(rows.values, rows.starts, rows.ends, [(1, shares)])


@in_c
def test_arrays_that_do_not_fit_are_refused_in_c() -> None:
    ids, some, rows = np.arange(3, dtype=np.uint32), np.ones(3, np.float32), found([{1: 2}])
    lying = rows.values, rows.starts, rows.ends
    with pytest.raises(ValueError, match="2 values beside 3"):
        matching.shared_sums(ids, np.ones(2), ids, np.array([0, 3]))
    with pytest.raises(ValueError, match="2 values beside 3"):
        matching.met(*lying, [(1, Sums(ids, np.ones(2)))])
    with pytest.raises(ValueError, match="the 0 largest values are not told"):
        matching.met(*lying, [(1, Largest(ids, some, 0))])
    with pytest.raises(ValueError, match="the 17 largest values are not told"):
        matching.met(*lying, [(1, Sums(ids, np.ones(3)))] * 17)
    columns = Columns(np.array([0, 1, 1, 1]), np.array([7]), some[:1], 1)
    with pytest.raises(IndexError, match="7 is no place among 1"):
        matching.met(*lying, [(1, Shares(ids, IDF, columns))])
    with pytest.raises(ValueError, match="not uint32"):
        matching.met(Parts.of(ids.view(np.uint8)), *lying[1:], [(1, Sums(ids, np.ones(3)))])
    with pytest.raises(IndexError, match="7 is no place among 3"):
        matching.windows(np.array([0, 7], np.uint16), some, FREQUENCY, 1)
