"""Stories from JSON, one at a time; what is no story comes out as `Refused`, and reading goes on after it.

JSON Lines, and what else holds one object after the other: an array, pretty-printed objects, also packed by
gzip or in UTF-16. Knows files and lines, not what is done with the stories.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from index.storage.file_checks import open_private
from recommender.errors import ArchiveError, SourceError, StoryError
from recommender.ingest.base import Found, Options, Origin, Refused, story_from
from recommender.ingest.content import as_utf8, is_packed
from recommender.ingest.values import JsonValue, Splitter, is_lines, split
from recommender.story.decoding import decode
from recommender.story.limits import DEFAULT_LIMITS, Limits
from recommender.story.story import Story

STDIN = "-"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_HEAD = 2_000  # bytes kept of a line that is too long to keep
_CHUNK = 1 << 20  # bytes skipped at a time in such a line
# Of each id 8 bytes are remembered: 78 MB for a million stories, measured, whatever the ids' length. That two
# ids of a million fall together has a chance of 1e12 / 2 / 2**64 = 3e-8.
_DIGEST_BYTES = 8


class JsonLines:
    """Stories as JSON: one a line, an array, or one object after the other."""

    kind = "json"

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell whether a file begins as JSON does."""
        return head.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith((b"{", b"["))

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the stories of a file, as `read_stories` does."""
        with as_utf8(file, options.name) as (head, text):
            yield from _Reader(options).read_all(head, text)


def read_stories(
    source: str | Path | BinaryIO,
    *,
    zone: tzinfo | None = None,
    limits: Limits = DEFAULT_LIMITS,
    now: datetime | None = None,
    advance: Callable[[int], None] | None = None,
) -> Iterator[Story | Refused]:
    """Read a file line by line, in memory that grows by 78 bytes a story, to know an id that comes twice.

    Parameters
    ----------
    source : str, Path or binary file
        ``-`` is standard input.
    zone, limits, now
        As in `Story.from_json`.
    advance : callable or None
        Told the number of bytes of each line once it is dealt with, for a progress bar.

    Yields
    ------
    Story or Refused
        In the order of the lines; blank lines give nothing.

    Raises
    ------
    SourceError
        If the file cannot be opened or read.
    """
    name = str(source) if isinstance(source, str | Path) and source != STDIN else "the input"
    reader = _Reader(Options(zone=zone, limits=limits, now=now, name=name))
    with (
        _opened(source) as file,
        as_utf8(file, name) as (head, text),
    ):
        for item in reader.read_all(head, text, advance):
            yield item if isinstance(item, Refused) else item.story


class RefusedFile:
    """A JSON Lines file of what was refused, made when the first comes. Use it in a ``with``.

    Raises `ArchiveError` when it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self._file: BinaryIO | None = None

    def write(self, refused: Refused) -> None:
        """Add one refusal."""
        with self._guarded():
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = open_private(self.path)  # it holds stories that are not public yet
            self._file.write(msgspec.json.encode(refused.to_json()) + b"\n")
            self._file.flush()  # a run that is stopped keeps what it has refused
        self.count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        # Where something else stopped the run, that says more than a file that would not close.
        with self._guarded() if error is None else suppress(OSError):
            self._file.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            problem = f"cannot write the refused stories to {self.path}: {error.strerror}"
            raise ArchiveError(f"{problem}; make room, or name another file") from error


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    size: int  # bytes, with the line's end
    head: bytes  # the whole line, but for one that is too long

    @property
    def raw(self) -> bytes:
        # Where files were joined, a mark stands before any line.
        return self.head.removeprefix(_BYTE_ORDER_MARK).rstrip(b"\r\n")


