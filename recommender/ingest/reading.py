"""From a file, a folder or standard input to what is in it: unpacked, and of the kind that it is.

A file that yields nothing is an error. Knows how files are found and opened, and no kind of source.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from recommender.errors import SourceError
from recommender.ingest.base import Found, Options, Refused, Source
from recommender.ingest.content import as_utf8, unpacked
from recommender.ingest.refusals import refused
from recommender.ingest.registry import recognised, source_of

STDIN = "-"
_NO_KIND = "file of no known kind"
_WEB = ("http://", "https://")


def read_source(source: str | Path, options: Options, kind: str | None = None) -> Iterator[Found | Refused]:
    """Yield what is in a file, or in all files of a folder and those below it.

    Parameters
    ----------
    source : str or Path
        ``-`` is standard input.
    options : Options
        Its name becomes that of each file.
    kind : str or None
        Of the source; told by each file's content when None.

    Raises
    ------
    SourceError
        If it cannot be opened, is of no known kind, or holds neither a story nor anything to refuse. In a
        folder, files of no known kind are passed over, unless all are.
    """
    text = str(source)
    if is_address(text):
        raise SourceError(f"{text} is an address; read it with: related add {text}, or save it in a file")
    if text != STDIN and Path(source).is_dir():
        yield from _folder(Path(source), options, kind)
        return
    with _opened(text) as file:
        named = options if text == STDIN else replace(options, name=text, path=Path(text))
        yield from read_file(file, named, kind)


def is_address(source: str) -> bool:
    """Return whether a source is at an address."""
    return source.lower().startswith(_WEB)


def _folder(folder: Path, options: Options, kind: str | None) -> Iterator[Found | Refused]:
    files = (
        File(str(path.relative_to(folder)), partial(_opened, str(path)), path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )
    yield from read_folder(str(folder), files, options, kind)


class File(NamedTuple):
    """A file of a folder: its name below it, what opens it, and where it is unless it is elsewhere."""

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    path: Path | None = None


def read_folder(
    folder: str, files: Iterable[File], options: Options, kind: str | None
) -> Iterator[Found | Refused]:
    """Yield what is in the files of a folder, hidden ones left out; raise as `read_source` does."""
    found = False
    for file in files:
        if any(part.startswith(".") for part in Path(file.name).parts):
            continue
        try:
            with file.open() as opened:
                for item in read_file(opened, replace(options, name=file.name, path=file.path), kind):
                    found = True
                    yield item
        except UnknownKindError:
            options.passed[_NO_KIND] += 1
        except SourceError as error:
            found = True
            yield refused(0, "file", file.name, f"cannot be read: {error}", "mend or remove it")
    if not found:
        raise SourceError(f"{folder} holds no file of a known kind; name another folder")


class UnknownKindError(SourceError):
    """A file is of no known kind."""


def read_file(file: BinaryIO, options: Options, kind: str | None) -> Iterator[Found | Refused]:
    """Yield what is in an open file, unpacked, by its kind or its content; raise as `read_source` does."""
    head, whole = unpacked(file, options.name)
    if not head.strip():
        raise UnknownKindError(f"{options.name} is empty; check that it is the right file")
    if kind is not None:
        yield from _some(_of_kind(kind, head, options), whole, options)
    elif (source := recognised(head, options.name)) is not None:
        yield from _some(source, whole, options)
    else:
        yield from _recoded(whole, options)


def _of_kind(kind: str, head: bytes, options: Options) -> Source:
    """Return the source of a kind; raise where a file is surely of another one."""
    source = source_of(kind)
    if not source.recognises(head, options.name) and (other := recognised(head, options.name)) is not None:
        way_out = "import it as that, or let `related add` tell"
        raise SourceError(f"{options.name} is no {kind}: it looks like {other.kind}; {way_out}")
    return source


def _recoded(whole: BinaryIO, options: Options) -> Iterator[Found | Refused]:
    """Read a file that no kind takes as it is: in another encoding one may, else say what it is."""
    try:
        with as_utf8(whole, options.name) as (head, file):
            source = recognised(head, options.name)
            if source is not None:
                yield from _some(source, file, options)
                return
    except SourceError as error:
        raise UnknownKindError(str(error)) from error
    raise UnknownKindError(f"{options.name} is of no known kind; name its kind: related import KIND FILE")


def _some(source: Source, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
    """Yield what a source gives; raise where that is nothing."""
    nothing = True
    for item in source.read(file, options):
        nothing = False
        if isinstance(item, Refused):
            yield replace(item, place=f"{options.name} {item.where}")
        else:
            yield item
    if nothing:
        raise SourceError(f"{options.name} was read as {source.kind} and holds no story; check its kind")


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STDIN:
        yield sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0 and Path(name).is_file():
                raise UnknownKindError(f"{name} is empty; check that it is the right file")
            yield file
    except OSError as error:
        raise SourceError(
            f"cannot read {name}: {error.strerror}; name a file or a folder of stories, or -"
        ) from error
