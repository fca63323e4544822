"""Stories in JSON of content management systems: documents as they come, and reading them without surprises.

Knows JSON, not what a system calls the parts of a story.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import BinaryIO

import msgspec

from recommender.ingest.base import Found, Options, Refused
from recommender.ingest.item import Item, story_of
from recommender.ingest.refusals import checked, refused
from recommender.ingest.values import split

LARGEST = 128 << 20  # bytes of one document: an export that is one object is held as a whole
Json = Mapping[str, object]
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def starts_json(head: bytes) -> bool:
    """Return whether a file begins as JSON does."""
    return head.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1] in (b"{", b"[")


def names_all(head: bytes, *names: str) -> bool:
    """Return whether a JSON text that begins so gives values to all of these names."""
    return starts_json(head) and all(
        re.search(rb'"%s"\s*:' % re.escape(name.encode()), head) for name in names
    )


def stories_in(
    file: BinaryIO, options: Options, what: str, items: Callable[[object], Iterator[Item | str]]
) -> Iterator[Found | Refused]:
    """Yield the stories of a file of documents.

    Parameters
    ----------
    file, options
        As a source is given them.
    what : str
        What the file should hold, in words.
    items : callable
        Gives the stories in a document; of what is none its type, in a word.
    """

    def found() -> Iterator[Found | Refused]:
        numbers = count(1)
        for document in documents(file):
            if isinstance(document, Refused):
                yield document
                continue
            for item in items(document):
                if isinstance(item, str):
                    options.passed[item] += 1
                else:
                    item.number = next(numbers)
                    yield story_of(item, options)

    yield from checked(found(), options, what)


def documents(file: BinaryIO) -> Iterator[object]:
    """Yield the objects of a file, of an array those in it; `Refused` for what is none."""
    for value in split(file, LARGEST):
        if value.size > LARGEST:
            problem = f"has {value.size:,} bytes, more than {LARGEST:,}"
            yield refused(value.line, "document", value.raw[:60], problem, "export in smaller pieces")
            continue
        try:
            yield msgspec.json.decode(value.raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield _leniently(value.raw, value.line, error)


def _leniently(raw: bytes, line: int, error: Exception) -> object:
    """Return a document that holds control characters or bytes which are not UTF-8, or its refusal."""
    try:
        return json.loads(raw.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return refused(line, "document", raw[:60], f"is not JSON ({error})", "export it again")


def text(values: object, *path: str) -> str:
    """Return the text at a path of names, a number as text; empty where there is none."""
    value = at(values, *path)
    if isinstance(value, bool):
        return ""
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def first(values: object, *names: str) -> str:
    """Return the first text that is not empty among fields."""
    return next(filter(None, (text(values, name) for name in names)), "")


def at(values: object, *path: str) -> object:
    """Return what stands at a path of names, None where nothing does."""
    for name in path:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def objects(values: object, *path: str) -> list[Json]:
    """Return the objects of the list at a path, of an object its values; empty where there is none."""
    value = at(values, *path)
    if isinstance(value, Mapping):
        value = list(value.values())
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def texts(values: object, *path: str) -> list[str]:
    """Return the texts of the list at a path."""
    value = at(values, *path)
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
