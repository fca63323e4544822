"""What a CMS written in Python calls: a method for each call of the service; hence the length.

Knows nothing of the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Unpack
from urllib.parse import quote

import httpx
import msgspec
from msgspec import structs

from index.storage.closing import Closing
from recommender.client.retrying import PATIENCE, SECONDS, TRIES, RetryingConnection
from recommender.engine.requested_filters import FilterFields
from recommender.newsroom.steering import SteeringFields
from recommender.service.answer_schemas import (
    BlockOut,
    EditedOut,
    JobOut,
    ManyOut,
    PublishedOut,
    RulesOut,
    SteeringOut,
    SuggestionsOut,
    ThreadOut,
    ThreadsOut,
    ThreadSummary,
    TranslationsOut,
)
from recommender.service.comparisons import ComparisonOut, ComparisonsOut
from recommender.service.rating_schemas import RatedOut, RatingOut, RatingsOut
from recommender.service.reembedding_schemas import ReembeddingOut
from recommender.service.request_schemas import Narrowed, SteeringIn
from recommender.service.settings_choice import ChoiceOut, SettingsOut
from recommender.service.slot_schemas import Card
from recommender.story.markup import ContentType
from recommender.story.story import Status, Story
from recommender.story.timestamps import format_time

MOST_LINES = 16  # of one request, which takes seconds on a busy machine
MOST_BYTES = 2**20  # of one request, unless one story is longer: what the service counts as short
RATINGS, SETTINGS, STEERING, THREADS = "/ratings", "/settings", "/steering", "/threads"
COMPARISONS = "/comparisons"
_REEMBEDDING = "/reembedding"
_JSON_LINES = {"content-type": "application/x-ndjson"}


class Client(Closing):
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
        self._service = RetryingConnection(
            url, key, tries=tries, patience=patience, timeout=timeout, transport=transport
        )

    def close(self) -> None:
        """Close the connections."""
        self._service.close()

    # Stories in. Each raises ServiceError, as all that follow do.

    def publish(
        self,
        story: Story | Mapping[str, Any],
        *,
        dry_run: bool = False,
        undelete: bool = False,
        content_type: ContentType = ContentType.AUTO,
    ) -> PublishedOut:
        """Add or update a story; return its block, and the older blocks that changed.

        One that was deleted is refused (409) without `undelete`. `content_type` says whether its body is HTML
        or text, where the story itself does not.
        """
        params = _flags(dry_run, undelete, content_type)
        return self._service.read(PublishedOut, "POST", "/stories", json=_json(story), params=params)

    def publish_many(
        self,
        stories: Iterable[Story | Mapping[str, Any]],
        *,
        dry_run: bool = False,
        undelete: bool = False,
        content_type: ContentType = ContentType.AUTO,
    ) -> ManyOut:
        """Add or update stories, some at a time; return what was taken and what was refused, by line from 1.

        Read once, in constant memory but for what is returned. When it raises, what came before is published,
        and all may be sent again.
        """
        told = ManyOut(stories=[], refused=[])
        first, flags = 0, _flags(dry_run, undelete, content_type)
        for count, lines in _pieces(stories):
            piece = self._service.read(
                ManyOut, "POST", "/stories", content=lines, headers=_JSON_LINES, params=flags
            )
            told.stories += (structs.replace(one, line=first + one.line) for one in piece.stories)
            told.refused += (structs.replace(one, line=first + one.line) for one in piece.refused)
            first += count
        return told

    def start_job(
        self,
        name: str,
        stories: Iterable[Story | Mapping[str, Any]],
        *,
        undelete: bool = False,
        content_type: ContentType = ContentType.AUTO,
    ) -> JobOut:
        """Let the service publish stories while nobody waits: all in one request, in memory until it is sent.

        The same stories under the same name join the job at work. Look at it with `job`; where the process
        that works on it ends, it is stopped, and may be started again.
        """
        lines = b"\n".join(msgspec.json.encode(_json(story)) for story in stories)
        params = _flags(False, undelete, content_type)
        return self._service.read(
            JobOut, "PUT", _job(name), content=lines, headers=_JSON_LINES, params=params
        )

    def job(self, name: str) -> JobOut:
        """Return how far a job came."""
        return self._service.read(JobOut, "GET", _job(name))

    def cancel_job(self, name: str) -> JobOut:
        """Let a job begin nothing more; what it has published stays."""
        return self._service.read(JobOut, "DELETE", _job(name))

    def reembed(self, model: str = "") -> ReembeddingOut:
        """Let the service embed all stories by another model and go over to it, or go on with that.

        `auto`, a model that a package carries, or without a name the one of the setting `model`.
        """
        return self._service.read(ReembeddingOut, "PUT", _REEMBEDDING, json={"model": model})

    def reembedding(self) -> ReembeddingOut:
        """Return how far the move to another embedding model is."""
        return self._service.read(ReembeddingOut, "GET", _REEMBEDDING)

    def cancel_reembedding(self) -> ReembeddingOut:
        """Let that move embed no more; what is embedded is kept."""
        return self._service.read(ReembeddingOut, "DELETE", _REEMBEDDING)

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
        return self._service.read(PublishedOut, "PATCH", _path(id), json=given, params=_flags(dry_run))

    def withdraw(self, id: str, successor: str | None = None, *, dry_run: bool = False) -> PublishedOut:
        """Retract a story: nobody is shown it once this returns."""
        return self.amend(id, status=Status.RETRACTED, successor=successor, dry_run=dry_run)

    def delete(self, id: str, *, dry_run: bool = False) -> PublishedOut:
        """Delete a story."""
        return self._service.read(PublishedOut, "DELETE", _path(id), params=_flags(dry_run))

    # Blocks out. Filters are those of `Recommender.related`; a day is one of the archive's zone.

    def related(
        self, id: str, k: int | None = None, *, preview: bool = False, **filters: Unpack[FilterFields]
    ) -> BlockOut:
        """Return the block of a story; with filters (`section`, `since`, ...) one of those that pass."""
        return self._service.read(BlockOut, "GET", _path(id, "related"), params=_block(k, preview, filters))

    def related_by_url(self, url: str, k: int | None = None, **filters: Unpack[FilterFields]) -> BlockOut:
        """Return the block of the story at an address."""
        params = {"url": url, **_block(k, False, filters)}
        return self._service.read(BlockOut, "GET", "/related", params=params)

    def related_html(self, id: str, k: int | None = None, **filters: Unpack[FilterFields]) -> str:
        """Return the block of a story as an HTML fragment."""
        path, accept = _path(id, "related"), {"accept": "text/html"}
        return self._service.ask("GET", path, params=_block(k, False, filters), headers=accept).text

    def related_as(
        self,
        id: str,
        format: str,
        k: int | None = None,
        *,
        preview: bool = False,
        **filters: Unpack[FilterFields],
    ) -> str:
        """Return the block of a story in a format of others, such as ``atom``, ``jsonld``, ``newsletter``."""
        params = {**_block(k, preview, filters), "format": format}
        return self._service.ask("GET", _path(id, "related"), params=params).text

    def similar(self, text: str, k: int = 10, **filters: Unpack[FilterFields]) -> BlockOut:
        """Return the stories nearest to a text."""
        question = {"text": text, "k": k, **Narrowed.asking(filters)}
        return self._service.read(BlockOut, "POST", "/similar", json=question)

    def suggest(
        self, draft: str | Story | Mapping[str, Any], k: int = 5, **filters: Unpack[FilterFields]
    ) -> SuggestionsOut:
        """Return links to set in a draft: a text, plain or HTML, a story, or the fields of one."""
        fields = draft.to_json() if isinstance(draft, Story) else draft
        named = {"body": fields} if isinstance(fields, str) else {**fields}
        question = {"draft": named, "k": k, **Narrowed.asking(filters)}
        return self._service.read(SuggestionsOut, "POST", "/suggestions", json=question)

    # Editors' actions

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

    def steer(self, act: str, by: str = "", **fields: Unpack[SteeringFields]) -> SteeringOut:
        """Steer all blocks by a rule; see `Newsroom.steer`."""
        body = SteeringIn.asking(fields) | {"act": act, "by": by}
        return self._service.read(SteeringOut, "POST", STEERING, json=body)

    def end_steering(self, num: int) -> SteeringOut:
        """End a rule now."""
        return self._service.read(SteeringOut, "DELETE", f"{STEERING}/{num}")

    def steering(self) -> list[SteeringOut]:
        """Return the rules that hold, oldest first."""
        return self._service.read(RulesOut, "GET", STEERING).rules

    def choose_settings(self, values: Mapping[str, float | None], note: str = "", by: str = "") -> ChoiceOut:
        """Choose settings of blocks over those of the file; those that are not named stay as they are.

        None in place of a value: as the file has it again.
        """
        given = {name: value for name, value in values.items() if value is not None}
        body = {"values": given, "as_file": sorted(values.keys() - given), "note": note, "by": by}
        return self._service.read(ChoiceOut, "POST", SETTINGS, json=body)

    def put_back_settings(self, num: int) -> ChoiceOut:
        """Put back the settings that held before a choice."""
        return self._service.read(ChoiceOut, "DELETE", f"{SETTINGS}/{num}")

    def settings(self) -> SettingsOut:
        """Return the settings of blocks that hold, and all choices, oldest first."""
        return self._service.read(SettingsOut, "GET", SETTINGS)

    def start_comparison(self, values: Mapping[str, float], note: str = "", by: str = "") -> ComparisonOut:
        """Let readers' clicks compare settings of blocks with those that hold."""
        body = {"values": dict(values), "note": note, "by": by}
        return self._service.read(ComparisonOut, "POST", COMPARISONS, json=body)

    def stop_comparison(self, num: int) -> ComparisonOut:
        """End a comparison; one that has ended stays as it is."""
        return self._service.read(ComparisonOut, "DELETE", f"{COMPARISONS}/{num}")

    def comparisons(self) -> list[ComparisonOut]:
        """Return all comparisons, oldest first, and how each stands."""
        return self._service.read(ComparisonsOut, "GET", COMPARISONS).comparisons

    def rate(self, source: str, grades: Mapping[str, int], by: str = "") -> int:
        """Say what an editor thinks of slots of a block, by story: 0, 1 or 2; return how many were kept."""
        ratings = [{"source": source, "target": target, "grade": grade} for target, grade in grades.items()]
        body = {"ratings": ratings, "by": by}
        return self._service.read(RatedOut, "POST", RATINGS, json=body).kept

    def ratings(self) -> list[RatingOut]:
        """Return what counts of each editor on each slot, the oldest first."""
        return self._service.read(RatingsOut, "GET", RATINGS).ratings

    def threads(self, at: str | None = None, least: int | None = None) -> list[ThreadSummary]:
        """Return the running stories of the last weeks; `at`: as of that day or time."""
        given = {name: value for name, value in (("at", at), ("least", least)) if value is not None}
        return self._service.read(ThreadsOut, "GET", THREADS, params=given).threads

    def thread(self, story: str, at: str | None = None) -> ThreadOut:
        """Return the running story that a story is part of, with its timeline."""
        path = f"{THREADS}/{quote(story, safe='')}"
        return self._service.read(ThreadOut, "GET", path, params={} if at is None else {"at": at})

    def translations(self, story: str) -> list[Card]:
        """Return the cards of the stories that tell in other languages what a story tells, newest first."""
        return self._service.read(TranslationsOut, "GET", _path(story, "translations")).translations

    def is_ready(self) -> bool:
        """Return whether the service can do its work."""
        return self._service.is_ready()

    def _edit(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> EditedOut:
        return self._service.read(EditedOut, method, path, json=body)


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


def _flags(
    dry_run: bool, undelete: bool = False, content_type: ContentType = ContentType.AUTO
) -> dict[str, str]:
    flags = {"dry_run": dry_run, "undelete": undelete}
    given = {name: "true" for name, is_set in flags.items() if is_set}
    return given if content_type is ContentType.AUTO else given | {"content_type": content_type}


def _block(k: int | None, preview: bool, filters: FilterFields) -> dict[str, Any]:
    asked = Narrowed.asking(filters) | ({} if k is None else {"k": k})
    return asked | ({"preview": "true"} if preview else {})
