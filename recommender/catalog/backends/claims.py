"""Work that one process at a time may do for the archive of a file, claimed by a lock beside it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock


class FileClaim:
    """A claim on work; the end of the process gives it back.

    Parameters
    ----------
    path : Path
        Of the lock's file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _lock(self) -> BaseFileLock:
        from filelock import FileLock  # brings asyncio with it, for which who claims nothing need not wait

        return FileLock(self._path)

    def take(self) -> bool:
        """Return whether the work is this process's; once taken it stays so."""
        from filelock import Timeout

        try:
            self._lock.acquire(blocking=False)  # once held, the next acquire is only counted
        except Timeout:
            return False
        return True

    def give_back(self) -> None:
        """Let another process have it."""
        self._lock.release(force=True)
