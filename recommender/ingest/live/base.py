"""What all sources at an address share: how far each was read, and reading one answer as a file.

Knows no kind of site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO, Protocol
from urllib.parse import urlsplit

import msgspec

from recommender.errors import StoryError
from recommender.ingest.base import Found, Options, Refused, Source
from recommender.web.errors import WebError

if TYPE_CHECKING:  # what is found is told apart without the libraries that ask for it
    from recommender.web.answers import Answer
    from recommender.web.client import WebClient

State = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Reached:
    """All that came before it is what the source had up to `state`, from which it can be read on.

    `url` and `kind` are the source's.
    """

    state: State
    url: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came last is the page at `url`, as its list had it: `modified` changes when the page does."""

    url: str
    modified: str


Item = Found | Refused | Reached | Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What a reader of an address is given.

    Parameters
    ----------
    web : WebClient
        Asks it.
    options : Options
        As files are read.
    full_pages : bool
        Read the page of a story of which a feed gives a summary alone.
    since : mapping
        How far the address was read before; empty: not at all.
    is_known : callable, optional
        Tells by address and time of change, as a list writes it, whether a page is held as it is.
    """

    web: WebClient
    options: Options = field(default_factory=Options)
    full_pages: bool = False
    since: State = field(default_factory=dict)
    is_known: Callable[[str, str], bool] | None = None

    def text(self, name: str) -> str:
        """Return a text of the state."""
        value = self.since.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """Return a whole number of the state."""
        value = self.since.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def part(self, name: str) -> State:
        """Return what is kept of one part of the source."""
        return state_in(self.since, name)


def state_in(state: State, name: str) -> State:
    """Return a part of a state; empty where there is none."""
    value = state.get(name)
    return value if isinstance(value, Mapping) else {}


class LiveSource(Protocol):
    """A kind of source at an address."""

    kind: str

    def read(self, url: str, reader: Reader) -> Iterator[Item]:
        """Yield what is new there since the reader's state; raise `WebError` where it cannot be read."""
        ...


def items_of(source: Source, body: BinaryIO, options: Options, url: str) -> Iterator[Found | Refused]:
    """Yield what is in one answer, its refusals by the address."""
    for item in source.read(body, replace(options, name=url)):
        yield replace(item, place=f"{url} {item.where}") if isinstance(item, Refused) else item


def not_read(error: WebError, number: int = 1) -> Refused:
    """Return the refusal of a story whose address gave nothing."""
    problem = StoryError(error.url, "page", error.url, error.problem, error.way_out)
    return Refused(number, None, problem, b"", error.url)


def json_of(web: WebClient, url: str, headers: Mapping[str, str] | None = None) -> tuple[object, Answer]:
    """Return the JSON at an address, and the answer that held it.

    Raises
    ------
    WebError
        Also where something else is there, as while a site is closed for maintenance.
    """
    answer = web.get(url, headers={"accept": "application/json", **(headers or {})})
    with answer.body as body:
        try:
            return msgspec.json.decode(body.read()), answer
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise WebError(url, "it answers with something else than JSON", "check the address") from error


def tags_of(answer: Answer) -> State:
    """Return by what an answer is told from a later one; empty where its site does not say."""
    tags = {"etag": answer.headers.get("etag"), "modified": answer.headers.get("last-modified")}
    return {name: value for name, value in tags.items() if value}


def site_of(url: str) -> str:
    """Return the address of the site that an address is of."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"
