"""How much this process has embedded, and how long that took. Knows no model, and not who looks at it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What is embedded: stories to be held, or texts that somebody asks about."""

    STORY = "story"
    QUESTION = "question"


class Embedded(NamedTuple):
    """How much so far: texts, the passages that they were cut into, and seconds of the clock."""

    texts: int = 0
    passages: int = 0
    seconds: float = 0.0


class EmbeddingMeter:
    """Counts what any thread embeds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(Kind, Embedded())

    @contextmanager
    def measuring(self, kind: Kind, texts: int, passages: int) -> Iterator[None]:
        """Count what the block embeds, unless it fails."""
        begin = time.perf_counter()
        yield
        seconds = time.perf_counter() - begin
        with self._lock:
            held = self._counts[kind]
            self._counts[kind] = Embedded(
                held.texts + texts, held.passages + passages, held.seconds + seconds
            )

    def counts(self) -> dict[Kind, Embedded]:
        """Return how much of each kind so far."""
        with self._lock:
            return dict(self._counts)


METER = EmbeddingMeter()
"""Of this process: a machine's work, whichever archive it is for."""
