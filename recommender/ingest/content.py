"""What a file holds, told by its first bytes, not by its name: JSON as UTF-8, or what it is instead.

Knows formats of files, not stories.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from recommender.errors import SourceError

HEAD = 1 << 16  # bytes that are looked at
_CHUNK = 1 << 16
# JSON of news packs 3 to 20 times. A file that packs more is a trap, or an error long before it ends.
_MOST_PACKED = 200
_FREE = 1 << 26  # bytes that any file may unpack to

_GZIP = b"\x1f\x8b"
_BINARY = {
    b"PK\x03\x04": "a ZIP archive (or a spreadsheet or text document); unpack it, or export it",
    b"PK\x05\x06": "an empty ZIP archive; export it again",
    b"%PDF": "a PDF; export the stories",
    b"\x89PNG": "a picture; export the stories",
    b"\xff\xd8\xff": "a picture; export the stories",
    b"GIF8": "a picture; export the stories",
    b"RIFF": "a picture or a recording; export the stories",
    b"SQLite format 3\x00": "a database; export the stories",
    b"PAR1": "Parquet; convert it",
    b"BZh": "packed with bzip2; unpack it, or pack it with gzip",
    b"\xfd7zXZ": "packed with xz; unpack it, or pack it with gzip",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it, or pack it with gzip",
    b"7z\xbc\xaf": "a 7z archive; unpack it",
    b"Rar!": "a RAR archive; unpack it",
    b"\x7fELF": "a program; name the file of the stories, or export them",
}
# UTF-32 first: its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNMARKED = (
    (re.compile(rb"[\s\x1e{\[]\x00{3}"), "utf-32-le"),
    (re.compile(rb"\x00{3}[\s\x1e{\[]"), "utf-32-be"),
    (re.compile(rb"[\s\x1e{\[]\x00[^\x00]"), "utf-16-le"),
    (re.compile(rb"\x00[\s\x1e{\[]"), "utf-16-be"),
)
_TAR, _TAR_AT = b"ustar", 257  # in the head of its first file (POSIX.1, pax)
_FRONT = re.compile(rb"(?:---|\+\+\+)[ \t]*\r?\n")
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|div|p|meta)\b", re.IGNORECASE)
_XML_ROOT = re.compile(rb"<([A-Za-z][\w:.-]*)")
_MANY_LINES = 20  # of which none begins as JSON does: no JSON Lines with a few bad ones


@contextmanager
def as_utf8(file: BinaryIO, name: str) -> Iterator[tuple[bytes, BinaryIO]]:
    """Give the content of a file as UTF-8, unpacked: its first bytes, and all of it.

    Raises
    ------
    SourceError
        When it is something else than JSON: one line that says what, and the way out; also later, when a
        packed file is torn or unpacks to much more than stories do.
    """
    head, file = _unpacked(*_looked_at(file), name)
    if encoding := _wide(head):
        head, file = _looked_at(io.BufferedReader(_Recoded(file, encoding, name), _CHUNK))
    if found := _foreign(head):
        raise SourceError(f"{name} is {found} to JSON Lines, one story a line")
    yield head, file


def unpacked(file: BinaryIO, name: str) -> tuple[bytes, BinaryIO]:
    """Return the content of a file, unpacked where gzip has packed it: its first bytes, and all of it.

    Where nothing has to be undone and the file can be read twice, it still can.
    """
    seekable = file.seekable()
    start = file.tell() if seekable else 0
    head, whole = _looked_at(file)
    if seekable and not head.startswith(_GZIP):
        file.seek(start)
        return head, file
    return _unpacked(head, whole, name)


def _unpacked(head: bytes, file: BinaryIO, name: str) -> tuple[bytes, BinaryIO]:
    if not head.startswith(_GZIP):
        return head, file
    return _looked_at(io.BufferedReader(_Unpacked(file, name), _CHUNK))


def is_packed(head: bytes) -> bool:
    """Return whether a file that begins so has other lines than it seems."""
    return head.startswith(_GZIP) or _wide(head) is not None


def _looked_at(file: BinaryIO) -> tuple[bytes, BinaryIO]:
    """Return the first bytes of a file, and the file from its start."""
    head = _some(file, HEAD)
    return head, io.BufferedReader(_Rejoined(head, file), _CHUNK)


def _some(file: BinaryIO, size: int) -> bytes:
    """Return what comes next: of a pipe what is there, rather than wait for all."""
    return file.read1(size) if isinstance(file, io.BufferedIOBase) else file.read(size)


def _wide(head: bytes) -> str | None:
    """Return which encoding of two or four bytes a letter a text begins in."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    return next((encoding for form, encoding in _UNMARKED if form.match(head)), None)


