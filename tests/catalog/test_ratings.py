"""Ratings in their table: the newest counts, taking back brings back what was before, deletion takes all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from recommender.catalog import Catalog
from recommender.catalog.ratings import RatingRow, RatingsTable
from tests.catalog.catalog_cases import NOW, a_story, add


@pytest.fixture
def catalog(address: str) -> Iterator[Catalog]:
    with Catalog.create(address) as catalog:
        add(catalog, *(a_story(id) for id in "abc"))
        yield catalog


def row(target: str, grade: int | None, at: int, by: str = "sports-desk") -> RatingRow:
    return RatingRow("a", target, by, grade, at, "ranker", "recipe")


def test_rows_come_back_in_order_of_time_and_once(catalog: Catalog) -> None:
    table = RatingsTable(catalog)
    first = table.add([row("b", 2, 5), row("c", 0, 3), row("nowhere", 1, 4)])
    assert first[:2] == [1, 2], "each has a number"
    assert first[2] == 0, "a story that is not held is passed over"
    assert table.add([row("b", 2, 5)]) == [0], "what is held is not kept twice"
    assert [(each.target, each.grade) for each in table.all()] == [("c", 0), ("b", 2)]
    assert table.of(["a"]) == table.all()
    assert table.of(["b"]) == []


def test_an_editor_takes_back_their_own_alone(catalog: Catalog) -> None:
    table = RatingsTable(catalog)
    (before,), (after,), (other,) = (
        table.add([each]) for each in (row("b", 2, 5), row("b", None, 6), row("b", 1, 7, "night-desk"))
    )
    assert [each.num for each in table.remove([after, other], "sports-desk")] == [after]
    assert [each.num for each in table.all()] == [before, other]


@pytest.mark.parametrize("gone", ["a", "b"])
def test_a_deleted_story_takes_its_ratings_with_it(catalog: Catalog, gone: str) -> None:
    table = RatingsTable(catalog)
    table.add([row("b", 2, 5), row("c", 1, 5)])
    catalog.remove([gone], NOW)
    assert [each.target for each in table.all()] == ([] if gone == "a" else ["c"])
    assert catalog.problems() == []
