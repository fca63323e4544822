"""What is checked of a file before it is read: its type, its size; and who else may. Knows no formats."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from index.storage.files import PRIVATE, create

OTHERS = stat.S_IRWXG | stat.S_IRWXO
SMALL = 4 << 20
"""Bytes of the largest file of settings or weights that is read; a ranker has 10 kB."""


class UnfitFileError(OSError):
    """A file is no plain file, or larger than what it is said to be can be."""


def read(path: Path, most: int = SMALL) -> bytes:
    """Return the content of a plain file of at most `most` bytes.

    A device or a pipe is not waited for: the file is opened without, and looked at before it is read.

    Raises
    ------
    UnfitFileError
        When it is another thing, or too large.
    OSError
        When it cannot be read.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise UnfitFileError(None, f"is {kind_of(found.st_mode)}, not a plain file", str(path))
        if found.st_size > most:
            raise UnfitFileError(None, f"has {found.st_size:,} bytes, more than {most:,}", str(path))
        return file.read(most)


def make_private(path: Path) -> None:
    """Make an empty file that its owner alone may read, unless there is one; follow no link to make it."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    os.close(os.open(path, flags, PRIVATE))


def open_private(path: Path) -> BinaryIO:
    """Open a file for writing, emptied; a new one may be read by its owner alone."""
    return path.open("wb") if path.exists() else create(path, PRIVATE)


def kind_of(mode: int) -> str:
    """Return in words what a path leads to."""
    kinds = {stat.S_IFDIR: "a directory", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def exposed(paths: Iterable[Path]) -> list[str]:
    """Return for each file that others than its owner may read or write what is wrong, with the way out."""
    if os.name != "posix":
        return []
    told = []
    for path in paths:
        try:
            mode = path.stat().st_mode
        except OSError:
            continue
        if mode & OTHERS:
            wide, mend = f"{stat.S_IMODE(mode):04o}", f"chmod 600 {shlex.quote(str(path))}"
            told.append(f"{path} is open to other users (mode {wide}): {mend}")
    return told
