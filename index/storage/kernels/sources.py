"""What compiled loops were made of: those of other sources are not used. Reads files, and compiles nothing.

A checkout that is brought up to date without a build still holds the loops of before, which may count
something else. Each tells what its sources were when it was compiled; those beside it must be the same. Where
it is installed without them, or without what they include, there is nothing that it could be too old for.
"""

from __future__ import annotations

import logging
import os
import re
from importlib import import_module
from pathlib import Path
from zlib import crc32

CHOICE = "RELATED_LOOPS"
"""Environment variable: "numpy" leaves the compiled loops aside, to compare both."""

_INCLUDED = re.compile(rb'^include "(.+)"$', re.MULTILINE)


def parts(source: Path) -> list[Path]:
    """Return a source in Cython and what it includes."""
    names = _INCLUDED.findall(source.read_bytes())
    return [source, *(source.with_name(name.decode()) for name in names)]


def digest(source: Path) -> int:
    """Return a number that another version of a source, or of what it includes, does not have."""
    state = 0
    for path in parts(source):
        state = crc32(path.read_bytes(), state)
    return state


def _is_here(source: Path) -> bool:
    return source.exists() and all(part.exists() for part in parts(source))


def require(*names: str) -> None:
    """Raise ImportError unless each of some modules is compiled, of the sources that are here, and wanted."""
    if os.environ.get(CHOICE) == "numpy":
        raise ImportError(f"{CHOICE} asks for numpy")
    for name in names:
        module = import_module(f"index.storage.kernels.{name}")
        source = Path(__file__).with_name(f"{name}.pyx")
        if _is_here(source) and getattr(module, "SOURCES", None) != digest(source):
            logging.getLogger(__name__).warning(
                "%s is compiled of another version of its sources, and numpy, which is slower, stands in; "
                "compile it: rm .venv/.ready && make setup",
                module.__file__,
            )
            raise ImportError(f"{name} is of other sources")
