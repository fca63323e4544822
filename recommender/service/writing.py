"""Stories in and out: publish one or many, change a story's standing, delete it; each with its diff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from functools import partial

import msgspec
from msgspec import UnsetType
from starlette.requests import Request
from starlette.responses import Response

from recommender.catalog import Outcome
from recommender.catalog.bulk_jobs import JobRow, State
from recommender.errors import StoryError, shown
from recommender.newsroom import Keep, Published
from recommender.service import bulk, jobs, problems, request_parsing
from recommender.service.auth import Caller
from recommender.service.jobs import digest_of
from recommender.service.lines import Line, LineResults, batched, counted
from recommender.service.operations import JSON, JSON_LINES
from recommender.service.request_schemas import Amendment, PublishQuery, WriteQuery
from recommender.service.service import Service
from recommender.story.story import Status, Story
from recommender.story.timestamps import TimeFormatError, parse_time

WAY = "POST /stories"  # by which stories come here, as the list of refused ones names it


async def publish(service: Service, request: Request, _: Caller) -> Response:
    """Publish one story, or many as JSON Lines."""
    asked = request_parsing.query(request, PublishQuery)
    kind = request_parsing.media_type(request, JSON, *JSON_LINES)
    if kind != JSON:
        return await bulk.published(service, request, partial(_publish_some, service, asked))
    published, notes = await service.work.write(_publish, service, request_parsing.body(request), asked)
    if published.outcome is Outcome.DELETED:
        raise problems.Problem(409, "deleted", f"story {shown(published.id)}: {published.note}")
    status = 201 if published.outcome is Outcome.ADDED and not asked.dry_run else 200
    return answered({**as_json(published), "notes": notes}, status)


def _publish(service: Service, raw: bytes, asked: PublishQuery) -> tuple[Published, list[str]]:
    """Read one story and publish it, and return how it was read; runs in the writing thread."""
    notes: list[str] = []
    try:
        story = _read(service, raw, "without id", asked, notes)
    except StoryError as error:
        if not asked.dry_run:
            service.refused(WAY, [error])
        raise
    service.need_room(story)
    published = service.newsroom.publish(story, dry_run=asked.dry_run, undelete=asked.undelete)
    service.count(published)
    return published, notes


def _read(service: Service, raw: bytes, where: str, asked: PublishQuery, notes: list[str]) -> Story:
    settings, most = service.newsroom.settings, service.settings.max_story
    if len(raw) > most:
        problem = f"has {len(raw):,} bytes, more than {most:,}"
        raise StoryError(where, "text", raw, problem, "send less of the story, or raise service.max_story")
    return Story.from_json(
        raw,
        zone=settings.timezone,
        limits=settings.limits,
        where=where,
        content_type=asked.content_type,
        notes=notes,
    )


def _publish_some(service: Service, asked: PublishQuery, lines: list[Line], told: LineResults) -> None:
    """Read some lines, and publish what can be read in one transaction; runs in the writing thread."""
    read: list[tuple[int, list[str]]] = []
    stories, errors = [], []
    room = service.room()
    for number, line in lines:
        notes: list[str] = []
        try:
            story = _read(service, line, f"line {number}", asked, notes)
            room.take(story)
            stories.append(story)
            read.append((number, notes))
        except StoryError as error:
            refused = {"line": number, **problems.of_story(error), "detail": error.plain}
            told.refused.append(msgspec.json.encode(refused))
            errors.append(error)
    if errors and not asked.dry_run:
        service.refused(WAY, errors)
    newsroom, undelete = service.newsroom, asked.undelete
    results: Iterator[Published] = newsroom.publish_many(stories, undelete=undelete)
    if asked.dry_run:
        results = (newsroom.publish(story, dry_run=True, undelete=undelete) for story in stories)
    for (number, notes), published in zip(read, results, strict=True):
        service.count(published)
        told.outcomes[published.outcome.value] += 1
        told.stories.append(msgspec.json.encode({"line": number, **as_json(published), "notes": notes}))


async def start_job(service: Service, request: Request, caller: Caller) -> Response:
    """Publish many stories while nobody waits; the same lines under the same name join the job at work."""
    asked = request_parsing.query(request, PublishQuery)
    request_parsing.media_type(request, *JSON_LINES)
    raw, name = request_parsing.body(request), (caller.account, request_parsing.path_id(request, "job"))
    counted(raw)
    lines = sum(bool(line.strip()) for line in raw.split(b"\n"))
    if not lines:
        raise problems.invalid("body", raw, "holds no story", "send one JSON object a line")
    publish = partial(_publish_some, service, asked)
    pieces = partial(bulk.worked, service, batched(raw))
    row = await service.jobs.begin(name, digest_of(request.url.query.encode(), raw), lines, publish, pieces)
    return _told_of(row, 200 if row.state == State.DONE else 202)


async def look_at_job(service: Service, request: Request, caller: Caller) -> Response:
    """Say how far a job came."""
    return _told_of(await service.jobs.get((caller.account, request_parsing.path_id(request, "job"))))


async def cancel_job(service: Service, request: Request, caller: Caller) -> Response:
    """Let a job begin nothing more."""
    return _told_of(await service.jobs.cancel((caller.account, request_parsing.path_id(request, "job"))))


def _told_of(row: JobRow, status: int = 200) -> Response:
    return Response(jobs.to_json(row), status, {"cache-control": "no-store"}, JSON)


async def amend(service: Service, request: Request, _: Caller) -> Response:
    """Change a story's status, embargo, expiry or successor."""
    id = request_parsing.path_id(request, "id")
    dry_run = request_parsing.query(request, WriteQuery).dry_run
    asked = request_parsing.json_body(request, Amendment)
    return answered(as_json(await service.work.write(_amend, service, id, asked, dry_run)))


