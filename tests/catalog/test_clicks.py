"""Counts of clicks in their table: they add up, replace, are forgotten, and go with their stories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Connection, Engine, event

from recommender.catalog import Catalog
from recommender.catalog import clicks as clicks_module
from recommender.catalog.clicks import MOST_AT_ONCE, ClickRow, ClicksTable
from tests.catalog.catalog_cases import NOW, a_story, add
from tests.plans import scans, statements

DAY, NEXT = "2026-03-03", "2026-03-04"


@pytest.fixture
def catalog(address: str) -> Iterator[Catalog]:
    with Catalog.create(address) as catalog:
        add(catalog, *(a_story(id) for id in "abc"))
        yield catalog


def counts(table: ClicksTable, since: str = DAY) -> list[tuple[str, str, int, int, int]]:
    return [(row.source, row.target, row.position, row.shown, row.clicked) for row in table.since(since)]


def test_counts_add_up_by_slot_and_day(catalog: Catalog) -> None:
    table = ClicksTable(catalog)
    assert table.add([ClickRow(DAY, "a", "b", 1, 2, 1), ClickRow(DAY, "a", "nowhere", 2, 1, 0)]) == 1
    assert table.add([ClickRow(DAY, "a", "b", 1, 3, 0), ClickRow(DAY, "a", "b", 2, 1, 0)]) == 2
    assert table.add([ClickRow(NEXT, "a", "b", 1, 1, 1)]) == 1
    assert counts(table) == [("a", "b", 1, 6, 2), ("a", "b", 2, 1, 0)]
    assert counts(table, NEXT) == [("a", "b", 1, 1, 1)]


def test_counts_of_whole_days_are_read_as_they_are_kept_the_newest_first(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, nums = ClicksTable(catalog), catalog.nums_of(["a", "b"])
    table.add([ClickRow(day, "a", "b", 2, 3, 1) for day in ("2026-03-02", DAY, NEXT, "2026-03-05")])
    rows = table.by_day(DAY, "2026-03-05").tolist()
    assert rows == [(day, nums["a"], nums["b"], 2, 3, 1) for day in (NEXT, DAY)]
    monkeypatch.setattr(clicks_module, "MOST_READ", 1)
    assert table.by_day(DAY, "2026-03-05").tolist() == rows[:1]
    assert not len(table.by_day("2027-01-01", "2027-02-01"))


def test_what_comes_from_elsewhere_replaces(catalog: Catalog) -> None:
    table = ClicksTable(catalog)
    for _ in range(2):
        table.add([ClickRow(DAY, "a", "b", 1, 3, 1)], replacing=True)
    assert counts(table) == [("a", "b", 1, 3, 1)]


def test_old_days_are_forgotten(catalog: Catalog) -> None:
    table = ClicksTable(catalog)
    table.add([ClickRow(day, "a", "b", 1, 1, 0) for day in (DAY, NEXT)])
    table.forget(NEXT)
    assert counts(table) == [("a", "b", 1, 1, 0)]


@pytest.mark.usefixtures("path")  # whose plans are looked at
def test_old_days_are_forgotten_in_short_transactions(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clicks_module, "MOST_AT_ONCE", 3)
    table = ClicksTable(catalog)
    table.add([ClickRow(day, "a", "b", place, 1, 0) for place in range(1, 8) for day in (DAY, NEXT)])
    with statements() as asked:
        table.forget(NEXT)
    assert counts(table) == [("a", "b", place, 1, 0) for place in range(1, 8)]
    assert scans(catalog, asked) == []


def test_a_day_has_so_many_rows(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clicks_module, "MOST_A_DAY", 1)
    table = ClicksTable(catalog)
    table.add([ClickRow(DAY, "a", "b", 1, 1, 0), ClickRow(DAY, "a", "c", 2, 1, 0)])
    table.add([ClickRow(DAY, "a", "b", 1, 1, 1), ClickRow(NEXT, "a", "c", 2, 1, 0)])
    assert counts(table) == [("a", "b", 1, 2, 1), ("a", "c", 2, 1, 0)]


def test_many_rows_are_a_few_statements_in_short_transactions(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that no other writer waits for what anybody may send."""
    statements, writes = Counter[bool](), list[None]()
    transaction = catalog.transaction

    def counted() -> AbstractContextManager[Connection]:
        writes.append(None)
        return transaction()

    def executed(*args: object) -> None:
        statements[bool(args[-1])] += 1

    monkeypatch.setattr(catalog, "transaction", counted)
    table = ClicksTable(catalog)
    rows = [
        ClickRow(DAY, source, target, n, 1, 0) for source, target in ("ab", "ba", "ca") for n in range(1, 401)
    ]
    event.listen(Engine, "before_cursor_execute", executed)
    try:
        assert table.add(rows) == len(rows)
        monkeypatch.setattr(clicks_module, "MOST_A_DAY", len(rows))
        assert table.add([*rows, ClickRow(DAY, "c", "b", 1, 1, 0)]) == len(rows), "the day is full"
    finally:
        event.remove(Engine, "before_cursor_execute", executed)
    assert len(writes) == 2 * -(-len(rows) // MOST_AT_ONCE)
    assert statements[True] <= 3 * len(writes), "one writes them all"
    assert statements.total() < len(rows) / 10
    assert {shown for *_, shown, _ in counts(table)} == {2}


@pytest.mark.parametrize("gone", ["a", "b"])
def test_a_deleted_story_takes_its_counts_with_it(catalog: Catalog, gone: str) -> None:
    table = ClicksTable(catalog)
    table.add([ClickRow(DAY, "a", "b", 1, 1, 0)])
    catalog.remove([gone], NOW)
    assert counts(table) == []
