"""Rows of tables that hold settings by name: as JSON, and in words. Knows no setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Row


def to_columns(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as its columns hold it."""
    return {**row, "values": msgspec.json.encode(row["values"]).decode()}


def from_columns(found: Row[Any]) -> dict[str, Any]:
    """Return a row with its settings by name."""
    row = dict(found._mapping)
    return row | {"values": msgspec.json.decode(row["values"])}


def plain(value: object) -> str:
    """Return a number with all its digits and no more: 0.12345678, 1."""
    return str(value).removesuffix(".0")


def in_words(values: Mapping[str, object]) -> str:
    """Return settings on one line."""
    return ", ".join(f"{name} {plain(value)}" for name, value in values.items()) or "as the file has them"
