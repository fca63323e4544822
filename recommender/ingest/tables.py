"""Tables of stories, a row each: CSV, and Parquet where pyarrow is installed.

Knows what columns are called in exports of databases and spreadsheets.
"""

from __future__ import annotations

import csv
import importlib
import io
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import zip_longest
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from recommender.errors import SourceError
from recommender.ingest.base import Found, Options, Refused
from recommender.ingest.charset import WINDOWS, letters_of
from recommender.ingest.item import Item, story_of
from recommender.ingest.refusals import checked, refused
from recommender.ingest.wordpress_common import is_story
from recommender.story import hiding_words

_DELIMITERS = (",", ";", "\t", "|")
_BATCH = 256  # rows of Parquet that are held at a time
_COLUMNS: Mapping[str, Sequence[str]] = {
    "guid": ("guid", "uuid"),
    "cms_id": ("id", "story_id", "article_id", "post_id", "nid"),
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
_BARE_NUMBER = re.compile(r"(\d+)(?:\.0)?", re.ASCII)  # as a spreadsheet may write it


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
    return text.replace("\r", "\n").partition("\n")[0]


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
        if any(row[len(names) :]):
            problem = f"has {len(row)} cells below {len(names)} columns"
            yield refused(number, "row", ", ".join(row)[:60], problem, "quote the texts that hold the mark")
        elif row:
            yield _by_name(names, row)


def _by_name(names: Sequence[str], row: Sequence[str]) -> dict[str, Any]:
    """Return the cells of a row by name: empty ones where it ends early, all of those that share a name."""
    cells: dict[str, Any] = {}
    for name, cell in zip_longest(map(_name, names), row[: len(names)], fillvalue=""):
        held = cells.get(name, cell)
        cells[name] = held if held == cell else [*(held if isinstance(held, list) else [held]), cell]
    return cells


def _stories(
    rows: Iterable[Mapping[str, Any] | Refused], kind: str, options: Options, note: str
) -> Iterator[Found | Refused]:
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Refused):
            yield row
            continue
        given = {_name(name): value for name, value in row.items()}
        types = (_text(given.get(name)).strip() for name in ("post_type", "type"))
        if no_story := next((type_ for type_ in types if not is_story(type_)), ""):
            options.passed[no_story] += 1
        else:
            item = _item(given, kind, number, note)
            _name_for_good(item, options.url)
            yield story_of(item, options)


def _name_for_good(item: Item, site: str) -> None:
    """Name a row that has no guid: a bare number is the id of a row in any other site's table, too."""
    number = _BARE_NUMBER.fullmatch(item.cms_id.strip())
    if item.guid or (number and item.url):
        return
    host = urlsplit(site).hostname if number else None
    item.guid = f"{host}:{number[1]}" if number and host else number[1] if number else item.cms_id
    if number and not host:
        item.notes.append("its id is a bare number, as in other tables: give the site (--url) or a guid")


def _item(given: Mapping[str, Any], kind: str, number: int, note: str) -> Item:
    said = {field: _text(value) for field in _COLUMNS if (value := _value(given, field)) is not None}
    item = Item(kind=kind, number=number, notes=[note] if note else [])
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
    cells = [given[name] for name in _COLUMNS[field] if name in given and given[name] not in (None, "")]
    if field == "published":  # such a column may say whether, not when
        cells.sort(key=lambda cell: _text(cell).strip().casefold() in hiding_words.YES | hiding_words.NO)
    return next(iter(cells), None)


def _name(column: str) -> str:
    return column.strip().strip('"\ufeff').lower().replace(" ", "_").replace("-", "_")


def _text(cell: object) -> str:
    if isinstance(cell, date):  # a datetime is one
        return cell.isoformat()
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    if isinstance(cell, list):
        return next((text for entry in cell if (text := _text(entry))), "")
    return cell if isinstance(cell, str) else str(cell) if isinstance(cell, int | float) else ""


def _listed(cell: object) -> list[str]:
    """Return the entries of a list, or of a text that parts them."""
    if isinstance(cell, list):
        return [text for entry in cell if (text := _text(entry))]
    text = _text(cell) if cell is not None else ""
    mark = next((mark for mark in ("|", ";", ",") if mark in text), None)
    return [entry.strip() for entry in text.split(mark) if entry.strip()]
