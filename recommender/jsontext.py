"""What decoding a JSON text would not tell: how much it would build, a name given twice. Knows no stories."""

from __future__ import annotations

import json
import re

_STRING = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?', re.DOTALL)
_OPENERS = ("[", "{", ",")  # each value but the first comes after one of them
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
    text = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    names = [name for name, colon in _STRING.findall(text) if colon]
    if len(set(names)) == len(names) and not any(b"\\" in name for name in names):
        return None
    try:
        json.loads(raw, object_pairs_hook=_pairs, parse_int=str)
    except _RepeatedError as error:
        return str(error)
    return None


def _pairs(pairs: list[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _RepeatedError(name)
        seen.add(name)


def _openers(text: str) -> int:
    return sum(map(text.count, _OPENERS))
