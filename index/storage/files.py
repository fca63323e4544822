"""Files that replace others: written beside them, made durable, renamed. No link is followed to write."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

READABLE = 0o666  # less what the process's umask takes away
PRIVATE = 0o600  # by its owner alone


def create(path: Path, mode: int = READABLE) -> BinaryIO:
    """Make a new file and open it for writing, in place of what has that name; a link there goes, unfollowed.

    Raises
    ------
    OSError
        When it cannot be made, or somebody else makes one just then.
    """
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode)
    return os.fdopen(handle, "wb")


def is_stream(path: Path) -> bool:
    """Return whether a name leads to what takes bytes as they come: a pipe, a terminal, another device.

    No file may take its place: who reads from it would wait for ever, and the device would be gone for all.
    """
    return path.exists() and not path.is_file() and not path.is_dir()


@contextmanager
def replacing(path: Path, mode: int = READABLE) -> Iterator[BinaryIO]:
    """Yield a file that stands under its name only when it is whole and durable."""
    fresh = path.with_suffix(".new")
    with create(fresh, mode) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Make a file, or the names in a directory, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
