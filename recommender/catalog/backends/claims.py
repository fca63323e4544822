"""Work that one process at a time may do for the archive of a file, claimed by a lock beside it."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout


class FileClaim:
    """A claim on work; the end of the process gives it back.

    Parameters
    ----------
    path : Path
        Of the lock's file.
    """

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(path)

    def take(self) -> bool:
        """Return whether the work is this process's; once taken it stays so."""
        try:
            self._lock.acquire(blocking=False)  # once held, the next acquire is only counted
        except Timeout:
            return False
        return True

    def give_back(self) -> None:
        """Let another process have it."""
        self._lock.release(force=True)
