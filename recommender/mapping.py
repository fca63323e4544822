"""Arrays mapped from files: shared by processes, and resident within a budget. Knows not what is in them."""

from __future__ import annotations

import mmap
import threading
from collections import deque
from pathlib import Path
from typing import Any
from weakref import WeakSet, ref

import numpy as np
from numpy.typing import NDArray

BUDGET = 1 << 30
"""Bytes of files resident in a process, those of some 200,000 stories. Beyond it, pages are let go."""
_PIECE = 32 << 20
_PIECES_AT_ONCE = 32  # a question on 300,000 stories makes some 400 MB of addresses resident again
_STATUS = Path("/proc/self/statm")  # Linux only: elsewhere nothing is let go

_maps: WeakSet[mmap.mmap] = WeakSet()
_pieces: deque[tuple[ref[mmap.mmap], int]] = deque()  # those whose turn is next
_turn = threading.Lock()


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


def let_go(budget: int = BUDGET) -> int:
    """Let go of some pages if more than ``budget`` bytes of files are resident.

    A page that is let go stays in the system's cache of files while there is room, and costs a microsecond
    when it is read again. Without this a long-lived process would in time count every page that it ever read
    as its own, 5 GB on a million stories, and be taken for one that leaks. Pieces of the maps take turns, so
    that no question pays for all.

    Returns
    -------
    int
        Bytes of addresses whose pages were let go; 0 within the budget.
    """
    if sum(map(len, list(_maps))) <= budget or resident() <= budget or not _turn.acquire(blocking=False):
        return 0
    try:
        if not _pieces:
            _pieces.extend((ref(one), at) for one in list(_maps) for at in range(0, len(one), _PIECE))
        seen = 0
        for _ in range(min(_PIECES_AT_ONCE, len(_pieces))):
            held, start = _pieces.popleft()
            if (one := held()) is not None:
                length = min(_PIECE, len(one) - start)
                one.madvise(mmap.MADV_DONTNEED, start, length)
                seen += length
        return seen
    finally:
        _turn.release()


def resident() -> int:
    """Return the bytes of files that are resident in this process; 0 where that cannot be known."""
    try:
        return int(_STATUS.read_text("ascii").split()[2]) * mmap.PAGESIZE
    except (OSError, IndexError, ValueError):
        return 0
