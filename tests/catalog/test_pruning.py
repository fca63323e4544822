"""What was told and undone long ago goes; what is still to be told, and what stands, stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from recommender.catalog import Catalog
from recommender.catalog.bulk_acts import BulkActs
from recommender.catalog.deliveries import DEAD, DONE, WAITING, Deliveries
from recommender.catalog.editor_actions import EditorActions
from recommender.catalog.pruning import prune
from recommender.catalog.tables import action_target, purge, told

BOUND = 1_000
MOST = 100


@pytest.fixture
def catalog(address: str) -> Iterator[Catalog]:
    with Catalog.create(address) as catalog:
        yield catalog


def tell(catalog: Catalog, *times: int) -> None:
    """Put changes of blocks into the outbox, all under one cause."""
    entry = {"source": "s", "url": None, "before": "[]", "after": "[]", "reason": "r"}
    with catalog.transaction() as connection:
        for at in times:
            num = connection.execute(insert(purge).values(entry | {"at": at}).returning(purge.c.num)).scalar()
            connection.execute(insert(told).values(cause="c", purge=num))


def held(catalog: Catalog) -> list[int]:
    with catalog.snapshot() as connection:
        nums = list(connection.execute(select(purge.c.num).order_by(purge.c.num)).scalars())
        assert sorted(connection.execute(select(told.c.purge)).scalars()) == nums
    return nums


def post(catalog: Catalog, now: int, state: str, due: int) -> None:
    """Post the next change alone, and settle what came of it."""
    posts = Deliveries(catalog)
    claimed = posts.claim(now, 60, 1)
    assert claimed is not None
    posts.settle(claimed.num, state, 1, due, None)


def test_what_is_older_goes_and_numbers_are_not_given_again(catalog: Catalog) -> None:
    tell(catalog, BOUND - 2, BOUND - 1, BOUND)
    assert prune(catalog, BOUND) == 2
    assert held(catalog) == [3]
    assert prune(catalog, BOUND) == 0
    assert prune(catalog, BOUND + 1) == 1
    tell(catalog, BOUND + 5)
    assert held(catalog) == [4]


def test_it_goes_a_piece_at_a_time_the_oldest_first(catalog: Catalog) -> None:
    tell(catalog, *range(10))
    assert [prune(catalog, BOUND, 4) for _ in range(4)] == [4, 4, 2, 0]


def test_what_a_clock_wrote_that_ran_ahead_keeps_nothing_behind_it(catalog: Catalog) -> None:
    tell(catalog, *[9 * BOUND] * 5, 1, 2)
    assert prune(catalog, BOUND, 2) == 2
    assert held(catalog) == [1, 2, 3, 4, 5]


def test_what_is_still_tried_stays_with_its_changes(catalog: Catalog) -> None:
    tell(catalog, 1, 2, 3)
    post(catalog, 1, DONE, 1)
    post(catalog, 2, WAITING, BOUND + 50)
    post(catalog, 3, DONE, 3)
    assert prune(catalog, BOUND) == 2  # the first change and its post
    assert held(catalog) == [2, 3]
    claimed = Deliveries(catalog).claim(BOUND + 50, 60, MOST)
    assert claimed is not None
    assert [row.num for row in Deliveries(catalog).purges(claimed.first, claimed.last, now=0)] == [2]


@pytest.mark.parametrize("state", [DONE, DEAD, WAITING])
def test_a_post_that_nobody_tries_any_more_goes(catalog: Catalog, state: str) -> None:
    tell(catalog, 1, 2)
    post(catalog, 1, state, 10)
    post(catalog, 2, DONE, 2)
    prune(catalog, BOUND)
    assert held(catalog) == []
    assert Deliveries(catalog).list() == []


def test_what_comes_is_posted_once_after_all_was_dropped(catalog: Catalog) -> None:
    tell(catalog, 1, 2)
    post(catalog, 1, DONE, 1)
    post(catalog, 2, DONE, 2)
    prune(catalog, BOUND)
    posts = Deliveries(catalog)
    posts.begin_after_present()
    assert posts.claim(BOUND, 60, MOST) is None
    tell(catalog, BOUND)
    claimed = posts.claim(BOUND, 60, MOST)
    assert claimed is not None
    assert (claimed.first, claimed.last) == (3, 3)


@settings(max_examples=30)
@given(acts=st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(0, 9)), max_size=12))
def test_acts_that_stand_are_never_dropped(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[int, int | None]]
) -> None:
    with Catalog.create(tmp_path_factory.mktemp("acts") / "catalog.sqlite") as catalog:
        hands = EditorActions(catalog)
        for at, undone_at in acts:
            num = hands.add("s", "pin", ["t"], 1, "ann", at)
            if undone_at is not None:
                hands.undo(num, "bob", undone_at)
        prune(catalog, 5)
        kept = [num for num, (_, undone) in enumerate(acts, 1) if undone is None or undone >= 5]
        assert [row.num for row in hands.of("s")] == kept
        with catalog.snapshot() as connection:
            assert sorted(connection.execute(select(action_target.c.hand)).scalars()) == kept


def test_an_act_on_many_blocks_goes_once_it_is_done_and_nothing_waits_that_takes_it_back(
    catalog: Catalog,
) -> None:
    acts = BulkActs(catalog)
    done, waits, new = (acts.add("approve", "a day", "sports-desk", at, {"s": ()}) for at in (1, 2, BOUND))
    undo = acts.add("undo", str(done), "sports-desk", BOUND, {"s": ()})

    def finish(num: int) -> None:
        for row in acts.waiting(num, MOST):
            acts.done(num, row._replace(event=0))

    finish(done)
    finish(new)
    assert prune(catalog, BOUND) == 0
    finish(undo)
    assert prune(catalog, BOUND) == 1
    assert [row.num for row in acts.latest(MOST)] == [undo, new, waits]
    assert acts.blocks(done) == []
    assert len(acts.blocks(new)) == 1
