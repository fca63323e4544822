"""Messages of other systems when a story changes there, taken as they are: who sent them, what they change.

They need a key like every other call, or the setting `hook_secret`: as what signs the message where the
sender signs (Ghost, Superdesk), else in the address (``?secret=...``).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from recommender.errors import SourceError, StoryError
from recommender.ingest.base import Found, Options
from recommender.ingest.cms_messages import SENDERS, Hidden, Notice, notices
from recommender.newsroom import Published
from recommender.newsroom.arrivals import restate, take
from recommender.service import examples, problems, request_parsing
from recommender.service.auth import Caller
from recommender.service.keys import Right
from recommender.service.operations import JSON, Operation, RequestBody, ResponseSpec
from recommender.service.service import Service

FORM = "application/x-www-form-urlencoded"
PATH = "/hooks/"
FRESH_SECONDS = 300  # of the time that a sender signs with its message: what is older may be a copy
_GHOST, _SUPERDESK = "x-ghost-signature", "x-superdesk-signature"
_GHOST_FORM = re.compile(r"sha256=([0-9a-f]{64})(?:,\s*t=(\d{1,16}))?")
_MILLISECONDS = 1000


class HookQuery(Struct, forbid_unknown_fields=True):
    """What proves who sends a message that bears no key and no signature."""

    secret: Annotated[str, Meta(description="The setting hook_secret, where the sender signs nothing.")] = ""


class Message(Struct):
    """A message as the system posts it."""


class TakenOut(Struct):
    """What became of one story."""

    id: str
    outcome: str
    status: str


class HookOut(Struct):
    """What a message changed; what is no story, or none that is held, is passed over."""

    stories: list[TakenOut]
    passed_over: int


def has_proof(service: Service, request: Request) -> bool:
    """Return whether a message brings the secret, or a signature that is checked when it is read."""
    is_signed = _GHOST in request.headers or _SUPERDESK in request.headers
    return bool(service.settings.hook_secret) and (is_signed or _has_secret(service, request))


def _has_secret(service: Service, request: Request) -> bool:
    secret = service.settings.hook_secret
    given = request.query_params.get("secret", "")
    return bool(secret) and hmac.compare_digest(given.encode(), secret.encode())


def is_genuine(secret: str, raw: bytes, headers: Iterable[tuple[str, str]], now: float) -> bool:
    """Return whether a message was signed with a secret, and of late where the sender says when.

    Ghost signs the body and the time (https://docs.ghost.org/webhooks), older versions the body alone;
    Superdesk the body.
    """
    given, key = dict(headers), secret.encode()
    if (found := _GHOST_FORM.fullmatch(given.get(_GHOST, "").strip())) is not None:
        digest, at = found[1], found[2] or ""
        if at and abs(now - int(at) / _MILLISECONDS) > FRESH_SECONDS:
            return False
        signed = (hmac.new(key, raw + end, hashlib.sha256).hexdigest() for end in {at.encode(), b""})
        return any([hmac.compare_digest(digest, one) for one in signed])
    mine = f"sha1={hmac.new(key, raw, hashlib.sha1).hexdigest()}"
    return hmac.compare_digest(given.get(_SUPERDESK, "").strip().encode(), mine.encode())


async def receive(service: Service, request: Request, caller: Caller) -> Response:
    """Take a message of the system that the path names."""
    request_parsing.query(request, HookQuery)
    kind = request_parsing.media_type(request, JSON, FORM)
    raw = request_parsing.body(request)
    if caller.is_anybody and not _has_secret(service, request):
        genuine = is_genuine(service.settings.hook_secret, raw, request.headers.items(), time.time())
        service.admission.count_signed(request, genuine=genuine)
    sender = request.url.path.removeprefix(PATH)
    answer = await service.work.write(_take, service, sender, raw, kind == FORM)
    return Response(msgspec.json.encode(answer), media_type=JSON)


def _take(service: Service, sender: str, raw: bytes, form: bool) -> HookOut:
    """Publish what a message says; runs in the writing thread."""
    settings = service.newsroom.settings
    options = Options(zone=settings.timezone, limits=settings.limits, name=f"the message of {sender}")
    try:
        found = list(notices(sender, raw, options, form=form))
    except SourceError as error:
        raise problems.invalid("body", raw, "cannot be read", str(error)) from error
    answer = HookOut([], 0 if found else 1)
    room = service.room()
    try:  # for all, before the first is written
        for notice in found:
            if isinstance(notice, Found):
                room.take(notice.story)
    except StoryError as error:
        raise problems.Problem(507, "story-quota", error.plain) from error
    for notice in found:
        try:
            published = _took(service, notice)
        except StoryError as error:
            service.refused(f"{PATH}{sender}", [error])
            raise
        if published is None:
            answer.passed_over += 1
            continue
        service.count(published)
        held = service.newsroom.archive.catalog.get(published.id)
        status = held[1].status.value if held else ""
        answer.stories.append(TakenOut(published.id, published.outcome.value, status))
    return answer


def _took(service: Service, notice: Notice) -> Published | None:
    if isinstance(notice, Found):
        return take(service.newsroom, notice)
    if isinstance(notice, Hidden):
        id_ = _known(service, notice)
        return restate(service.newsroom, id_, notice.status) if id_ else None
    if notice.line:  # a story, and a wrong one
        raise notice.error
    return None


def _known(service: Service, notice: Hidden) -> str:
    """Return the id of the story that is meant: its own, else the only one that its system calls so."""
    catalog = service.newsroom.archive.catalog
    if notice.id and catalog.get(notice.id) is not None:
        return notice.id
    at_page = catalog.by_url(notice.id) if notice.id else None
    if at_page is not None:
        return at_page[1].id
    named = catalog.named_by(*notice.origin) if notice.origin[1] else []
    return named[0] if len(named) == 1 else ""


def _operation(sender: str) -> Operation:
    forms = (JSON, FORM) if sender == "wordpress" else (JSON,)
    return Operation(
        method="POST",
        path=f"{PATH}{sender}",
        name=f"{sender}Hook",
        summary=f"Take what {sender.capitalize()} posts when a story changes there",
        details="Instead of a key, a message may bear a signature by `hook_secret`, or the secret itself.",
        handler=receive,
        right=Right.PUBLISH,
        proof=has_proof,
        query=HookQuery,
        body=RequestBody(
            content={JSON: (Message,), **dict.fromkeys(forms[1:], ())},
            example=examples.MESSAGES[sender],
            limit="max_story",
        ),
        answers={
            200: ResponseSpec(
                words="What the message changed.",
                content={JSON: (HookOut,)},
                example={"stories": [{"id": "a", "outcome": "updated", "status": "draft"}], "passed_over": 0},
            )
        },
        errors=(507,),
    )


HOOKS = tuple(map(_operation, SENDERS))
