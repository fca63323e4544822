"""Arrays mapped from files: shared by processes, and resident within a budget. Knows not what is in them."""

from __future__ import annotations

import math
import mmap
from pathlib import Path
from typing import Any
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

BUDGET = 1280 << 20
"""Bytes of files resident in a process, those of some 250,000 stories. Beyond it, pages are released."""
ROOM = 512 << 20
"""Bytes that may become resident between two times, whatever stays: what others map is not released, so that
within a fixed budget every question might release what the last one read."""
READ_BEYOND = 2560 << 20
"""Bytes of maps, those of some 400,000 stories, beyond which rows are read by their places and not mapped."""
_STATUS = Path("/proc/self/statm")  # Linux only: elsewhere nothing is released

_maps: WeakSet[mmap.mmap] = WeakSet()
_known = 0, 0  # how many maps there were, and their bytes
_kept = -math.inf  # bytes of files that were still resident after the last time


def mapped(path: Path) -> NDArray[Any]:
    """Return the array of a ``.npy`` file, mapped for reading.

    Raises
    ------
    OSError, ValueError
        When there is no such file, or it holds no plain array.
    """
    values = np.load(path, mmap_mode="r", allow_pickle=False)
    _maps.add(values._mmap)
    array: NDArray[Any] = values.view(np.ndarray)
    return array


def mapped_bytes(path: Path, bytes: int) -> NDArray[np.uint8]:
    """Return the last ``bytes`` of a file, mapped for reading."""
    if not bytes:
        return np.empty(0, np.uint8)
    with path.open("rb") as file:
        one = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    _maps.add(one)
    return np.frombuffer(one, np.uint8, bytes, len(one) - bytes)


def is_much() -> bool:
    """Return whether so much is mapped that rows should be read by their places: see `READ_BEYOND`."""
    global _known
    if (count := len(_maps)) != _known[0]:  # asked for each few rows, where maps seldom come and go
        _known = count, sum(map(len, list(_maps)))
    return _known[1] > READ_BEYOND


def release_pages(budget: int = BUDGET, room: int = ROOM) -> bool:
    """Release the pages of all maps if more than ``budget`` bytes of files are resident.

    And if these are ``room`` bytes more than stayed the last time: what others map cannot be released here.

    A page that is released stays in the system's cache of files while there is room, and costs some
    microseconds when it is read again. Without this a long-lived process would in time count every page that
    it ever read as its own, 5 GB on a million stories, and be taken for one that leaks.

    Returns
    -------
    bool
        Whether pages were released.
    """
    global _kept
    maps = list(_maps)
    if sum(map(len, maps)) <= budget or resident() <= max(budget, _kept + room):
        return False
    for one in maps:
        one.madvise(mmap.MADV_DONTNEED)
    _kept = resident()
    return True


def resident() -> int:
    """Return the bytes of files that are resident in this process; 0 where that cannot be known."""
    try:
        return int(_STATUS.read_text("ascii").split()[2]) * mmap.PAGESIZE
    except (OSError, IndexError, ValueError):
        return 0
