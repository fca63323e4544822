"""The weights in use, taken up anew whenever their file changes. Knows no archive but its directory."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from recommender.errors import RankerError
from recommender.ranking.weights import Ranker, chosen, place_of

log = logging.getLogger(__name__)

Stamp = tuple[int, int, int] | None
"""What tells a version of a file from all others: inode, size, time of change; None while there is none."""


class LiveRanker:
    """Weights that follow their file. Threads share one; each asks once a question and keeps the answer.

    Parameters
    ----------
    setting : str
        The setting `ranker`: a path, or empty.
    archive : Path
        The archive's directory.
    follow : callable
        Is called before each look: brings the file up to date, where others have the say.

    Raises
    ------
    RankerError
        When the file cannot be read. Later on what cannot be read is passed over, and the log says so.
    """

    def __init__(self, setting: str, archive: Path, follow: Callable[[], None] = lambda: None) -> None:
        self._setting, self._archive, self._place = setting, archive, place_of(setting, archive)
        self._follow = follow
        follow()
        # Looked at before it is read: what is written in between is found at the next look.
        self._held = _stamp(self._place), chosen(setting, archive)

    def current(self) -> Ranker:
        """Return the weights as they are now: the same object while the file is the same."""
        self._follow()
        stamp, held = _stamp(self._place), self._held
        if stamp == held[0]:
            return held[1]
        try:
            found = chosen(self._setting, self._archive)
        except RankerError as error:
            log.warning("%s; the ranking stays as it is", error)
            found = held[1]
        else:
            log.info("the ranking is by the weights %s now", found.model.version)
        self._held = stamp, found
        return found


def weights_in_use(
    archive: Path, setting: str, given: Ranker | None = None, follow: Callable[[], None] = lambda: None
) -> Callable[[], Ranker]:
    """Return what returns an archive's weights as of now, or always those that are given."""
    return LiveRanker(setting, archive, follow).current if given is None else lambda: given


def _stamp(path: Path) -> Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
