"""However a view came to be, it answers as one that is made anew; eligible is what the plain rule says."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.archive.view import View, eligible
from recommender.catalog import Row
from recommender.embedding import story_units
from recommender.features import norms
from recommender.features.language_groups import NEW
from recommender.ranking.pool import Pool
from recommender.story.story import ALWAYS_UNTIL, NEVER, Status
from tests.arrays import EMBEDDER, encoded, same, story

EVER = eligible(2**40)
QUESTION = encoded(story(1000))


def row(num: int, version: int = 0) -> Row:
    """Return a story of the catalog; later versions say something else."""
    one = replace(story(num + 100 * version), id=f"s{num}")
    return Row(num, one, EMBEDDER.encode(story_units(one.headline, one.text, EMBEDDER)).astype(np.float16))


def view_of(*rows: Row) -> View:
    view = View.empty(EMBEDDER.dimension)
    view.put(rows)
    return view


@pytest.fixture
def traced() -> Iterator[None]:
    view_of(*map(row, range(1, 9))).refitted().close()  # what is imported and compiled once is not the view's
    tracemalloc.start(1)
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
def test_a_closed_view_holds_little_and_answers_all_the_same() -> None:
    view = view_of(*map(row, range(1, 9))).refitted()
    before = view.nearest(QUESTION, 5, EVER).tolist()
    view.close()
    assert tracemalloc.get_traced_memory()[0] < 10 * 2**20
    assert view.nearest(QUESTION, 5, EVER).tolist() == before != []


def check_same(left: View, right: View) -> None:
    """Check that both hold the same stories, and find the same under the same model."""
    assert left.store.nums.tolist() == right.store.nums.tolist()
    assert all(same(left.store.item(num), right.store.item(num)) for num in left.store.nums.tolist())
    assert left.nearest(QUESTION, 99, EVER).tolist() == right.nearest(QUESTION, 99, EVER).tolist()
    # A story that was put again is found by its old words, too, and one that is gone by what it said.
    assert set(right.sharing_words(QUESTION)) <= set(left.sharing_words(QUESTION))
    check_lengths(left)


def check_lengths(view: View) -> None:
    """Check that the lengths of all stories' terms are known."""
    nums, hybrid = view.store.nums, view.hybrid
    if hybrid is not None and view.lengths is not None:
        for channel in norms.CHANNELS:
            expected = hybrid.lengths(channel, view.store.terms(channel, nums))
            assert (expected > 0).all()
            np.testing.assert_array_equal(view.lengths.of(channel, nums), expected)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.lists(st.integers(1, 12), max_size=4, unique=True)),
        st.tuples(st.just("drop"), st.lists(st.integers(1, 14), max_size=3, unique=True)),
        st.tuples(st.just("refit"), st.just([])),
        st.tuples(st.just("save"), st.just([])),
    ),
    max_size=10,
)


