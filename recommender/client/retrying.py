"""Sends a call of the client until it is answered for good. Knows HTTP, and nothing of what is asked."""

from __future__ import annotations

import time
import uuid
from typing import Any, TypeVar

import httpx
import msgspec

from recommender.errors import RelatedError
from recommender.service.answer_schemas import ProblemOut

T = TypeVar("T")

TRIES = 12  # with the pauses below some 18 seconds: a restart takes six
PATIENCE = 20.0  # seconds: a service that lets each call time out is not asked twelve times
FIRST_PAUSE, LAST_PAUSE = 0.25, 2.0  # seconds; doubles each time
LONGEST_PAUSE = 10.0  # seconds that a Retry-After is obeyed for
SECONDS = 30.0  # a publish waits for embedding behind others
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_FOR_GOOD = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)  # a wrong address or key: no time mends it
_AGAIN = frozenset({429, 502, 503, 504})


class ServiceError(RelatedError):
    """The service refused, or could not be reached.

    Parameters
    ----------
    status : int
        Of HTTP; 0 when there was no answer.
    problem : ProblemOut or None
        What it said: `detail`, and where a story was refused `story`, `field`, `value`, `way_out`.
    message : str
        The same in words.
    """

    def __init__(self, status: int, problem: ProblemOut | None, message: str) -> None:
        self.status, self.problem = status, problem
        super().__init__(message)


class RetryingConnection:
    """A connection to one service; the parameters are those of `Client`."""

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        tries: int,
        patience: float,
        timeout: float,
        transport: httpx.BaseTransport | None,
    ) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport)
        self._tries, self._patience = tries, patience

    def close(self) -> None:
        """Close it."""
        self._http.close()

    def is_ready(self) -> bool:
        """Return whether the service can do its work; asked once."""
        try:
            return self._http.get("/ready").is_success
        except httpx.TransportError:
            return False

    def read(self, kind: type[T], method: str, path: str, **more: Any) -> T:  # noqa: ANN401 (passed on)
        """Send a request as `ask` does, and return what its answer holds."""
        answer = self.ask(method, path, **more)
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.MsgspecError as error:
            message = (
                f"{answer.url} answered with something else: {error}; is it the service, of this version?"
            )
            raise ServiceError(answer.status_code, None, message) from error

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 (passed on)
        """Send a request until it is answered for good.

        A write has one key for all tries: while the first is worked on, or its answer got lost, the others
        get what that one comes to.
        """
        if method in _WRITES:
            more["headers"] = {"idempotency-key": uuid.uuid4().hex, **more.get("headers", {})}
        pause, until = FIRST_PAUSE, time.monotonic() + self._patience
        for number in range(1, self._tries + 1):
            is_last, wanted = number == self._tries or time.monotonic() > until, 0.0
            try:
                answer = self._http.request(method, path, **more)
            except httpx.TransportError as error:
                if is_last or isinstance(error, _FOR_GOOD):
                    raise ServiceError(0, None, f"{self._http.base_url}: {error}") from error
            else:
                if answer.is_success:
                    return answer
                if is_last or answer.status_code not in _AGAIN:
                    raise _refused(answer)
                wanted = _retry_after(answer)
            time.sleep(min(max(pause, wanted), LONGEST_PAUSE))
            pause = min(pause * 2, LAST_PAUSE)
        raise ServiceError(0, None, "tries is below 1; a call is sent at least once")


def _refused(answer: httpx.Response) -> ServiceError:
    try:
        problem = msgspec.json.decode(answer.content, type=ProblemOut)
    except msgspec.MsgspecError:
        return ServiceError(answer.status_code, None, f"{answer.url} answered {answer.status_code}")
    return ServiceError(answer.status_code, problem, problem.detail)


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdigit() else 0.0
