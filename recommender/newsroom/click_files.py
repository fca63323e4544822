"""Clicks that were measured elsewhere, as a CSV file. Knows no archive."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Annotated

import msgspec

from recommender.catalog.clicks import MOST_POSITION, ClickRow
from recommender.errors import SourceError

FIELDS = ("day", "source", "target", "position", "shown", "clicked")
MOST = 10**9  # of one count

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]


class ClickRecord(msgspec.Struct, kw_only=True):
    """One line: how often a slot was shown and clicked on a day. Stories by id or address."""

    day: date
    source: Name
    target: Name
    position: Annotated[int, msgspec.Meta(ge=1, le=MOST_POSITION)]
    shown: Count
    clicked: Count


def read(data: bytes, name: str) -> list[ClickRow]:
    """Return the counts of a file, with stories as they are named there.

    Raises
    ------
    SourceError
        When a line cannot be read: nothing of the file is used.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: is not UTF-8; save it as UTF-8") from error
    table = csv.DictReader(io.StringIO(text, newline=""))  # whatever ends its lines
    try:
        if missing := set(FIELDS) - set(table.fieldnames or ()):
            raise SourceError(f"{name}: has no column {', '.join(sorted(missing))}; give {','.join(FIELDS)}")
        return [_row(record, f"{name}, line {table.line_num}") for record in table]
    except csv.Error as error:
        problem = f"is no CSV ({error}); save it anew"
        raise SourceError(f"{name}, line {table.line_num + 1}: {problem}") from error


def _row(record: dict[str | None, str], line: str) -> ClickRow:
    try:
        one = msgspec.convert({field: record[field] for field in FIELDS}, ClickRecord, strict=False)
    except msgspec.ValidationError as error:
        raise SourceError(f"{line}: {error}; give {','.join(FIELDS)}") from error
    if one.clicked > one.shown:
        raise SourceError(f"{line}: clicked is {one.clicked}, more than shown, {one.shown}; mend one")
    return ClickRow(one.day.isoformat(), one.source, one.target, one.position, one.shown, one.clicked)
