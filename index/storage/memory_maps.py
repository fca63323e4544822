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
"""Bytes that may become resident between two times, whatever stays: the index maps files too (1.2 GB of a
million stories) and keeps them, so that within a fixed budget every question would release what the last
one read."""
_STATUS = Path("/proc/self/statm")  # Linux only: elsewhere nothing is released

_maps: WeakSet[mmap.mmap] = WeakSet()
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
