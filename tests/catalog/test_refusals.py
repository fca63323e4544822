"""What was refused: the last of each story, until it is taken, and no more than is kept."""

from __future__ import annotations

from recommender.catalog import Catalog
from recommender.catalog.refusals import DAYS, KEPT, LONGEST, Refusals
from recommender.errors import StoryError
from tests.catalog.catalog_cases import NOW, a_story, add


def wrong(id: str, value: object = "soon") -> StoryError:
    return StoryError(id, "published", value, "is no time", "send RFC 3339")


def test_the_last_refusal_of_each_story_is_told_until_it_is_taken(catalog: Catalog) -> None:
    refusals = Refusals(catalog)
    refusals.add("POST /stories", [wrong("a"), wrong("b"), wrong("a", "later")], now=NOW)
    total, rows = refusals.latest(10, NOW)
    assert total == 2
    assert {(row.story, row.value) for row in rows} == {("a", "'later'"), ("b", "'soon'")}
    add(catalog, a_story("a"))
    assert [row.story for row in refusals.latest(10, NOW)[1]] == ["b"]


def test_a_story_that_is_held_is_told_when_a_later_version_is_refused(catalog: Catalog) -> None:
    add(catalog, a_story("a"))
    Refusals(catalog).add("POST /stories", [wrong("a")], now=NOW)
    assert Refusals(catalog).latest(10, NOW)[0] == 1


def test_what_sends_nonsense_without_end_fills_no_disk(catalog: Catalog) -> None:
    refusals = Refusals(catalog)
    refusals.add("POST /stories", [wrong("first", "x" * 10_000)], now=NOW - 1)
    refusals.add("POST /stories", [wrong(f"story-{n}", "x" * 10_000) for n in range(KEPT + 5)], now=NOW)
    total, rows = refusals.latest(KEPT + 5, NOW)
    assert total == len(rows) == KEPT
    assert "first" not in {row.story for row in rows}
    assert all(len(part) <= LONGEST for row in rows for part in row[:-1])


def test_what_came_without_an_id_goes_after_some_days(catalog: Catalog) -> None:
    refusals = Refusals(catalog)
    refusals.add("POST /stories", [wrong("line 2")], now=NOW)
    end = NOW + DAYS * 86_400
    assert refusals.latest(10, end)[0] == 1
    assert refusals.latest(10, end + 1) == (0, [])


def test_a_deleted_story_is_quoted_by_no_refusal(catalog: Catalog) -> None:
    refusals = Refusals(catalog)
    add(catalog, a_story("a"))
    refusals.add("POST /stories", [wrong("a"), wrong("never-held"), wrong("b")], now=NOW)
    catalog.remove(["a", "never-held"], NOW)
    assert [row.story for row in refusals.latest(10, NOW)[1]] == ["b"]
