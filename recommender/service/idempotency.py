"""The same request once: who sends it again under its key joins the first, or gets its answer again.

A key holds in one process, for a while: after that, and in another, the request does what changes nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from recommender.service import problems

MOST_KEY = 255  # characters
KEPT_SECONDS = 600.0  # no client tries again for longer
KEPT = 1000  # answers
KEPT_BYTES = 16 * 2**20  # of all of them


@dataclass(eq=False)
class _Kept:
    digest: bytes
    task: asyncio.Task[Response]
    at: float = field(default_factory=time.monotonic)
    size: int = 0


class IdempotentAnswers:
    """Answers by caller and key."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._bytes = self._unfinished = 0

    @property
    def is_at_work(self) -> bool:
        """Whether any request is worked on, though its client may have hung up."""
        return self._unfinished > 0

    async def answer(
        self,
        key: tuple[str, str],
        what: Sequence[str | bytes],
        work: Callable[[], Coroutine[Any, Any, Response]],
    ) -> Response:
        """Return the answer to a request, which is worked on even when its client hangs up.

        Parameters
        ----------
        key : tuple of str
            Whose request, and the key that it was sent under.
        what : sequence
            What it says; another request under the same key is refused.
        work : callable
            Begins the work.

        Raises
        ------
        Problem
            422 for a key that is none, or was used for something else; and what the work raises, after which
            it may be tried again.
        """
        if not 0 < len(key[1]) <= MOST_KEY:
            raise problems.invalid("Idempotency-Key", key[1], "is no key", f"give 1 to {MOST_KEY} characters")
        digest = hashlib.blake2b(b"\0".join(_bytes(each) for each in what), digest_size=16).digest()
        self.forget()
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = _Kept(digest, asyncio.ensure_future(work()))
            self._unfinished += 1
            kept.task.add_done_callback(lambda _: self._done(key, kept))
        elif kept.digest != digest:
            way_out = "send the same request again, or another key"
            raise problems.invalid("Idempotency-Key", key[1], "was used for another request", way_out)
        return await asyncio.shield(kept.task)

    def _done(self, key: tuple[str, str], kept: _Kept) -> None:
        """Keep the answer; what failed may be tried again."""
        self._unfinished -= 1
        if kept.task.cancelled() or kept.task.exception() is not None:
            if self._kept.get(key) is kept:
                del self._kept[key]
            return
        kept.size = len(kept.task.result().body)
        self._bytes += kept.size

    def forget(self) -> None:
        """Drop what is too old or too much, oldest first; never what is still worked on."""
        now = time.monotonic()
        for key, kept in list(self._kept.items()):
            if len(self._kept) < KEPT and self._bytes <= KEPT_BYTES and now - kept.at < KEPT_SECONDS:
                return
            if kept.task.done():
                del self._kept[key]
                self._bytes -= kept.size


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
