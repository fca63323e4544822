"""Tables of stories, a row each: CSV, and Parquet where pyarrow is installed.

Knows what columns are called in exports of databases and spreadsheets.
"""

from __future__ import annotations

import csv
import importlib
import io
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, BinaryIO

from recommender.errors import SourceError
from recommender.ingest.base import Found, Options, Refused
from recommender.ingest.charset import WINDOWS, letters_of
from recommender.ingest.item import Item, story_of
from recommender.ingest.refusals import checked, refused

_DELIMITERS = (",", ";", "\t", "|")
_BATCH = 256  # rows of Parquet that are held at a time
_COLUMNS: Mapping[str, Sequence[str]] = {
    "guid": ("id", "guid", "story_id", "article_id", "post_id", "uuid"),
    "headline": ("headline", "title", "post_title", "heading"),
    "published": ("published", "published_at", "publish_date", "published_date", "date", "pubdate",
                  "post_date", "post_date_gmt", "publication_date", "created_at", "created"),
    "updated": ("updated", "updated_at", "modified", "modified_at", "post_modified", "last_modified"),
    "url": ("url", "link", "permalink", "address"),
    "canonical": ("canonical_url", "canonical"),
    "deck": ("deck", "description", "excerpt", "summary", "post_excerpt", "subtitle", "standfirst", "lead"),
    "body": ("body", "content", "post_content", "html", "text", "article", "body_html", "full_text"),
    "section": ("section", "category", "categories", "desk", "rubric"),
    "language": ("language", "lang", "locale"),
    "image": ("image", "image_url", "featured_image", "thumbnail"),
    "caption": ("image_caption", "caption"),
    "type": ("type", "kind", "post_type"),
    "revision": ("revision", "version"),
    "tags": ("tags", "keywords", "topics"),
    "authors": ("authors", "author", "byline", "post_author"),
    "status": ("status", "post_status", "state"),
}  # fmt: skip


class Csv:
    """A table as text; columns parted by commas, semicolons, tabs or bars, named in its first line."""

    kind = "csv"

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by the first line: it names a headline, and what else a story has."""
        return _delimiter(_first_line(head)) is not None

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the stories of a table, row by row."""
        raw = io.BufferedReader(file) if isinstance(file, io.RawIOBase) else file
        head = raw.peek(1 << 16) if isinstance(raw, io.BufferedReader) else raw.read(1 << 16)
        if not isinstance(raw, io.BufferedReader):
            raw.seek(0)
        letters = letters_of(head)
        text = io.TextIOWrapper(raw, letters.encoding, errors=WINDOWS, newline="")
        try:
            yield from checked(_stories(_rows(text), self.kind, options, letters.note), options, "row")
        finally:
            text.detach()


class Parquet:
    """A table in columns, as data stores export it."""

    kind = "parquet"

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by the format's mark."""
        return head.startswith(b"PAR1")

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the stories of a table, some rows in memory at a time."""
        try:
            arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
        except ImportError as error:
            way_out = "install it with: pip install 'related-stories[import]'"
            raise SourceError(f"{options.name} is Parquet, which needs pyarrow; {way_out}") from error
        try:
            table = parquet.ParquetFile(file if file.seekable() else io.BytesIO(file.read()))
            batches = (_with_bytes(arrow, batch) for batch in table.iter_batches(_BATCH))
            rows = (row for batch in batches for row in batch.to_pylist())
            yield from checked(_stories(rows, self.kind, options, ""), options, "row")
        except (arrow.ArrowException, OSError, UnicodeDecodeError) as error:
            problem = " ".join(str(error).split())[:200]
            raise SourceError(f"{options.name} is torn Parquet ({problem}); export it again") from error


def _with_bytes(arrow: Any, batch: Any) -> Any:  # noqa: ANN401 (pyarrow has no types)
    """Return some rows with their texts as bytes: one that is no UTF-8 would cost all of them."""
    as_bytes = {arrow.string(): arrow.binary(), arrow.large_string(): arrow.large_binary()}
    columns = [column.cast(as_bytes.get(column.type, column.type)) for column in batch.columns]
    return arrow.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _first_line(head: bytes) -> str:
    text = head.decode(letters_of(head).encoding, "replace").lstrip("\ufeff\r\n")
    return text.partition("\n")[0]


def _delimiter(line: str) -> str | None:
    """Return what parts the columns of a table whose first line this is; None where it is none."""
    for mark in _DELIMITERS:
        try:
            names = {_name(name) for name in next(csv.reader([line], delimiter=mark), [])}
        except csv.Error:
            return None
        if (
            names & set(_COLUMNS["headline"])
            and len([1 for known in _COLUMNS.values() if names & set(known)]) > 1
        ):
            return mark
    return None


def _rows(text: io.TextIOWrapper) -> Iterator[Mapping[str, Any] | Refused]:
    """Yield the rows of a text by the names of their columns."""
    csv.field_size_limit(sys.maxsize)  # what is too long is refused by the limits of a story
    first = text.readline().lstrip("\ufeff")
    delimiter = _delimiter(first)
    if delimiter is None:
        yield refused(1, "columns", first[:60], "name no headline", "name the columns in the first line")
        return
    names = next(csv.reader([first], delimiter=delimiter), [])
    rows = csv.reader(text, delimiter=delimiter)
    number = 0
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield refused(number, "row", "", f"cannot be read ({error})", "export it again")
            return
        if row:
            yield dict(zip(names, row, strict=False))


def _stories(
    rows: Iterable[Mapping[str, Any] | Refused], kind: str, options: Options, note: str
) -> Iterator[Found | Refused]:
    for number, row in enumerate(rows, start=1):
        yield row if isinstance(row, Refused) else story_of(_item(row, kind, number, note), options)


def _item(row: Mapping[str, Any], kind: str, number: int, note: str) -> Item:
    given = {_name(name): value for name, value in row.items()}
    said = {field: _text(value) for field in _COLUMNS if (value := _value(given, field)) is not None}
    item = Item(kind=kind, number=number, notes=[note] if note else [], cms_id=said.get("guid", ""))
    for field in _COLUMNS.keys() - {"tags", "authors", "status"}:
        setattr(item, field, said.get(field, ""))
    item.tags, item.authors = _listed(_value(given, "tags")), _listed(_value(given, "authors"))
    if _unstated(given):
        item.hide("it has no status")
    item.obey(given)
    return item


def _unstated(given: Mapping[str, Any]) -> bool:
    """Return whether there are columns for a status and all are empty: nothing says that a row is public."""
    states = [given[name] for name in _COLUMNS["status"] if name in given]
    return bool(states) and not any(_text(state).strip() for state in states)


def _value(given: Mapping[str, Any], field: str) -> Any:  # noqa: ANN401 (a cell)
    cells = (given[name] for name in _COLUMNS[field] if name in given)
    return next((cell for cell in cells if cell is not None and cell != ""), None)


def _name(column: str) -> str:
    return column.strip().strip('"\ufeff').lower().replace(" ", "_").replace("-", "_")


def _text(cell: object) -> str:
    if isinstance(cell, date):  # a datetime is one
        return cell.isoformat()
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return cell if isinstance(cell, str) else str(cell) if isinstance(cell, int | float) else ""


def _listed(cell: object) -> list[str]:
    """Return the entries of a list, or of a text that parts them."""
    if isinstance(cell, list):
        return [text for entry in cell if (text := _text(entry))]
    text = _text(cell) if cell is not None else ""
    mark = next((mark for mark in ("|", ";", ",") if mark in text), None)
    return [entry.strip() for entry in text.split(mark) if entry.strip()]
