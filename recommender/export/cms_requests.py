"""Requests that write to a CMS: tried again where that helps, with pauses, and every refusal in words.

Knows HTTP, and no CMS.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from recommender.errors import ExportError, shown
from recommender.export.push import GoneError, RefusedError
from recommender.web.answers import retry_after
from recommender.web.client import WebClient
from recommender.web.errors import LATER, WebError

TRIES = 5
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds; doubles each time, and up to a second more
LONGEST_WISH = 300.0  # seconds that a site's Retry-After is waited for; after more, run the push again
_LARGEST = 4 << 20  # bytes of an answer that are read
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_WORDS = 200  # characters of a site's own words

_pause = wait_exponential_jitter(initial=FIRST_PAUSE, max=LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class CmsAnswer:
    """What a CMS answered: its status, and its JSON where that is what it sent."""

    status: int
    document: object


@dataclass(kw_only=True)
class CmsRequests:
    """Writes to one CMS, one request after the other.

    Parameters
    ----------
    web : WebClient
        Sends them, with the name and password that belong to the host.
    login : str
        What to do about a name or password that the CMS does not take.
    rights : str
        What to do about a story that it does not let us change.
    media_type : str
        Of what is sent and wanted.
    """

    web: WebClient
    login: str
    rights: str
    media_type: str = "application/json"
    sleep: Callable[[float], None] = time.sleep
    _next: float = field(default=0.0, init=False)

    def send(self, method: str, url: str, value: object) -> CmsAnswer:
        """Send a value, and return what was answered to it.

        Raises
        ------
        GoneError
            When there is no such story any more.
        RefusedError
            When this story is not taken.
        ExportError
            When no story is.
        WebError
            When the CMS cannot be reached, or is not well, however often it is tried.
        """
        tries = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, WebError) and error.again),
            stop=stop_after_attempt(TRIES),
            wait=_wanted_pause,
            sleep=self.sleep,
            reraise=True,
        )
        return tries(self._once, method, url, msgspec.json.encode(value))

    def _once(self, method: str, url: str, body: bytes) -> CmsAnswer:
        self._wait()
        headers: Mapping[str, str] = {"content-type": self.media_type, "accept": self.media_type}
        answer = self.web.send(method, url, body=body, headers=headers, largest=_LARGEST)
        with answer.body as file:
            document = _document(file.read())
        status = answer.status
        if status in _PASSING:
            after = retry_after(answer.headers.get("retry-after", ""))
            again = after <= LONGEST_WISH
            wish = f", and asks to be left alone for {after:,.0f} s" if after else ""
            raise WebError(url, f"it answers {status}{wish}", LATER, status=status, again=again, after=after)
        self._check(method, url, status, document, answer.headers.get("location", ""))
        return CmsAnswer(status, document)

    def _check(self, method: str, url: str, status: int, document: object, location: str) -> None:
        """Raise for an answer that is none."""
        said = _words(document)
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            raise ExportError(f"{url} redirects to {shown(location)}; give the address that it leads to")
        if status == 401:
            raise ExportError(f"{url} answers 401{said}: {self.login}")
        if status == 403:
            raise RefusedError(f"{url} answers 403{said}: {self.rights}")
        if status in (404, 410):
            raise GoneError(f"{url} answers {status}{said}")
        if status == 405:
            raise ExportError(f"{url} takes no {method} (405){said}: {self.rights}")
        raise RefusedError(f"{url} answers {status}{said}")

    def _wait(self) -> None:
        """Leave the pause between two requests that the settings name."""
        now = time.monotonic()
        begins = max(self._next, now)
        self._next = begins + self.web.settings.pause_seconds
        if begins > now:
            self.sleep(begins - now)


def _wanted_pause(state: RetryCallState) -> float:
    """Return the seconds until the next try: what the site asks for, else more from time to time."""
    error = state.outcome.exception() if state.outcome else None
    return max(getattr(error, "after", 0.0), _pause(state))


def _document(raw: bytes) -> object:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _words(document: object) -> str:
    """Return what a CMS says of an error, as WordPress and JSON:API do."""
    match document:
        case {"message": str(message)}:
            words = message
        case {"errors": [{"detail": str(message)}, *_]} | {"errors": [{"title": str(message)}, *_]}:
            words = message
        case _:
            return ""
    return f" ({' '.join(words.split())[:_MOST_WORDS]})"
