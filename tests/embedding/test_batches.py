import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.embedding.batches import batches, padded, width

LENGTHS = st.lists(st.integers(1, 300), max_size=80)


@given(lengths=LENGTHS, budget=st.integers(1, 2000))
def test_every_row_is_in_one_batch(lengths, budget):
    rows = [int(row) for batch in batches(lengths, budget) for row in batch]
    assert sorted(rows) == list(range(len(lengths)))


@given(lengths=LENGTHS, budget=st.integers(1, 2000))
def test_a_batch_with_its_padding_keeps_to_the_budget(lengths, budget):
    for batch in batches(lengths, budget):
        assert len(batch) == 1 or len(batch) * width(max(lengths[row] for row in batch)) <= budget


@given(lengths=LENGTHS, budget=st.integers(1, 2000))
def test_the_longest_rows_come_first(lengths, budget):
    order = [lengths[row] for batch in batches(lengths, budget) for row in batch]
    assert order == sorted(lengths, reverse=True)


@given(rows=st.lists(st.lists(st.integers(1, 30_000), min_size=1, max_size=40), min_size=1, max_size=9))
def test_padding_keeps_each_row_and_masks_the_rest(rows):
    ids, mask = padded(rows, pad=0)
    assert [list(line[kept.astype(bool)]) for line, kept in zip(ids, mask, strict=True)] == rows
    assert np.all(ids[mask == 0] == 0)
    assert ids.shape[1] == width(max(map(len, rows)))