def _foreign(head: bytes) -> str | None:
    """Return what a file is, and what to do with it, where that is no JSON."""
    for magic, what in _BINARY.items():
        if head.startswith(magic):
            return what
    if head[_TAR_AT:].startswith(_TAR):
        return "a tar archive; unpack it, or export the stories"
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if text.startswith(b"<"):
        return _markup(text)
    if _FRONT.match(text):
        return "YAML or TOML, or a page that begins with it; convert it"
    lines = [line for line in text.split(b"\n") if line.strip()]
    if any(line.lstrip(b"\xef\xbb\xbf \t").startswith((b"{", b"[")) for line in lines):
        return None
    if len(lines) > 1 and (mark := _table_mark(lines)):
        return f"a table of values with {mark} between them (CSV); convert it"
    if b"\x00" in head:
        return "binary; name the file of the stories, or export them"
    return "text and no JSON; convert it" if len(lines) >= _MANY_LINES else None


def _markup(text: bytes) -> str:
    if _HTML.match(text):
        return "an HTML page; export the stories of the site"
    root = _XML_ROOT.search(text)
    of = f" ({root[1].decode('ascii', 'replace')})" if root else ""
    return f"XML{of}; convert it"


def _table_mark(lines: list[bytes]) -> str | None:
    """Return what separates the columns of a table whose first line names an id or a headline."""
    names = lines[0].lower()
    for mark, word in ((b"\t", "tabs"), (b";", "semicolons"), (b",", "commas")):
        columns = {column.strip(b' \r"\xef\xbb\xbf') for column in names.split(mark)}
        if len(columns) > 1 and columns & {b"id", b"headline", b"title", b"url", b"published", b"date"}:
            return word
    return None


class _Rejoined(io.RawIOBase):
    """A file from its start, after its first bytes were read."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        self._head, self._file = head, file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        piece = self._head[: len(view)] or _some(self._file, len(view))
        self._head = self._head[len(piece) :]
        view[: len(piece)] = piece
        return len(piece)


class _Decoded(io.RawIOBase):
    """What comes out of pieces of another file."""

    _rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        if not self._rest:
            self._rest = self._piece(len(view))
        piece, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(piece)] = piece
        return len(piece)

    def _piece(self, size: int) -> bytes:
        """Return some bytes, none at the end."""
        return b""


class _Unpacked(_Decoded):
    """A packed file, unpacked as far as its size is bearable."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._counted = _Counted(file)
        self._file, self._name, self._size = gzip.GzipFile(fileobj=self._counted, mode="rb"), name, 0

    def _piece(self, size: int) -> bytes:
        try:
            piece = self._file.read(size)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise SourceError(f"{self._name} is a torn gzip file ({error}); pack it again") from error
        self._size += len(piece)
        if self._size > _FREE and self._size > _MOST_PACKED * self._counted.size:
            raise SourceError(
                f"{self._name} unpacks to over {_MOST_PACKED} times its size; unpack it yourself"
            )
        return piece


class _Counted(io.RawIOBase):
    """A file that knows how much of it was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.size = file, 0

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.size += len(piece)
        return piece


class _Recoded(_Decoded):
    """A text in another encoding, as UTF-8."""

    def __init__(self, file: BinaryIO, encoding: str, name: str) -> None:
        self._file, self._name, self._encoding = file, name, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def _piece(self, size: int) -> bytes:
        text, more = "", b"more"
        try:
            while not text and more:
                more = self._file.read(_CHUNK)
                text = self._decoder.decode(more, final=not more)
        except UnicodeDecodeError as error:
            problem = f"{self._name} is not the {self._encoding.upper()} that it begins as ({error.reason})"
            raise SourceError(f"{problem}; save it as UTF-8") from error
        return text.encode("utf-8", "surrogatepass")
