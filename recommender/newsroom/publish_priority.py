"""Who waits for whom on few cores: the background for a publish that somebody waits for. Knows no stories."""

from __future__ import annotations

import threading
from types import TracebackType


class Precedence:
    """A context for what must not wait; the background gives way to all that are within one.

    Threads share one. Within one process only: others have cores, or a scheduler, of their own.
    """

    def __init__(self) -> None:
        self._under_way = 0
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._under_way += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def give_way(self, seconds: float) -> bool:
        """Wait until nothing is under way, `seconds` at most; return whether nothing is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._under_way, seconds)
