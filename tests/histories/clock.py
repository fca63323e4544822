"""One clock that several processes read from a file, so that a test sets what time it is in all of them."""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Callable
from pathlib import Path

_SECONDS = struct.Struct("<d")


class FileClock:
    """Says what was written into its file last.

    Parameters
    ----------
    path : Path
        The file; made by `FileClock.create`.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SECONDS.size)

    @classmethod
    def create(cls, path: Path, now: float) -> FileClock:
        """Make the file of a clock."""
        path.write_bytes(_SECONDS.pack(now))
        return cls(path)

    def __call__(self) -> float:
        return float(_SECONDS.unpack_from(self._map)[0])

    def set(self, now: float) -> None:
        """Let it be `now` (epoch seconds) in every process that reads this file."""
        _SECONDS.pack_into(self._map, 0, now)


def keep_time_by(path: Path) -> Callable[[], float]:
    """Let the whole process read the time from a file; to be called before the project is imported."""
    clock = FileClock(path)
    time.time = clock
    return clock
