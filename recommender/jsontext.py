"""How much a JSON text would build, found before it is built. Knows nothing of stories."""

from __future__ import annotations

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


def _openers(text: str) -> int:
    return sum(map(text.count, _OPENERS))
