"""Stories in and out: publish one or many, change a story's standing, delete it; each with its diff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from recommender.catalog import Outcome
from recommender.errors import StoryError
from recommender.newsroom import Published
from recommender.rfc3339 import NaiveTimeError, parse_time
from recommender.service import asking, problems
from recommender.service.admission import Caller
from recommender.service.operations import JSON, JSON_LINES
from recommender.service.service import Service
from recommender.service.wire import Amendment, WriteQuery
from recommender.story import Status, Story

LINES_AT_ONCE = 32  # of many stories, between which others get their turn: about a second of embedding


async def publish(service: Service, request: Request, _: Caller) -> Response:
    """Publish one story, or many as JSON Lines."""
    dry_run = asking.query(request, WriteQuery).dry_run
    kind = asking.media_type(request, JSON, *JSON_LINES)
    raw = await asking.body(request, service.settings.max_request)
    if kind != JSON:
        return answered(await _publish_lines(service, raw, dry_run))
    published = await service.work.write(_publish, service, raw, "without id", dry_run)
    status = 201 if published.outcome is Outcome.ADDED and not dry_run else 200
    return answered(told(published), status)


def _publish(service: Service, raw: bytes, where: str, dry_run: bool) -> Published:
    """Read one story and publish it; runs in the writing thread."""
    settings = service.newsroom.settings
    story = Story.from_json(raw, zone=settings.timezone, limits=settings.limits, where=where)
    published = service.newsroom.publish(story, dry_run=dry_run)
    service.count(published)
    return published


async def _publish_lines(service: Service, raw: bytes, dry_run: bool) -> dict[str, object]:
    """Publish line by line; a refused one is reported and does not stop the rest."""
    stories: list[dict[str, object]] = []
    refused: list[dict[str, object]] = []
    lines = [(number, line) for number, line in enumerate(raw.split(b"\n"), 1) if line.strip()]
    for some in _cut(lines):
        for number, result in await service.work.write(_publish_some, service, some, dry_run):
            if isinstance(result, StoryError):
                refused.append({"line": number, **problems.of_story(result), "detail": str(result)})
            else:
                stories.append({"line": number, **told(result)})
    if not stories and not refused:
        raise problems.invalid("body", raw, "holds no story", "send one JSON object a line")
    return {"stories": stories, "refused": refused}


def _cut(lines: list[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    return (lines[start : start + LINES_AT_ONCE] for start in range(0, len(lines), LINES_AT_ONCE))


def _publish_some(
    service: Service, lines: list[tuple[int, bytes]], dry_run: bool
) -> list[tuple[int, Published | StoryError]]:
    results: list[tuple[int, Published | StoryError]] = []
    for number, line in lines:
        try:
            results.append((number, _publish(service, line, f"line {number}", dry_run)))
        except StoryError as error:
            results.append((number, error))
    return results


async def amend(service: Service, request: Request, _: Caller) -> Response:
    """Change a story's status, embargo, expiry or successor."""
    id = asking.path_id(request, "id")
    dry_run = asking.query(request, WriteQuery).dry_run
    asked = await asking.json_body(request, Amendment, service.settings.max_request)
    published = await service.work.write(_amend, service, id, asked, dry_run)
    return answered(told(published))


def _amend(service: Service, id: str, asked: Amendment, dry_run: bool) -> Published:
    successor = None if asked.successor is UNSET else asked.successor
    times = {name: _time(service, id, name, getattr(asked, name)) for name in ("embargo_until", "expires")}
    status = None if asked.status is UNSET else asked.status
    if status is Status.RETRACTED and not any(times.values()):
        return service.newsroom.withdraw(id, successor, dry_run=dry_run)
    return service.newsroom.amend(id, status=status, successor=successor, dry_run=dry_run, **times)


async def delete(service: Service, request: Request, _: Caller) -> Response:
    """Delete a story."""
    id = asking.path_id(request, "id")
    dry_run = asking.query(request, WriteQuery).dry_run
    return answered(told(await service.work.write(service.newsroom.delete, id, dry_run=dry_run)))


def told(published: Published) -> dict[str, object]:
    """Return what became of a story as JSON objects."""
    return {
        "id": published.id,
        "outcome": published.outcome.value,
        "block": published.block.to_dict(),
        "changed": [asdict(change) for change in published.changed],
        "stale": published.stale,
        "dry_run": published.dry_run,
    }


def _time(service: Service, id: str, name: str, text: str | UnsetType) -> datetime | None:
    if isinstance(text, UnsetType):
        return None
    try:
        return parse_time(text, service.newsroom.settings.timezone)
    except NaiveTimeError as error:
        raise StoryError(id, name, text, "has no offset from UTC", "add it, such as +06:00 or Z") from error
    except ValueError as error:
        way_out = 'send RFC 3339, such as "2022-10-13T17:47:00+06:00"'
        raise StoryError(id, name, text, "is no date and time", way_out) from error


def answered(value: object, status: int = 200) -> Response:
    """Return JSON objects as an answer that no cache keeps."""
    return Response(msgspec.json.encode(value), status, {"cache-control": "no-store"}, JSON)