class _Reader:
    """Makes stories of lines, and knows which ids have come."""

    def __init__(self, options: Options) -> None:
        self._options, self._limits = options, options.limits
        self._seen: set[bytes] = set()

    def read_all(
        self, head: bytes, text: BinaryIO, advance: Callable[[int], None] | None = None
    ) -> Iterator[Found | Refused]:
        """Yield the stories of a text that begins so."""
        for line in _lines(text, self._limits.line) if is_lines(head) else _values(text, self._limits.line):
            if line.raw.strip():
                yield from self._read(line)
            if advance is not None:
                advance(line.size)

    def _read(self, line: _Line, *, parted: bool = False) -> Iterator[Found | Refused]:
        """Yield the story of a line; the stories, where one line holds some one after the other.

        What was parted once is not parted again: that would read brackets within brackets once for each.
        """
        where = f"line {line.number}"
        if line.raw.strip() == b"[]":
            error = StoryError(where, "list", None, "is empty", "send at least one story")
            yield Refused(line.number, None, error, line.raw)
            return
        try:
            self._check_size(line, where)
            yield self._story(line, decode(line.raw, where=where))
        except StoryError as error:
            values = [] if parted else self._values(line)
            if [value.raw for value in values] in ([], [line.raw]):
                yield Refused(line.number, None, error, line.raw)
                return
            for value in values:
                yield from self._read(_Line(line.number, value.size, value.raw), parted=True)

    def _story(self, line: _Line, values: object) -> Found | Refused:
        where, id_, notes = f"line {line.number}", _id_of(values), list[str]()
        values, origin = _parted(values, where)
        try:
            story = story_from(values, self._options, where, notes)
            self._check_first(story.id)
        except StoryError as error:
            return Refused(line.number, id_, error, line.raw)
        return Found(story=story, origin=origin, notes=tuple(notes))

    def _values(self, line: _Line) -> list[JsonValue]:
        """Return the objects in a line that is not one."""
        if line.size > self._limits.line:
            return []
        splitter = Splitter(self._limits.line)
        return [*splitter.feed(line.raw), *splitter.end()]

    def _check_size(self, line: _Line, where: str) -> None:
        if line.size > self._limits.line:
            problem = f"has {line.size:,} bytes, more than {self._limits.line:,}"
            raise StoryError(where, "line", line.raw, problem, "send one story a line, or raise the limit")

    def _check_first(self, id_: str) -> None:
        digest = hashlib.blake2b(id_.encode(), digest_size=_DIGEST_BYTES).digest()
        if digest in self._seen:
            raise StoryError(id_, "id", id_, "comes twice in this file", "send each story once")
        self._seen.add(digest)


_FOUND_OUT = frozenset({"detected"})


def _parted(values: object, where: str) -> tuple[object, Origin]:
    """Return a story's fields, and where it came from: `related get` shows that beside them.

    It shows what language the story was found to be in, too; that is found out again.
    """
    if isinstance(values, dict):
        values = {name: value for name, value in values.items() if name not in _FOUND_OUT}
    told = values.get("origin") if isinstance(values, dict) else None
    if not isinstance(values, dict) or not isinstance(told, dict) or not isinstance(told.get("kind"), str):
        return values, Origin(kind=JsonLines.kind, place=where)
    said = {name: str(told.get(name, "")) for name in ("kind", "id", "type", "revision")}
    return {name: value for name, value in values.items() if name != "origin"}, Origin(**said, place=where)


def _id_of(values: object) -> str | None:
    id_ = values.get("id") if isinstance(values, dict) else None
    return id_ if isinstance(id_, str) else None


def _lines(file: BinaryIO, limit: int) -> Iterator[_Line]:
    """Yield the lines; of one longer than `limit` bytes only the head, skipping the rest chunk by chunk."""
    number = 0
    while head := file.readline(limit + 1):
        number, size = number + 1, len(head)
        if size > limit:
            end = head
            while not end.endswith(b"\n") and (end := file.readline(_CHUNK)):
                size += len(end)
            head = head[:_HEAD]
        yield _Line(number, size, head)


def _values(file: BinaryIO, limit: int) -> Iterator[_Line]:
    """Yield the objects of a text that is no JSON Lines; of one that is too long the head."""
    for value in split(file, limit):
        yield _Line(value.line, value.size, value.raw if value.size <= limit else value.raw[:_HEAD])


@contextmanager
def _opened(source: str | Path | BinaryIO) -> Iterator[BinaryIO]:
    if source == STDIN:
        yield sys.stdin.buffer
    elif not isinstance(source, str | Path):
        yield source
    else:
        try:
            with Path(source).open("rb") as file:
                if os.fstat(file.fileno()).st_size == 0 and Path(source).is_file():
                    raise SourceError(f"{source} is empty; write one story a line into it")
                yield file
        except OSError as error:
            raise SourceError(
                f"cannot read {source}: {error.strerror}; name a file or a folder of stories, or -"
            ) from error


def _is_json_lines(head: bytes) -> bool:
    return head.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"{") and is_lines(head)


def count_lines(files: Iterable[str | Path], *, of_json: bool = False) -> int | None:
    """Return how many lines the files have in all, for a progress bar; None where one can be read only once.

    That is standard input, or a pipe; and where they are packed, lines say nothing. With `of_json` they say
    nothing either where a file is no JSON Lines.
    """
    total = 0
    for name in files:
        if name == STDIN or Path(name).is_fifo():
            return None
        with _opened(name) as file:
            end = b"\n"
            head = file.read(_CHUNK)
            if is_packed(head) or (of_json and not _is_json_lines(head)):
                return None
            file.seek(0)
            while chunk := file.read(_CHUNK):
                total, end = total + chunk.count(b"\n"), chunk[-1:]
            total += end != b"\n"  # a last line that is not ended
    return total
