"""A copied catalog holds every row and number of the first, or is none; one that moves takes no writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Connection, Float, Integer, LargeBinary, Table, insert, select

from recommender.catalog import Catalog
from recommender.catalog.backends import backend_at
from recommender.catalog.copying import Content, content_of, copy
from recommender.catalog.database import MOVES_TO
from recommender.catalog.standstill import go_on, moves_to, stand_still
from recommender.catalog.tables import metadata
from recommender.errors import ArchiveDiskError, ArchiveError

TABLES = metadata.sorted_tables
ODD = ("", "tab\t", "line\nend\r\n", "\\N", "\\.", "'\"{}, ;$1 %s", "日本語 🙂", "\u00a0\u2028\x7f", "NULL")
ALLOWED = {"state": "waiting", "grade": 1, "op": "put"}  # where a table takes some values alone
KINDS = {"link": "text"}
GIVEN_OUT = 1000  # a number of a row that was deleted since


def fill(connection: Connection) -> None:
    """Write odd rows into every table, whatever tables there are by now."""
    for table in TABLES:
        if table.name == "schema_version":
            continue
        for turn, odd in enumerate(ODD):
            row = {column.name: value(connection, column, turn, odd) for column in table.columns}
            if turn and all(column.foreign_keys for column in table.primary_key):
                break  # it has one row for each row of another
            connection.execute(insert(table).values(row))


def value(connection: Connection, column: Any, turn: int, odd: str) -> object:
    if column.foreign_keys:
        (key,) = column.foreign_keys
        return connection.execute(select(key.column)).scalars().first()
    if column.name in ALLOWED or (column.name == "kind" and column.table.name in KINDS):
        return ALLOWED.get(column.name) or KINDS[column.table.name]
    if column.nullable and turn == 1:
        return None
    if isinstance(column.type, Boolean):
        return bool(turn % 2)
    if isinstance(column.type, Integer):
        most = 2**31 - 1 if type(column.type) is Integer else 2**62
        return turn + 1 if column.primary_key else most - turn
    if isinstance(column.type, Float):
        return (0.1 + 0.2, -0.0, 1e-300, 5e-324)[turn % 4]
    return bytes(range(256)) * turn if isinstance(column.type, LargeBinary) else f"{odd}{turn}"


def rows(connection: Connection, table: Table) -> list[tuple[object, ...]]:
    question = select(table).where(table.c.key != MOVES_TO) if table.name == "setting" else select(table)
    return sorted(map(tuple, connection.execute(question)), key=repr)


@pytest.fixture
def source(address: str) -> Iterator[Catalog]:
    with Catalog.create(address) as made:
        with made.transaction() as connection:
            fill(connection)
            backend_at(address).go_on_from(connection, {"story": GIVEN_OUT, "change": GIVEN_OUT})
        yield made


def test_every_row_of_every_table_is_copied(source: Catalog, other_address: str) -> None:
    stand_still(source, "there")
    copied = copy(source, other_address)
    with source.snapshot() as one, Catalog.open(other_address, read_only=True).snapshot() as other:
        for table in TABLES:
            held = rows(one, table)
            assert rows(other, table) == held
            assert copied[table.name].rows == len(held) > 0
        assert {table.name: content_of(other, table) for table in TABLES} == copied


def test_no_number_of_a_deleted_row_is_given_again(source: Catalog, other_address: str) -> None:
    copy(source, other_address)
    with Catalog.open(other_address) as other, other.transaction() as connection:
        for name in ("story", "change", "link", "purge"):
            table = metadata.tables[name]
            highest = max(row[0] for row in rows(connection, table))
            row = {column.name: value(connection, column, 99, "new") for column in table.columns}
            (key,) = table.primary_key.columns
            del row[key.name]
            (num,) = connection.execute(insert(table).values(row).returning(key)).one()
            assert num > max(highest, GIVEN_OUT if name in ("story", "change") else 0)


def test_where_a_row_is_lost_on_the_way_there_is_no_catalog_and_nothing_is_in_the_way_of_the_next(
    source: Catalog, other_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = type(backend_at(other_address))
    load = backend.load

    def lossy(self: object, connection: Connection, table: Table, rows: Any) -> None:
        load(self, connection, table, rows[1:] if table.name == "link" else rows)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(backend, "load", lossy)
        with pytest.raises(ArchiveError, match=r"table link holds 8 rows .* 9 .* were read; nothing"):
            copy(source, other_address)
    with pytest.raises(ArchiveError, match="is empty; make an archive with"):
        Catalog.open(other_address)
    assert copy(source, other_address)["link"].rows == len(ODD)
    with pytest.raises(ArchiveError, match="exists already; move to another place"):
        copy(source, other_address)


def test_one_that_moves_is_read_and_not_written_by_whoever_has_it_open(source: Catalog) -> None:
    with Catalog.open(source.address) as other:
        other.set_setting("zone", "Asia/Dhaka")
        stand_still(source, "there")
        for each in (source, other):
            with pytest.raises(ArchiveDiskError, match="only read: it moves to there, write there once that"):
                each.set_setting("zone", "UTC")
            assert each.read_only
            assert each.is_unwritable  # so nobody takes it for a fault
            assert not each.write_problem
            assert moves_to(each) == "there"
            assert each.setting("zone") == "Asia/Dhaka"
        with Catalog.open(source.address) as late, pytest.raises(ArchiveDiskError, match="moves to there"):
            late.set_setting("zone", "UTC")
        go_on(source)
        for each in (source, other):
            each.set_setting("zone", "UTC")
            assert not each.read_only
            assert not moves_to(each)


def test_the_checksum_tells_any_two_contents_apart_and_not_the_order_of_rows() -> None:
    @settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(st.none() | st.integers(-9, 9) | st.text(max_size=2) | st.binary(max_size=2))))
    def check(given: list[tuple[object, ...]]) -> None:
        assert Content.of([given]) == Content.of([given[::-1][:1], given[::-1][1:]])
        for other in ([*given, (0,)], given[:-1], [*given[:-1], ("another",)]):
            if sorted(map(repr, other)) != sorted(map(repr, given)):
                assert Content.of([other]) != Content.of([given])

    check()
