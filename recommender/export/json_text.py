"""JSON as others may put it anywhere: into a file, an answer, or a ``script`` element of a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

# What ends a script or begins a comment in HTML, and what ends a line of JavaScript before 2019.
_ESCAPED = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def json_text(value: object) -> str:
    """Return a value as JSON in which nothing is markup; outside of texts JSON has none of these letters."""
    return msgspec.json.encode(value).decode().translate(_ESCAPED)


def json_array(values: Iterable[object]) -> Iterator[str]:
    """Yield an array piece by piece, a value a line."""
    before = "[\n"
    for value in values:
        yield before + json_text(value)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def json_object(pairs: Iterable[tuple[str, object]]) -> Iterator[str]:
    """Yield an object piece by piece, a member a line."""
    before = "{\n"
    for name, value in pairs:
        yield f"{before}{json_text(name)}:{json_text(value)}"
        before = ",\n"
    yield "{}\n" if before == "{\n" else "\n}\n"