def _amend(service: Service, id: str, asked: Amendment, dry_run: bool) -> Published:
    """Change a story; runs in the writing thread. Withdrawing says so in the diff."""
    embargo_until = _time(service, id, "embargo_until", asked.embargo_until)
    expires = _time(service, id, "expires", asked.expires)
    successor = Keep.AS_IS if isinstance(asked.successor, UnsetType) else asked.successor
    if asked.status is Status.RETRACTED and embargo_until is expires is Keep.AS_IS:
        published = service.newsroom.withdraw(id, successor, dry_run=dry_run)
    else:
        published = service.newsroom.amend(
            id,
            status=Keep.AS_IS if isinstance(asked.status, UnsetType) else asked.status,
            embargo_until=embargo_until,
            expires=expires,
            successor=successor,
            dry_run=dry_run,
        )
    service.count(published)
    return published


def _time(service: Service, id: str, name: str, text: str | UnsetType | None) -> datetime | Keep | None:
    if text is None or isinstance(text, UnsetType):
        return None if text is None else Keep.AS_IS
    try:
        return parse_time(text, service.newsroom.settings.timezone)
    except TimeFormatError as error:
        raise StoryError(id, name, text, error.problem, error.way_out) from error


async def delete(service: Service, request: Request, _: Caller) -> Response:
    """Delete a story."""
    id = request_parsing.path_id(request, "id")
    dry_run = request_parsing.query(request, WriteQuery).dry_run
    return answered(as_json(await service.work.write(_delete, service, id, dry_run)))


def _delete(service: Service, id: str, dry_run: bool) -> Published:
    published = service.newsroom.delete(id, dry_run=dry_run)
    service.count(published)
    return published


def as_json(published: Published) -> dict[str, object]:
    """Return what became of a story as JSON objects."""
    return {
        "id": published.id,
        "outcome": published.outcome.value,
        "block": published.block.to_dict(),
        "changed": [asdict(change) for change in published.changed],
        "stale": published.stale,
        "dry_run": published.dry_run,
        "set_aside": published.set_aside,
        "taken": published.taken,
        "note": published.note,
        "notes": [],
    }


def answered(value: object, status: int = 200) -> Response:
    """Return JSON objects as an answer that no cache keeps."""
    return Response(msgspec.json.encode(value), status, {"cache-control": "no-store"}, JSON)
