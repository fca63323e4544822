"""Files that a command is told to write: that one cannot be is said before the work, not after it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import typer

from index.storage.files import create, is_stream


def check_writable(path: Path | None) -> None:
    """Raise `typer.BadParameter` where no file of that name can be written; `-` and None are none."""
    if path is None or str(path) == "-" or is_stream(path):
        return
    if path.is_dir():
        raise typer.BadParameter(f"{path} is a directory; name a file in it")
    if not path.parent.is_dir():
        raise typer.BadParameter(f"there is no directory {path.parent}; make it, or name another file")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise typer.BadParameter(f"{path} cannot be written by this user; name another file")


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that stands under its name only when it is whole; a link stays, and leads to it.

    A pipe or a device is written to as it is.
    """
    if is_stream(path):
        with path.open("wb") as file:
            yield file
        return
    path = path.resolve()
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with create(part) as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
