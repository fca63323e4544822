"""A client of the service, for a CMS written in Python. Knows the wire, and nothing of the engine."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack
from urllib.parse import quote

import msgspec
from msgspec import structs

from recommender.engine.answer_filters import FilterFields
from recommender.errors import ExtraMissingError, RelatedError
from recommender.service.answer_schemas import (
    BlockOut,
    EditedOut,
    JobOut,
    ManyOut,
    ProblemOut,
    PublishedOut,
)
from recommender.service.request_schemas import Narrowed
from recommender.story.story import Status, Story
from recommender.story.timestamps import format_time

try:
    import httpx
except ImportError as error:
    raise ExtraMissingError(
        "the client needs httpx; install: pip install 'related-stories[service]'"
    ) from error

__all__ = ["Client", "ServiceError"]

T = TypeVar("T")

TRIES = 12  # with the pauses below some 18 seconds: a restart takes six
PATIENCE = 20.0  # seconds: a service that lets each call time out is not asked twelve times
FIRST_PAUSE, LAST_PAUSE = 0.25, 2.0  # seconds; doubles each time
LONGEST_PAUSE = 10.0  # seconds that a Retry-After is obeyed for
SECONDS = 30.0  # a publish waits for embedding behind others
MOST_LINES = 16  # of one request, which takes seconds on a busy machine
MOST_BYTES = 2**20  # of one request, unless one story is longer: what the service counts as short
_JSON_LINES = {"content-type": "application/x-ndjson"}
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


class Client:
    """Talks to one service. Threads may share one.

    Every call may be sent again, since the service does nothing twice: what fails for the moment (429, 503, a
    connection that is refused or breaks) is tried `tries` times, so that a restart is outlived, but once at
    most after `patience` seconds.

    Parameters
    ----------
    url : str
        Where the service is, such as ``http://127.0.0.1:8350``.
    key : str, optional
        As `related keys add` printed it.
    tries : int
        How often a call is sent at most.
    patience : float
        Seconds since it was first sent, after which it is sent once more at most.
    timeout : float
        Seconds for one answer.
    transport : httpx.BaseTransport, optional
        Stands for the network.

    Examples
    --------
    >>> with Client("http://127.0.0.1:8350", key) as client:  # doctest: +SKIP
    ...     for change in client.publish(story).changed:
    ...         purge(change.url)
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        tries: int = TRIES,
        patience: float = PATIENCE,
        timeout: float = SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport)
        self._tries, self._patience = tries, patience

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    # Stories in. Each raises ServiceError, as all that follow do.

    def publish(
        self, story: Story | Mapping[str, Any], *, dry_run: bool = False, undelete: bool = False
    ) -> PublishedOut:
        """Add or update a story; return its block, and the older blocks that changed.

        One that was deleted is refused (409) without `undelete`.
        """
        answer = self._ask("POST", "/stories", json=_json(story), params=_flags(dry_run, undelete))
        return _read(answer, PublishedOut)

    def publish_many(
        self, stories: Iterable[Story | Mapping[str, Any]], *, dry_run: bool = False, undelete: bool = False
    ) -> ManyOut:
        """Add or update stories, some at a time; return what was taken and what was refused, by line from 1.

        Read once, in constant memory but for what is returned. When it raises, what came before is published,
        and all may be sent again.
        """
        told = ManyOut(stories=[], refused=[])
        first, flags = 0, _flags(dry_run, undelete)
        for count, lines in _pieces(stories):
            answer = self._ask("POST", "/stories", content=lines, headers=_JSON_LINES, params=flags)
            piece = _read(answer, ManyOut)
            told.stories += (structs.replace(one, line=first + one.line) for one in piece.stories)
            told.refused += (structs.replace(one, line=first + one.line) for one in piece.refused)
            first += count
        return told

    def start_job(
        self, name: str, stories: Iterable[Story | Mapping[str, Any]], *, undelete: bool = False
    ) -> JobOut:
        """Let the service publish stories while nobody waits: all in one request, in memory until it is sent.

        The same stories under the same name join the job at work. Look at it with `job`; after a restart of
        the service there is none, and it may be started again.
        """
        lines = b"\n".join(msgspec.json.encode(_json(story)) for story in stories)
        params = _flags(False, undelete)
        return _read(self._ask("PUT", _job(name), content=lines, headers=_JSON_LINES, params=params), JobOut)

    def job(self, name: str) -> JobOut:
        """Return how far a job came."""
        return _read(self._ask("GET", _job(name)), JobOut)

    def cancel_job(self, name: str) -> JobOut:
        """Let a job begin nothing more; what it has published stays."""
        return _read(self._ask("DELETE", _job(name)), JobOut)

    def amend(
        self,
        id: str,
        *,
        status: Status | str | None = None,
        embargo_until: datetime | None = None,
        expires: datetime | None = None,
        successor: str | None = None,
        dry_run: bool = False,
    ) -> PublishedOut:
        """Change a story's standing; what is None stays."""
        values = {
            "status": None if status is None else str(status),
            "embargo_until": None if embargo_until is None else format_time(embargo_until),
            "expires": None if expires is None else format_time(expires),
            "successor": successor,
        }
        given = {name: value for name, value in values.items() if value is not None}
        return _read(self._ask("PATCH", _path(id), json=given, params=_flags(dry_run)), PublishedOut)

    def withdraw(self, id: str, successor: str | None = None, *, dry_run: bool = False) -> PublishedOut:
        """Retract a story: nobody is shown it once this returns."""
        return self.amend(id, status=Status.RETRACTED, successor=successor, dry_run=dry_run)

    def delete(self, id: str, *, dry_run: bool = False) -> PublishedOut:
        """Delete a story."""
        return _read(self._ask("DELETE", _path(id), params=_flags(dry_run)), PublishedOut)

    # Blocks out. Filters are those of `Recommender.related`; a day is one of the archive's zone.

    def related(
        self, id: str, k: int | None = None, *, preview: bool = False, **filters: Unpack[FilterFields]
    ) -> BlockOut:
        """Return the block of a story; with filters (`section`, `since`, ...) one of those that pass."""
        return _read(self._ask("GET", _path(id, "related"), params=_block(k, preview, filters)), BlockOut)

    def related_by_url(self, url: str, k: int | None = None, **filters: Unpack[FilterFields]) -> BlockOut:
        """Return the block of the story at an address."""
        params = {"url": url, **_block(k, False, filters)}
        return _read(self._ask("GET", "/related", params=params), BlockOut)

    def related_html(self, id: str, k: int | None = None, **filters: Unpack[FilterFields]) -> str:
        """Return the block of a story as an HTML fragment."""
        path, accept = _path(id, "related"), {"accept": "text/html"}
        return self._ask("GET", path, params=_block(k, False, filters), headers=accept).text

    def similar(self, text: str, k: int = 10, **filters: Unpack[FilterFields]) -> BlockOut:
        """Return the stories nearest to a text."""
        question = {"text": text, "k": k, **Narrowed.asking(filters)}
        return _read(self._ask("POST", "/similar", json=question), BlockOut)

    # The editors' hand

    def pin(self, id: str, target: str, position: int = 1, by: str = "") -> EditedOut:
        """Put a story at a position of a block, from 1."""
        return self._edit("PUT", _path(id, "pins", target), {"position": position, "by": by})

    def unpin(self, id: str, target: str) -> EditedOut:
        """Take a pin away."""
        return self._edit("DELETE", _path(id, "pins", target))

    def exclude(self, id: str, target: str, by: str = "") -> EditedOut:
        """Keep a story out of a block."""
        return self._edit("PUT", _path(id, "exclusions", target), {"by": by})

    def include(self, id: str, target: str) -> EditedOut:
        """Take an exclusion away."""
        return self._edit("DELETE", _path(id, "exclusions", target))

    def freeze(self, id: str, by: str = "") -> EditedOut:
        """Keep a block as it is."""
        return self._edit("PUT", _path(id, "freeze"), {"by": by})

    def unfreeze(self, id: str) -> EditedOut:
        """Let the engine choose again."""
        return self._edit("DELETE", _path(id, "freeze"))

    def is_ready(self) -> bool:
        """Return whether the service can do its work."""
        try:
            return self._http.get("/ready").is_success
        except httpx.TransportError:
            return False

    def _edit(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> EditedOut:
        return _read(self._ask(method, path, json=body), EditedOut)

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 (passed on)
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


def _pieces(stories: Iterable[Story | Mapping[str, Any]]) -> Iterator[tuple[int, bytes]]:
    """Yield stories as JSON Lines, no more than are published well within one answer's time; and how many."""
    lines: list[bytes] = []
    size = 0
    for story in stories:
        line = msgspec.json.encode(_json(story))
        if lines and (len(lines) >= MOST_LINES or size + len(line) > MOST_BYTES):
            yield len(lines), b"\n".join(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line) + 1
    if lines:
        yield len(lines), b"\n".join(lines)


def _json(story: Story | Mapping[str, Any]) -> Mapping[str, Any]:
    return story.to_json() if isinstance(story, Story) else story


def _path(*parts: str) -> str:
    """Return a path below the stories; an id may hold a slash."""
    return "/stories/" + "/".join(quote(part, safe="") for part in parts)


def _job(name: str) -> str:
    return f"/jobs/{quote(name, safe='')}"


def _flags(dry_run: bool, undelete: bool = False) -> dict[str, str]:
    flags = {"dry_run": dry_run, "undelete": undelete}
    return {name: "true" for name, is_set in flags.items() if is_set}


def _block(k: int | None, preview: bool, filters: FilterFields) -> dict[str, Any]:
    asked = Narrowed.asking(filters) | ({} if k is None else {"k": k})
    return asked | ({"preview": "true"} if preview else {})


def _read(answer: httpx.Response, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.MsgspecError as error:
        message = f"{answer.url} answered with something else: {error}; is it the service, of this version?"
        raise ServiceError(answer.status_code, None, message) from error


def _refused(answer: httpx.Response) -> ServiceError:
    try:
        problem = msgspec.json.decode(answer.content, type=ProblemOut)
    except msgspec.MsgspecError:
        return ServiceError(answer.status_code, None, f"{answer.url} answered {answer.status_code}")
    return ServiceError(answer.status_code, problem, problem.detail)


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdigit() else 0.0
