"""Which letters the bytes of a file are: UTF-8, else what it declares, else what they look like; told.

Knows bytes and markup, not stories.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from charset_normalizer import from_bytes
from w3lib.encoding import html_body_declared_encoding, resolve_encoding

HEAD = 1 << 16  # bytes that are looked at
# UTF-32 first: its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_UNMARKED = (
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]{1,40})["']""", re.IGNORECASE)
_SEVEN_BITS = ("iso2022", "iso-2022", "hz")  # that look like ASCII
_FALLBACK = "cp1252"
_FEW = 16  # letters that are not ASCII: with less than that every guess is as good
_STRAY = "not all of it is UTF-8: other bytes read as Windows letters"
WINDOWS = "related.windows"
"""Error handler that reads bytes which are not the file's encoding as most editors' machines wrote them."""


class Letters(NamedTuple):
    """An encoding, and what is to be said about it; nothing for what is as it should be."""

    encoding: str
    note: str


def letters_of(head: bytes, declared: str | None = None) -> Letters:
    """Return the encoding of a text that begins so.

    Parameters
    ----------
    head : bytes
        May end within a character.
    declared : str, optional
        By who served it. What the markup declares is read from it where this is None.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return Letters(encoding, "")
    for start, encoding in _UNMARKED:
        if head.startswith(start):
            return Letters(encoding, "")
    said = declared or _declared_in(head)
    known = resolve_encoding(said) if said else None
    if known and known.startswith(_SEVEN_BITS) and _fits(head, known):
        return Letters(known, f"read as {known}, as it declares")
    if _fits(head, "utf-8"):
        note = f"declares {said}, read as UTF-8" if said and known != "utf-8" and not head.isascii() else ""
        return Letters("utf-8", note)
    if known and known != "utf-8" and _fits(head, known):
        return Letters(known, f"read as {known}, as it declares")
    if _mostly_utf8(head):
        return Letters("utf-8", _STRAY)
    guess = _guess(head) or known or _FALLBACK
    return Letters(guess, f"declares {said or 'no encoding'}, read as {guess} by its letters")


def text_of(raw: bytes, declared: str | None = None) -> tuple[str, str]:
    """Return a whole text, and what is to be said about its encoding."""
    letters = letters_of(raw[:HEAD], declared)
    if letters.encoding == "utf-8" and not _fits(raw, "utf-8"):
        return raw.decode("utf-8", WINDOWS).removeprefix("\ufeff"), _STRAY
    return raw.decode(letters.encoding, WINDOWS).removeprefix("\ufeff"), letters.note


def _mostly_utf8(head: bytes) -> bool:
    """Tell whether most of what is not ASCII is whole letters of UTF-8: other encodings hardly make any."""
    whole = head.decode("utf-8", "ignore")
    letters = sum(letter > "\x7f" for letter in whole)
    return 0 < letters >= len(head) - len(whole.encode())


def _guess(head: bytes) -> str | None:
    """Return what letters look like; a few among ASCII are the curly quotes and accents of Windows."""
    if sum(byte > 0x7F for byte in head) < _FEW:
        return _FALLBACK
    best = from_bytes(head).best()
    return best.encoding if best else None


def _declared_in(head: bytes) -> str | None:
    found = _DECLARED.search(head[:2_000])
    return found[1].decode("ascii") if found else html_body_declared_encoding(head)


def _fits(raw: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(raw)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode(_FALLBACK, "replace"), error.end


codecs.register_error(WINDOWS, _windows)
