"""One connection: how long its head may be, how long a request may take to come, and how it ends.

A protocol over uvicorn's, which has no such limits with httptools. Knows bytes, nothing of what is asked.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from recommender.service.problems import Problem

if TYPE_CHECKING:
    from recommender.service.connections import Connections

LEAST_RATE = 4096  # bytes a second at which a body has to come, beyond the seconds that it may take anyway
LINGER_SECONDS = 1.0  # for which the rest of a request is taken, and dropped, that was answered before it
LINGER_BYTES = 256 * 2**10  # of that rest: so that a short one ends in peace and its answer is read


class _Waits(Enum):
    """What a connection waits for."""

    FOR_REQUEST = "a request"
    FOR_HEAD = "the rest of a head"
    FOR_BODY = "the rest of a body"
    FOR_US = "our answer"
    FOR_READER = "the answer to be read"


class Connection(HttpToolsProtocol):
    """One connection, within the limits."""

    def __init__(
        self,
        connections: Connections,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._all, self._limits = connections, connections.settings
        self._waits = _Waits.FOR_REQUEST
        self.ends_at = float("inf")  # time of the loop
        self._in_head = False
        self._head_bytes = 0  # of the head that is coming, without what came with the request before it
        self._body_bytes = 0
        self._dropped = 0  # bytes of the body since the answer
        self._unframed = 0  # bytes since the last of a body, such as endless trailers

    @property
    def keeps_waiting(self) -> bool:
        """Whether it is the client's turn."""
        return self._waits not in (_Waits.FOR_US, _Waits.FOR_READER)

    # What asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hold the connection, or say that there are too many."""
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn names the narrower type
        if self._all.add(self, self.client[0] if self.client else ""):
            self._wait(_Waits.FOR_HEAD, self._limits.head_seconds)
        else:
            self.refuse(503, "busy", "too many connections; try again in a moment", {"retry-after": "1"})

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._all.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count, and hand on."""
        if self.transport.is_closing():
            return
        if self._waits is _Waits.FOR_REQUEST:
            self._wait(_Waits.FOR_HEAD, self._limits.head_seconds)
        elif self._waits is _Waits.FOR_BODY:
            self.ends_at += len(data) / LEAST_RATE
        if self._in_head:
            self._head_bytes += len(data)
        before, self._unframed = self._body_bytes, self._unframed + len(data)
        super().data_received(data)
        if self._body_bytes > before:
            self._unframed = 0
        if self._in_head and self._head_bytes > self._limits.max_head:
            self._refuse_head()
        elif self._waits is _Waits.FOR_BODY and self._unframed > self._limits.max_head:
            self.refuse(400, "bad-request", "the body has more around it than in it")

    def pause_writing(self) -> None:
        """Give the client a while to read on."""
        super().pause_writing()
        if self._waits is _Waits.FOR_US:
            self._wait(_Waits.FOR_READER, self._limits.body_seconds)

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        if self._waits is _Waits.FOR_READER:
            self._wait(_Waits.FOR_US)

    # What the parser tells

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Answer, unless the head is too long after all."""
        self._in_head = False
        if self.transport.is_closing():
            return
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self._limits.max_head:
            self._refuse_head()
            return
        self._body_bytes = self._unframed = self._dropped = 0
        self._wait(_Waits.FOR_BODY, self._limits.body_seconds)
        super().on_headers_complete()
        if self._all.is_stopping:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Take a part of the body; of one that was answered already, a little."""
        if self.transport.is_closing():
            return
        self._body_bytes += len(body)
        if self.cycle.response_complete:
            self._dropped += len(body)
            if self._dropped > LINGER_BYTES:
                self.transport.close()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Let the client wait for the answer."""
        if self.transport.is_closing():
            return
        is_answered = self.cycle.response_complete
        super().on_message_complete()
        if is_answered:
            self._await_request()
        else:
            self._wait(_Waits.FOR_US)

    def on_response_complete(self) -> None:
        """Wait for the next request; for the rest of this one, if any, not for long."""
        super().on_response_complete()
        self._all.waits_anew(self)
        if self._waits is _Waits.FOR_BODY:
            self.ends_at = min(self.ends_at, self.loop.time() + LINGER_SECONDS)
        if self.cycle.response_complete and not self.keeps_waiting:  # else a pipelined request has its turn
            self._await_request()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Begin a request when its turn comes, if its client still waits for it then."""

        def start() -> None:
            if not cycle.disconnected:
                HttpToolsProtocol._start_asgi_task(self, cycle, app)

        self._all.turns.begin(cycle.scope["path"], start)

    # Ends

    def shutdown(self) -> None:
        """Close it, as the service stops: after its answer; a little later where nothing was asked yet."""
        if self.cycle is None or (self.cycle.response_complete and self._in_head):
            self.ends_at = min(self.ends_at, self.loop.time() + LINGER_SECONDS)
        else:
            super().shutdown()

    def _await_request(self) -> None:
        if self._in_head:
            self._wait(_Waits.FOR_HEAD, self._limits.head_seconds)
        else:
            self._wait(_Waits.FOR_REQUEST)  # uvicorn's own timer ends one that stays idle

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that nothing was asked on for a while."""
        self.end()

    def _wait(self, waits: _Waits, seconds: float = float("inf")) -> None:
        self._waits, self.ends_at = waits, self.loop.time() + seconds

    def _refuse_head(self) -> None:
        detail = (
            f"the request's head has more than {self._limits.max_head:,} bytes; send fewer or shorter headers"
        )
        self.refuse(431, "head-too-large", detail)

    def refuse(self, status: int, kind: str, detail: str, headers: dict[str, str] | None = None) -> None:
        """Answer with a problem, where nothing was answered yet, and close."""
        if self.transport.is_closing():
            self.transport.abort()
            return
        self._in_head = False
        self._wait(_Waits.FOR_READER, self._limits.head_seconds)
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            if self.cycle is not None:
                self.cycle.disconnected = True
                self.cycle.message_event.set()
            self.transport.write(_written(Problem(status, kind, detail, headers)))
        self.transport.close()

    def end_slow(self) -> None:
        """End it because its time is over: with 408 where a request has begun to come, unanswered."""
        self._all.too_slow(self._waits.value)
        is_half = self._waits is _Waits.FOR_BODY and not self.cycle.response_complete
        if self._in_head or is_half:
            self.refuse(408, "request-timeout", f"{self._waits.value} did not come in time")
        else:
            self.end()

    def end(self) -> None:
        """Close it; at once where the other side does not read what it was sent."""
        if self.transport.is_closing() or self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()
        self._all.remove(self)


def _written(problem: Problem) -> bytes:
    """Return a problem as the bytes of a whole answer."""
    answer = problem.response()
    answer.headers["connection"] = "close"
    lines = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}".encode()]
    lines += [name + b": " + value for name, value in answer.raw_headers]
    return b"\r\n".join([*lines, b"", bytes(answer.body)])
