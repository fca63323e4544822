"""Requests to other sites: where they may go, politely, and bounded in time and size.

`WebClient.get` reads an address as a guest does: by the rules of its robots.txt, with pauses, over redirects,
and again where that helps. `WebClient.send` is one request of one's own, as a push to a CMS is.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from importlib.metadata import version
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx

from recommender.errors import shown
from recommender.story.text_safety import is_web_url
from recommender.web.answers import Answer, checked, read_body
from recommender.web.credentials import origin_of
from recommender.web.errors import LATER, PrivateHostError, WebError
from recommender.web.hosts import Reach
from recommender.web.robots import AGENT, Robots
from recommender.web.robots import LARGEST as LARGEST_ROBOTS
from recommender.web.settings import WebSettings
from recommender.web.transport import Guarded

LARGEST = 100 << 20  # bytes of one answer, unpacked
TRIES = 3
FIRST_PAUSE, GROWTH, LONGEST_PAUSE = (
    2.0,
    3.0,
    60.0,
)  # seconds between tries; a longer wish is left to the caller
JITTER = 0.25  # of a pause
MOST_REDIRECTS = 5  # RFC 9309 and the Fetch standard allow 5 and 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class WebClient:
    """Asks other sites. Threads may share it.

    Parameters
    ----------
    settings : WebSettings
        What the operator chose.
    reach : Reach, optional
        Where connections may lead; the settings' by default.
    sleep : callable
        Waits so many seconds.
    transport : httpx.BaseTransport, optional
        Stands for the network in tests.
    """

    def __init__(
        self,
        settings: WebSettings | None = None,
        *,
        reach: Reach | None = None,
        sleep: Callable[[float], object] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.settings = settings or WebSettings()
        self._sleep = sleep
        self._transport = transport or Guarded(reach or self.settings.reach)
        contact = f" (+{self.settings.contact})" if self.settings.contact else ""
        self._agent = f"{AGENT}/{version('related-stories')}{contact}"
        self._robots = Robots(self._robots_txt)
        self._next: dict[str, float] = {}  # when a host may be asked again, on the monotonic clock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def get(
        self,
        url: str,
        *,
        largest: int = LARGEST,
        headers: Mapping[str, str] | None = None,
        etag: str = "",
        modified: str = "",
        tries: int = TRIES,
    ) -> Answer:
        """Return what is at an address.

        Parameters
        ----------
        url : str
            Absolute. Names and passwords are the settings'; those of its host alone are sent.
        largest : int
            Bytes that it may have, unpacked.
        headers : mapping, optional
            What is sent beside the usual.
        etag, modified : str
            ``ETag`` and ``Last-Modified`` of the answer before, so that only news is sent.
        tries : int
            How often it is asked where that may help.

        Raises
        ------
        WebError
            Where it gives nothing: it is no web address or leads to a private host, its robots.txt forbids
            it, it cannot be reached, is too large or too slow, or answers with an error.
        """
        known = {"if-none-match": etag, "if-modified-since": modified}
        wanted = {**(headers or {}), **{name: value for name, value in known.items() if value}}
        for number in range(1, tries + 1):
            try:
                return self._followed(url, wanted, largest, robots=True)
            except WebError as error:
                wait = error.after or FIRST_PAUSE * GROWTH ** (number - 1)
                if not error.again or number == tries or wait > LONGEST_PAUSE:
                    raise
                self._sleep(wait * (1 + JITTER * random.random()))
        raise ValueError("an address is tried once at least")

    def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        largest: int = LARGEST,
        seconds: float | None = None,
    ) -> Answer:
        """Make one request and return its answer, whatever its status; no redirect is followed.

        Where `largest` is 0 the answer's body is not read.

        Raises
        ------
        WebError
            Where there is no answer.
        """
        return self._answer(method, url, headers or {}, largest, body, seconds)

    def _followed(self, url: str, headers: Mapping[str, str], largest: int, *, robots: bool) -> Answer:
        for _ in range(MOST_REDIRECTS + 1):
            _check(url)
            self._wait_for(url, self._asked_robots(url) if robots and self._is_guest(url) else 0.0)
            answer = self._answer("GET", url, headers, largest)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return checked(answer)
            answer.body.close()
            try:
                url = urljoin(url, answer.headers["location"])
            except ValueError:
                raise WebError(url, "it redirects to no address", "check the site") from None
        raise WebError(url, f"it redirects more than {MOST_REDIRECTS} times", "name the page itself")

    def _answer(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        largest: int,
        body: bytes = b"",
        seconds: float | None = None,
    ) -> Answer:
        _check(url)
        usual = {"user-agent": self._agent, "accept-encoding": "gzip" if largest else "identity"}
        login = self.settings.logins.of(url)
        if login is not None:
            usual["authorization"] = login.header
        try:
            request = httpx.Request(
                method,
                url,
                headers={**usual, **headers},
                content=body or None,
                extensions={"seconds": seconds or self.settings.seconds},
            )
            with closing(self._transport.handle_request(request)) as answer:
                content = read_body(url, answer, largest)
        except PrivateHostError as error:
            raise PrivateHostError(url, error.host, error.address) from error
        except httpx.TimeoutException as error:
            raise WebError(url, f"it is too slow ({error})", LATER, again=True) from error
        except httpx.HTTPError as error:
            raise WebError(url, f"it cannot be reached ({_words(error)})", LATER, again=True) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise WebError(url, f"is no address that can be asked ({error})", "check it") from error
        return Answer(url, answer.status_code, answer.headers, content)

    def _is_guest(self, url: str) -> bool:
        """Return whether a site's rules for robots concern us: not where it is ours, or gave us a name."""
        place = origin_of(url)
        return place is not None and place[1] not in self.settings.own and not self.settings.logins.of(url)

    def _asked_robots(self, url: str) -> float:
        """Return the seconds between requests that a site wants; raise where it lets us not ask for this."""
        try:
            if self._robots.allows(url):
                return self._robots.delay(url)
        except PrivateHostError as error:
            raise PrivateHostError(url, error.host, error.address) from error
        problem = f"the site's robots.txt does not allow {AGENT} to read it"
        raise WebError(url, problem, "ask the site, or name a host of your own in the setting own_hosts")

    def _robots_txt(self, url: str) -> bytes:
        try:
            with self._followed(url, {}, LARGEST_ROBOTS, robots=False).body as body:
                return body.read()
        except WebError as error:
            if 400 <= error.status < 500 and error.status != httpx.codes.TOO_MANY_REQUESTS:
                return b""  # RFC 9309: nothing is forbidden where there is no such file
            raise

    def _wait_for(self, url: str, delay: float) -> None:
        """Wait until a host may be asked again."""
        place = origin_of(url)
        host = place[1] if place else ""
        now = time.monotonic()
        begins = max(self._next.get(host, 0.0), now)
        self._next[host] = begins + max(delay, self.settings.pause_seconds)
        if begins > now:
            self._sleep(begins - now)


def _check(url: str) -> None:
    if not is_web_url(url):
        raise WebError(
            url, "is no address that can be asked", "give http:// or https:// without name and password"
        )


def _words(error: httpx.HTTPError) -> str:
    return shown(str(error) or type(error).__name__)
