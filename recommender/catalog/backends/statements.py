"""Statements whose form depends on the database that they are for. Knows no table."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from itertools import repeat
from typing import Any, NamedTuple, TypeVar, cast

from sqlalchemy import (
    Boolean,
    ColumnElement,
    CompoundSelect,
    Connection,
    Dialect,
    Select,
    Table,
    Text,
    bindparam,
)
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

IN_LIST = 500  # values in one IN (...): SQLite before 3.32 takes at most 999 parameters a statement
T = TypeVar("T")
Statement = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]


def among(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that a column has one of the values `some`, which are given when it is asked.

    So a statement is put together once: that takes several times as long as to ask it.
    """
    return column.in_(bindparam("some", expanding=True))


def in_lists(values: Iterable[T], width: int = 1) -> Iterator[list[T]]:
    """Cut `values`, of so many parameters each, into lists that each fit one IN (...)."""
    every, length = list(values), IN_LIST // width
    return (every[start : start + length] for start in range(0, len(every), length))


class Question:
    """A statement that is asked again and again: see `CatalogReader.ask`, or `of` within a transaction.

    SQLAlchemy puts it together, and the driver is asked: SQLAlchemy takes five times as long to ask as SQLite
    takes to answer.

    Parameters
    ----------
    statement : Statement
        Its rows come as the database keeps them.
    times : int
        How often `some` (see `among`) stands in it.
    """

    def __init__(self, statement: Statement, times: int = 1) -> None:
        self.statement, self.times = statement, times
        self._forms: dict[tuple[str, int], _Form] = {}

    def of(
        self, connection: Connection, some: Iterable[object] | None = None, **others: object
    ) -> list[tuple[Any, ...]]:
        """Return the answer within a transaction that the caller holds.

        Parameters
        ----------
        connection : Connection
        some : iterable, optional
            The values `some`, where the statement is about such; it is asked as often as it takes.
        **others
            Its other parameters.
        """
        lists = [()] if some is None else in_lists(some, self.times)
        driver, dialect = connection.connection, connection.dialect
        return [row for each in lists for row in self.rows(driver, dialect, each, others)]

    def rows(
        self,
        connection: DBAPIConnection,
        dialect: Dialect,
        some: Sequence[object],
        others: Mapping[str, object],
    ) -> list[tuple[Any, ...]]:
        """Return the answer about some values, no more than one statement takes."""
        with closing(connection.cursor()) as cursor:
            cursor.execute(*self.asked(dialect, some, others))
            return list(cursor.fetchall())

    def asked(
        self, dialect: Dialect, some: Sequence[object], others: Mapping[str, object]
    ) -> tuple[str, Sequence[object] | dict[str, object]]:
        """Return the statement about some values as text, and the parameters beside it."""
        size = 1 << (len(some) - 1).bit_length() if some else 0  # few texts do for all lengths
        form = self._forms.get((dialect.name, size)) or self._put_together(dialect, size)
        values = [*some, *repeat(some[-1], size - len(some))] if some else []
        values += [others[name] for name in form.others]
        values += form.fixed
        if form.places is None:
            return form.text, dict(zip(form.names, values, strict=True))
        return form.text, [values[place] for place in form.places]

    def _put_together(self, dialect: Dialect, size: int) -> _Form:
        """Return the statement about so many values as text, and where its parameters go."""
        compiled = self.statement.compile(dialect=dialect)
        told = {name: bind for bind, name in compiled.bind_names.items() if not bind.expanding}
        others = [name for name, bind in told.items() if bind.required]
        fixed = {name: bind.value for name, bind in told.items() if not bind.required}
        expanded = {"some": [None] * size} if size else {}
        text = compiled.construct_expanded_state({**expanded, **dict.fromkeys(others), **fixed})
        names = [*(f"some_{place}" for place in range(1, size + 1)), *others, *fixed]
        order = text.positiontup
        places = None if order is None else [names.index(name) for name in order]
        form = _Form(text.statement, names, others, [*fixed.values()], places)
        self._forms[dialect.name, size] = form
        return form


class _Form(NamedTuple):
    """A statement as text: the names of its parameters, and where they go, if not by name.

    First come the values `some`, then what is told when it is asked, then what is `fixed`.
    """

    text: str
    names: Sequence[str]
    others: Sequence[str]
    fixed: Sequence[object]
    places: Sequence[int] | None


def insert_into(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that can be told what to do where a row is held; PostgreSQL's has the same methods."""
    return _insert_into(connection.dialect.name, table)


def upsert(connection: Connection, table: Table, *keys: str) -> Insert:
    """Return an INSERT that replaces the other columns where `keys` are held already."""
    return _upsert(connection.dialect.name, table, keys)


def insert_once(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that leaves what is held already as it is."""
    return _insert_once(connection.dialect.name, table)


@cache
def _upsert(dialect: str, table: Table, keys: tuple[str, ...]) -> Insert:
    statement = _insert_into(dialect, table)
    others = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=others)


@cache
def _insert_once(dialect: str, table: Table) -> Insert:
    return _insert_into(dialect, table).on_conflict_do_nothing()


def _insert_into(dialect: str, table: Table) -> Insert:
    module = importlib.import_module(f"sqlalchemy.dialects.{dialect}")  # loaded by now
    return cast(Insert, module.insert(table))


class json_member(GenericFunction[str]):
    """A member of the JSON object in a column of texts, as a text; only for rows that are `is_json`."""

    type = Text()
    inherit_cache = True


class is_json(GenericFunction[bool]):
    """Whether the text in a column is JSON."""

    type = Boolean()
    inherit_cache = True


@compiles(json_member)
def _member_in_sqlite(element: json_member, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    document, name = (compiler.process(each, **options) for each in element.clauses)
    return f"json_extract({document}, '$.' || {name})"


@compiles(json_member, "postgresql")
def _member_in_postgresql(element: json_member, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    document, name = (compiler.process(each, **options) for each in element.clauses)
    return f"(CAST({document} AS JSON) ->> {name})"


@compiles(is_json)
def _json_in_sqlite(element: is_json, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"json_valid({compiler.process(element.clauses, **options)})"


@compiles(is_json, "postgresql")
def _json_in_postgresql(element: is_json, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"({compiler.process(element.clauses, **options)} IS JSON)"
