"""Whether a catalog's files are still where they were opened. Knows nothing of what they hold.

An open file outlives its name: what is written to one that was moved, deleted or replaced is acknowledged and
gone at the next start. Asking takes microseconds, so it is asked around every write.
"""

from __future__ import annotations

import logging
from pathlib import Path

from recommender.errors import ArchiveMovedError

log = logging.getLogger(__name__)

_BESIDE = ("-wal", "-shm")  # the log and its index: SQLite keeps both as long as a connection is open

Identity = tuple[int, int] | None


class CatalogFiles:
    """Remembers which files a catalog was opened as.

    Parameters
    ----------
    path : Path
        The catalog's file, open by now.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[Path, Identity] = {path: _identity(path)}
        self._is_missed = False

    def know_log(self) -> None:
        """Remember the log's files, too. To be called while a connection has read and stays open."""
        for end in _BESIDE:
            file = self.path.with_name(self.path.name + end)
            if (found := _identity(file)) is not None:
                self._known.setdefault(file, found)

    def check(self) -> None:
        """Return when all files are where they were opened.

        Raises
        ------
        ArchiveMovedError
            When one is not. When all are back, by the same files, it raises no more.
        """
        missing = next((file for file, known in list(self._known.items()) if _identity(file) != known), None)
        if missing is None:
            if self._is_missed:
                self._is_missed = False
                log.info("catalog %s is back", self.path)
            return
        error = ArchiveMovedError(
            f"catalog {self.path}: {missing.name} was moved, deleted or replaced while it was open, nothing "
            "is acknowledged: put the same files back, or start this process again"
        )
        if not self._is_missed:
            self._is_missed = True
            log.error("%s", error)
        raise error


def _identity(file: Path) -> Identity:
    """Return what tells a file from another one in its place, None where there is none."""
    try:
        found = file.stat()
    except OSError:  # neither is one that cannot be looked at where it was
        return None
    return found.st_dev, found.st_ino
