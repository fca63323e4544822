"""In which turn requests are begun: a few at a time, so that who comes new waits behind those few only.

An event loop that began all at once would accept nobody, and answer no probe, until all had gone as far as
they can. Knows paths, nothing of what is asked.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection

AT_ONCE = (
    8  # requests begun between two looks for new ones: some milliseconds, where each is answered at once
)


class Turns:
    """Requests that wait to be begun, first come first served. Lives on an event loop.

    Parameters
    ----------
    ahead : collection of str
        Paths that do not wait: by them others find out whether the service lives.
    """

    def __init__(self, ahead: Collection[str] = ()) -> None:
        self._ahead = frozenset(ahead)
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_due = False

    def __len__(self) -> int:
        return len(self._waiting)

    def begin(self, path: str, start: Callable[[], None]) -> None:
        """Begin a request when its turn comes."""
        if path in self._ahead:
            start()
            return
        self._waiting.append(start)
        self._come_again()

    def _come_again(self) -> None:
        if self._waiting and not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._begin_some)

    def _begin_some(self) -> None:
        self._is_due = False
        for _ in range(min(AT_ONCE, len(self._waiting))):
            self._waiting.popleft()()
        self._come_again()
