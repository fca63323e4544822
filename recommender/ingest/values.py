"""JSON values out of a text that is no JSON Lines: an array, pretty-printed, or one value after the other.

Finds where each value begins and ends, in bounded memory; what is in it is for others to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_CHUNK = 1 << 18
_OUTSIDE = re.compile(rb'["{}\[\]]')
_INSIDE = re.compile(rb'"|\\.', re.DOTALL)
# White space, commas, the record separator of RFC 7464, and byte order marks.
_BETWEEN = b" \t\r\n,\x1e\xef\xbb\xbf"


class JsonValue(NamedTuple):
    """The line that a value begins in, its size, and its bytes; of a value that is too long the first."""

    line: int
    size: int
    raw: bytes


class Splitter:
    """Cuts a text, fed piece by piece, into its objects; of an array into what is in it.

    Parameters
    ----------
    limit : int
        Bytes that are kept of one value.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._depth = 0  # of brackets: 1 in an array of values, 2 in a value
        self._in_string = False
        self._line = self._first = 1
        self._kept, self._size, self._rest = bytearray(), 0, b""

    @property
    def whole(self) -> bool:
        """Whether nothing is begun that has not ended."""
        return not self._kept and not self._rest

    def feed(self, piece: bytes) -> Iterator[JsonValue]:
        """Yield the values that end in the next piece of the text."""
        piece, self._rest = self._rest + piece, b""
        if self._in_string and piece.endswith(
            b"\\"
        ):  # what it escapes comes with the next piece, or is escaped
            piece, self._rest = piece[:-1], piece[-1:]
        place = 0
        while place < len(piece):
            found = (_INSIDE if self._in_string else _OUTSIDE).search(piece, place)
            if found is None:
                self._keep(piece[place:])
                return
            self._keep(piece[place : found.start()])
            yield from self._mark(found.group())
            place = found.end()

    def end(self) -> Iterator[JsonValue]:
        """Yield what was begun and never ended."""
        self._keep(self._rest)
        yield from self._taken()

    def _mark(self, mark: bytes) -> Iterator[JsonValue]:
        """Deal with a quote, a bracket or an escape."""
        if mark == b'"':
            self._in_string = not self._in_string
            self._keep(mark)
        elif self._in_string:
            self._keep(mark)
        elif mark in b"{[":
            if self._depth <= 1:
                yield from self._taken()  # what stood before it belongs to nothing
            self._depth += 2 if mark == b"{" and self._depth == 0 else 1
            if self._depth > 1:
                self._keep(mark)
        else:
            if self._depth > 1:
                self._keep(mark)
            self._depth = max(0, self._depth - 1)
            if self._depth <= 1:
                yield from self._taken()

    def _keep(self, piece: bytes) -> None:
        lines = piece.count(b"\n")
        if not self._kept:
            blank = len(piece) - len(piece.lstrip(_BETWEEN))
            self._first = self._line + piece.count(b"\n", 0, blank)
            piece = piece[blank:]
        self._line += lines
        self._size += len(piece)
        self._kept += piece[: max(0, self._limit - len(self._kept))]

    def _taken(self) -> Iterator[JsonValue]:
        raw = bytes(self._kept).rstrip(_BETWEEN)
        if raw:
            yield JsonValue(self._first, self._size, raw)
        self._kept, self._size = bytearray(), 0


def split(file: BinaryIO, limit: int) -> Iterator[JsonValue]:
    """Yield the values of a file."""
    splitter = Splitter(limit)
    while piece := file.read(_CHUNK):
        yield from splitter.feed(piece)
    yield from splitter.end()


def is_lines(head: bytes) -> bool:
    """Return whether a text that begins so is JSON Lines, be some of the lines wrong."""
    lines = [line for line in head.lstrip(_BETWEEN).split(b"\n") if line.strip()]
    if not lines or lines[0][:1] not in (b"{", b"["):
        return True
    if lines[0][:1] == b"[":
        return lines[0].strip() == b"[]"
    first = Splitter(len(lines[0]))
    return bool(list(first.feed(lines[0]))) or len(lines) == 1 or lines[1].lstrip().startswith(b"{")