@settings(max_examples=20, deadline=None)
@given(steps=STEPS)
def test_any_way_to_a_state_is_as_good_as_the_straight_one(
    steps: list[tuple[str, list[int]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    view, held = view_of(row(1), row(2)).refitted(), {1: row(1), 2: row(2)}
    for turn, (step, nums) in enumerate(steps):
        if step == "put":
            changed = {num: row(num, turn) for num in nums}
            view.put(changed.values())
            held |= changed
        elif step == "drop":
            view.drop(nums)
            held = {num: one for num, one in held.items() if num not in nums}
        elif step == "refit":
            view = view.refitted()
        else:
            directory = tmp_path_factory.mktemp("view")
            view.save(directory)
            view = View.load(directory, view.seq)
    straight = view_of(*(held[num] for num in sorted(held)))
    check_lengths(view)
    if held:
        check_same(view.refitted(), straight.refitted())
        assert set(view.nearest(QUESTION, 99, EVER).tolist()) == set(held)
    else:
        assert view.nearest(QUESTION, 99, EVER).tolist() == []


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    view = view_of(*(row(num) for num in range(1, 20))).refitted()
    view.save(tmp_path)
    loaded = View.load(tmp_path, 7)
    check_same(loaded, view)
    assert loaded.seq == 7
    assert loaded.hybrid is not None
    assert view.hybrid is not None
    assert loaded.hybrid.version == view.hybrid.version
    loaded.put([row(30)])  # and can go on
    view.put([row(30)])
    check_same(loaded, view)


def test_an_old_view_still_knows_the_stories_that_came_under_a_new_model() -> None:
    old = view_of(*(row(num) for num in range(1, 6))).refitted()
    fresh = old.refitted()  # of the same store
    assert (old.hybrid, old.lengths) != (None, None)
    for new in (30, 3000):  # within what the old one has room for, and beyond
        fresh.put([row(new)])
        nums = np.array([2, new, 4])
        pool = Pool(old.store.item(1), nums, old.store, old.hybrid, lengths=old.lengths)
        plain = Pool(old.store.item(1), nums, old.store, old.hybrid)
        for channel in norms.CHANNELS:
            found, expected = getattr(pool, channel).lengths, getattr(plain, channel).lengths
            np.testing.assert_array_equal(found, expected)
            assert found.min() > 0
    check_lengths(fresh)


def test_a_view_without_stories(tmp_path: Path) -> None:
    view = View.empty(EMBEDDER.dimension)
    assert view.refitted().nearest(QUESTION, 5, EVER).tolist() == []
    assert not view.outgrown(2)
    view.save(tmp_path)
    loaded = View.load(tmp_path, 0)
    loaded.put([row(1)])
    assert loaded.outgrown(2)
    assert loaded.refitted().nearest(QUESTION, 5, EVER).tolist() == [1]


def test_a_story_without_vectors_is_passed_over() -> None:
    view = view_of(row(1), row(2)._replace(vectors=None))
    assert view.store.nums.tolist() == [1]


def test_it_is_outgrown_when_a_new_language_is_there_to_be_learned() -> None:
    view = view_of(*(row(num) for num in range(1, 41))).refitted()
    french = [row(num) for num in range(41, 41 + NEW)]
    french = [each._replace(story=replace(each.story, language="fr")) for each in french]
    view.put(french[:-1])
    assert not view.outgrown(2)
    view.put(french[-1:])
    assert view.outgrown(2)
    assert not view.refitted().outgrown(2)


def test_it_is_outgrown_at_twice_the_stories_it_was_fitted_on() -> None:
    view = view_of(*(row(num) for num in range(1, 6))).refitted()
    view.put(row(num) for num in range(6, 10))
    assert not view.outgrown(2)
    view.put([row(10)])
    assert view.outgrown(2)


MOMENTS = st.integers(-10, 10)


@settings(max_examples=25, deadline=None)
@given(
    windows=st.lists(
        st.tuples(MOMENTS, MOMENTS | st.just(ALWAYS_UNTIL), MOMENTS) | st.just((*NEVER, 0)), max_size=12
    ),
    now=MOMENTS,
    before=st.none() | MOMENTS,
)
def test_eligible_is_the_plain_rule(
    windows: list[tuple[int, int, int]], now: int, before: int | None
) -> None:
    base = encoded(story(1))
    view = View.empty(EMBEDDER.dimension)
    view.put_encoded(
        (num, replace(base, visible_from=start, visible_until=until, published=published))
        for num, (start, until, published) in enumerate(windows, 1)
    )
    expected = {
        num
        for num, (start, until, published) in enumerate(windows, 1)
        if start <= now < until and (before is None or published <= before)
    }
    assert set(view.refitted().nearest(QUESTION, 99, eligible(now, before)).tolist()) == expected
    assert {num for num in view.store.nums.tolist() if view.visible(num, now)} >= expected


def test_a_draft_is_held_but_never_eligible() -> None:
    draft = row(2)
    view = view_of(row(1), draft._replace(story=replace(draft.story, status=Status.DRAFT))).refitted()
    assert len(view.store) == 2
    assert view.nearest(QUESTION, 9, EVER).tolist() == [1]
