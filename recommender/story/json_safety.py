"""What decoding JSON would not tell: how much it builds, a name given twice, what is none. Knows no story."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import partial

_OPENERS = ("[", "{", ",")  # each value but the first comes after one of them
_SURROGATE_OR_NUL = re.compile("[\x00\ud800-\udfff]")
_JSON_SCALARS = (str, int, float, bool, type(None))
_QUOTES = 4  # quotation marks for each value: a name and a text


def holds_more(raw: bytes | str, most: int) -> bool:
    """Return whether a JSON text holds more than `most` values, at the cost of a few searches through it.

    A text of millions of brackets takes hundreds of times its size once it is decoded, and seconds in which
    nothing else runs.
    """
    text = raw.decode("latin-1") if isinstance(raw, bytes) else raw
    if _openers(text) < most:
        return False
    bare = text.replace("\\\\", "").replace('\\"', "")  # long prose has commas and quotation marks of its own
    if bare.count('"') > _QUOTES * most:
        return True
    return _openers("".join(bare.split('"')[::2])) >= most


class _RepeatedError(Exception):
    pass


def repeated_name(raw: bytes | str) -> str | None:
    """Return a name that stands twice in one object of a valid JSON text, or None.

    Two readers take two values for it: which one counts is not defined (RFC 8259, section 4).
    """
    try:
        _read(raw)
    except _RepeatedError as error:
        return str(error)
    return None


def _pairs(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) == len(pairs):
        return
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _RepeatedError(name)
        seen.add(name)


# The decoder in C holds the interpreter for a tenth as long as any search for names in Python; numbers may be
# of a million digits, and are left as they are.
_read = partial(json.loads, object_pairs_hook=_pairs, parse_int=str, parse_float=str)


def _openers(text: str) -> int:
    return sum(map(text.count, _OPENERS))


def json_problem(value: object, depth: int) -> str | None:
    """Return why `value` cannot be kept as JSON of at most `depth` levels, or None."""
    if depth < 0:
        return "is nested too deeply"
    if isinstance(value, str):
        bad = _SURROGATE_OR_NUL.search(value)
        return None if bad is None else f"holds U+{ord(bad.group()):04X}"
    if isinstance(value, float) and not math.isfinite(value):
        return "is no JSON number"
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            return "has a key that is not text"
        inner = [*value.keys(), *value.values()]
    elif isinstance(value, list):
        inner = value
    else:
        return None if isinstance(value, _JSON_SCALARS) else f"is {kind_of(value)}, which JSON does not know"
    return next(filter(None, (json_problem(entry, depth - 1) for entry in inner)), None)


_KINDS = (
    (bool, "true or false"),
    (str, "text"),
    (int | float, "a number"),
    (list, "a list"),
    (Mapping, "an object"),
)


def kind_of(value: object) -> str:
    """Return in words what a value is in JSON."""
    return next((name for kind, name in _KINDS if isinstance(value, kind)), type(value).__name__)
