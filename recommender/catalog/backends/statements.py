"""Statements whose form depends on the database that they are for. Knows no table."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Boolean, ColumnElement, Connection, Table, Text, bindparam
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

IN_LIST = 500  # values in one IN (...): SQLite before 3.32 takes at most 999 parameters a statement
T = TypeVar("T")


def among(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that a column has one of the values `some`, which are given when it is asked.

    So a statement is put together once: that takes several times as long as to ask it.
    """
    return column.in_(bindparam("some", expanding=True))


def in_lists(values: Iterable[T], width: int = 1) -> Iterator[list[T]]:
    """Cut `values`, of so many parameters each, into lists that each fit one IN (...)."""
    every, length = list(values), IN_LIST // width
    return (every[start : start + length] for start in range(0, len(every), length))


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
