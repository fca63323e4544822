"""Ratings as files: JSON Lines or CSV, read and written. Knows no archive."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from recommender.errors import SourceError
from recommender.newsroom.editor_names import name_problem
from recommender.newsroom.ratings import Grade, Rating

FIELDS = ("source", "target", "grade", "by", "at", "ranker", "recipe")
JSONL, CSV = "jsonl", "csv"


class RatingRecord(msgspec.Struct, kw_only=True):
    """One rating as it is written down: the ids of both stories, and the grade. The rest may be missing.

    Attributes
    ----------
    at : datetime or None
        With an offset.
    """

    source: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    target: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    grade: Annotated[int, msgspec.Meta(ge=0, le=2)]
    by: str = ""
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    ranker: Annotated[str, msgspec.Meta(max_length=200)] = ""
    recipe: Annotated[str, msgspec.Meta(max_length=200)] = ""


def written(ratings: Iterable[Rating], kind: str) -> str:
    """Return ratings as a file of a kind, `JSONL` or `CSV`."""
    if kind == JSONL:
        return "".join(msgspec.json.encode(rating.to_dict()).decode() + "\n" for rating in ratings)
    text = io.StringIO()
    table = csv.DictWriter(text, FIELDS, lineterminator="\n")
    table.writeheader()
    table.writerows(rating.to_dict() for rating in ratings)
    return text.getvalue()


def read(data: bytes, name: str, by: str = "", now: datetime | None = None) -> list[Rating]:
    """Return the ratings of a file, told by its first character.

    Parameters
    ----------
    data : bytes
        JSON Lines, or CSV with the fields in its first line.
    name : str
        Of the file, for errors.
    by : str
        Who rated where a line does not say it.
    now : datetime, optional
        When they did where a line does not say it; now by default.

    Raises
    ------
    SourceError
        When a line cannot be read: nothing of the file is used.
    """
    moment, found = now or datetime.now(UTC), []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: is not UTF-8; save it as UTF-8") from error
    for line, record in _records(text, name):
        who = record.by or by
        if problem := name_problem(who):
            raise SourceError(f"{name}, line {line}: by {problem}, there or with --by")
        if record.source == record.target:
            raise SourceError(f"{name}, line {line}: source and target are one story; give two")
        found.append(
            Rating(
                source=record.source,
                target=record.target,
                grade=Grade(record.grade),
                by=who,
                at=record.at or moment,
                ranker=record.ranker,
                recipe=record.recipe,
            )
        )
    return found


def _records(text: str, name: str) -> Iterator[tuple[int, RatingRecord]]:
    is_json = text.lstrip().startswith("{")
    try:
        for line, values in _lines(text) if is_json else _rows(text, name):
            try:
                if isinstance(values, str):
                    record = msgspec.json.decode(values, type=RatingRecord)
                else:
                    record = msgspec.convert(values, RatingRecord, strict=False)
            except (msgspec.DecodeError, ValueError) as error:
                raise SourceError(
                    f"{name}, line {line}: {error}; give source, target and a grade of 0, 1 or 2"
                ) from error
            yield line, record
    except csv.Error as error:
        raise SourceError(f"{name}: is no CSV ({error}); give JSON Lines or CSV") from error


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line


def _rows(text: str, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    table = csv.DictReader(io.StringIO(text, newline=""))
    missing = [field for field in ("source", "target", "grade") if field not in (table.fieldnames or ())]
    if missing and text.strip():
        raise SourceError(
            f"{name}: its first line names no {missing[0]}; name source, target and grade there, and as far "
            "as they are known by, at, ranker and recipe"
        )
    for row in table:
        yield table.line_num, {field: row[field] for field in FIELDS if row.get(field)}
