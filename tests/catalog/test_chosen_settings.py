"""Choices of settings and comparisons are rows: of one moment, in the audit log, led from older catalogs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import update

from recommender.catalog import Catalog, values
from recommender.catalog.audit import AuditLog
from recommender.catalog.chosen_settings import ChosenSettings
from recommender.catalog.comparisons import NOW, TRIED, Comparisons, TeamClicks
from recommender.catalog.tables import ON_VERSION_25, VERSION_25, metadata, schema_version
from tests.catalog.catalog_cases import a_story, add
from tests.plans import scans, statements

WHO = {"by": "sports-desk", "note": "why"}


def choice(values: Mapping[str, object], **fields: object) -> dict[str, object]:
    return {"values": values, **WHO, "at": 1, **fields}


def counted(catalog: Catalog) -> dict[str, int]:
    newest = Comparisons(catalog).all(1)[0]
    return {name: newest[name] for name in ("wins", "losses", "ties", "clicks", "clicks_now")}


def clicked(comparison: int, day: str, source: str, now: int, tried: int) -> list[TeamClicks]:
    return [TeamClicks(comparison, day, source, team, 9, n) for team, n in ((NOW, now), (TRIED, tried))]


def test_one_that_was_not_seen_is_not_chosen_over_nor_what_readers_compare(catalog: Catalog) -> None:
    chosen, comparisons = ChosenSettings(catalog), Comparisons(catalog)
    assert chosen.read() == (None, None)
    assert chosen.add(choice({"slots": 3}), 0) == 1
    assert chosen.add(choice({"slots": 4}), 0) is None
    assert comparisons.start({"values": {"recency": 1}, **WHO}, 2, 0, 0) is None
    assert comparisons.start({"values": {"recency": 1}, **WHO}, 2, 0, 1) == 1
    assert comparisons.start({"values": {"recency": 2}, **WHO}, 2, 0, 1) is None
    assert chosen.add(choice({"slots": 4}), 1) is None
    newest, runs = chosen.read()
    assert newest == chosen.newest() == chosen.get(1) == chosen.all()[-1]
    assert runs is not None
    assert (newest and newest["values"], runs["num"]) == ({"slots": 3}, 1)
    assert comparisons.stop("night-desk", 3, 0)
    assert not comparisons.stop("night-desk", 3, 0)
    assert chosen.add(choice({}, at=4, puts_back=1), 1) == 2
    told = [entry[1:] for entry in reversed(AuditLog(catalog).latest(9))]
    assert told == [
        ("settings.choose", "1", "sports-desk", "", "slots 3"),
        ("comparison.start", "1", "sports-desk", "", "recency 1"),
        ("comparison.stop", "1", "night-desk", "", ""),
        ("settings.put-back", "2", "sports-desk", "", "as the file has them"),
    ]


def test_a_look_reads_the_newest_row_alone(catalog: Catalog) -> None:
    chosen = ChosenSettings(catalog)
    for num in range(3):
        chosen.add(choice({"slots": num + 1}), num)
    with statements() as asked:
        newest, _ = chosen.read()
    assert newest == chosen.all()[-1]
    assert [row["num"] for row in chosen.all(2)] == [2, 3]
    assert all("LIMIT" in each for each in asked if each.startswith("SELECT"))


def test_what_was_counted_is_summed_up_and_outlives_its_rows(catalog: Catalog) -> None:
    add(catalog, a_story("one"), a_story("other"))
    comparisons = Comparisons(catalog)
    comparisons.start({"values": {}, **WHO}, 1, 0, 0)
    rows = [clicked(1, "2024-05-01", "one", 1, 3), clicked(1, "2024-05-01", "other", 2, 2)]
    rows += [clicked(1, "2024-05-02", "one", 5, 0), clicked(2, "2024-05-02", "one", 9, 9)]
    comparisons.add([each for some in rows for each in some], 0)
    found = counted(catalog)
    assert found == {"wins": 1, "losses": 1, "ties": 1, "clicks": 5, "clicks_now": 8}
    assert comparisons.forget("2025-01-01", 100) == 0, "while it runs its rows are counted"
    comparisons.stop("night-desk", 2, 0)
    assert comparisons.forget("2024-05-02", 3) == 3
    assert comparisons.forget("2024-05-02", 3) == 1
    assert counted(catalog) == found
    comparisons.start({"values": {}, **WHO}, 3, 0, 0)
    assert comparisons.forget("2025-01-01", 100) == 2
    assert set(counted(catalog).values()) == {0}


def test_a_sum_reads_the_rows_of_its_comparison_alone(path: Path) -> None:
    with Catalog.create(path) as catalog:
        Comparisons(catalog).start({"values": {}, **WHO}, 1, 0, 0)
        with statements() as asked:
            counted(catalog)
        assert scans(catalog, asked) == []


def test_a_story_that_is_deleted_takes_its_counts_along(catalog: Catalog) -> None:
    add(catalog, a_story("one"))
    comparisons = Comparisons(catalog)
    comparisons.start({"values": {}, **WHO}, 1, 0, 0)
    comparisons.add(clicked(1, "2024-05-01", "one", 1, 3), 0)
    catalog.remove(["one"], 2)
    assert set(counted(catalog).values()) == {0}


def test_an_older_catalog_keeps_its_choices_and_comparisons(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    first = {"num": 1, **choice({"slots": 3}, at=7)}
    second = {"num": 2, **choice({}, at=8, puts_back=1)}
    ended = {"num": 1, **choice({"recency": 0.5}), "ended_by": "night-desk", "ended_at": 9}
    with Catalog.create(path) as catalog, catalog.transaction() as connection:
        for index in ON_VERSION_25:
            index.drop(connection)
        metadata.drop_all(connection, tables=VERSION_25)
        values.put(connection, "chosen_settings", [first, second])
        values.put(connection, "comparisons", [ended, {"num": 2, **choice({"recency": 1})}])
        connection.execute(update(schema_version).values(version=24))
    with Catalog.open(path) as catalog:
        assert ChosenSettings(catalog).all() == [first | {"puts_back": None}, second]
        told = Comparisons(catalog).all()
        assert [row.items() >= ended.items() for row in told] == [True, False]
        newest, runs = ChosenSettings(catalog).read()
        assert (newest and newest["num"], runs and runs["num"]) == (2, 2)
        assert catalog.settings().keys().isdisjoint({"chosen_settings", "comparisons"})
