"""Answers to questions: the block of a story by id or address, the stories nearest to a text."""

from __future__ import annotations

from functools import partial

from msgspec import UnsetType
from starlette.requests import Request
from starlette.responses import Response

from recommender.engine.block import Block
from recommender.engine.requested_filters import EVERYTHING, AnswerFilter
from recommender.errors import HiddenError, shown
from recommender.export.changes import held
from recommender.export.formats import FORMATS
from recommender.newsroom.answer_context import nobody
from recommender.service import problems, request_parsing
from recommender.service.auth import Caller
from recommender.service.keys import Right
from recommender.service.operations import JSON
from recommender.service.request_schemas import BlockQuery, LinksQuestion, Narrowed, Question, UrlQuery
from recommender.service.response_cache import RenderedBlock
from recommender.service.service import Service

_OWN = frozenset({"json", "html"})
_WITH_GUESTS = frozenset({"json", "html", "text"})  # those that say whose story it is
_DESK = frozenset({Right.PUBLISH, Right.EDIT})


async def related(service: Service, request: Request, caller: Caller) -> Response:
    """Answer with the block of a story."""
    asked = request_parsing.query(request, BlockQuery)
    id, k, only = request_parsing.path_id(request, "id"), _slots(service, asked), _only(service, asked)
    form = request_parsing.wanted_format(request.headers, asked.format)
    if asked.preview:
        admit_preview(caller)
        preview = await service.work.read(service.newsroom.block, id, k, preview=True, only=only)
        return await _unkept(service, preview, form)
    try:
        block = None if only else service.newsroom.peek(id, k)
        if block is None:
            block = await service.work.read(service.newsroom.block, id, k, only=only)
    except HiddenError as error:
        raise told_hidden(error, caller, id, f"story {shown(id)}") from error
    if only:
        return await _unkept(service, block, form)
    return await _sent(service, request, caller, block, k, form)


async def related_by_url(service: Service, request: Request, caller: Caller) -> Response:
    """Answer with the block of the story at an address."""
    asked = request_parsing.query(request, UrlQuery)
    k, only = _slots(service, asked), _only(service, asked)
    form = request_parsing.wanted_format(request.headers, asked.format)
    if asked.preview:
        admit_preview(caller)
    try:
        block = await service.work.read(
            service.newsroom.block_by_url, asked.url, k, preview=asked.preview, only=only
        )
    except HiddenError as error:
        raise told_hidden(error, caller, asked.url, f"the story at {shown(asked.url)}") from error
    if asked.preview or only:
        return await _unkept(service, block, form)
    return await _sent(service, request, caller, block, k, form)


async def similar(service: Service, request: Request, _: Caller) -> Response:
    """Answer with the stories nearest to a text."""
    question = request_parsing.json_body(request, Question)
    block = await service.work.read_behind(
        service.newsroom.similar, question.text, question.k, only=_only(service, question)
    )
    return await _unkept(service, block, "html" if request_parsing.wants_html(request.headers) else "json")


async def suggestions(service: Service, request: Request, _: Caller) -> Response:
    """Answer with links to set in the text of a draft."""
    asked = request_parsing.json_body(request, LinksQuestion)
    found = await service.work.read_behind(
        service.newsroom.suggest, asked.fields(), asked.k, only=_only(service, asked)
    )
    return Response(found.to_json(), headers={"cache-control": "no-store"}, media_type=JSON)


def told_hidden(error: HiddenError, caller: Caller, asked: str, what: str) -> Exception:
    """Return what a caller is told of a story that readers may not see.

    Who may only read is told what readers know already: of one that they have seen, that it is gone; of any
    other the very words that are said of one that is not there. Neither names an id that was not asked for.
    """
    if not caller.rights.isdisjoint(_DESK):
        return error
    if not error.seen:
        return nobody(asked)
    story = asked if asked == error.id else ""
    return problems.withdrawn(error, f"{what} was taken back, or has expired", story)


def admit_preview(caller: Caller) -> None:
    """Refuse who may not see what is not public yet."""
    if caller.rights.isdisjoint(_DESK):
        raise problems.Problem(403, "forbidden", "a preview needs a key with the right publish or edit")


def _only(service: Service, asked: Narrowed) -> AnswerFilter:
    filters = asked.filters()
    return AnswerFilter.of(filters, service.newsroom.settings.timezone) if filters else EVERYTHING


def _slots(service: Service, asked: BlockQuery | UrlQuery) -> int:
    return service.newsroom.settings.slots if isinstance(asked.k, UnsetType) else asked.k


async def _sent(
    service: Service, request: Request, caller: Caller, block: Block, k: int, form: str
) -> Response:
    """Answer with a block, or say that the caller's copy is still right."""
    if service.guests is not None and form in _WITH_GUESTS:
        block = await service.guests(block, k)
    page = await _page(service, block, k, form)
    headers = {
        "etag": page.etag,
        "cache-control": service.cache_control(caller),
        "vary": "accept, authorization",
    }
    if _has(request.headers.get("if-none-match"), page.etag):
        return Response(status_code=304, headers=headers)
    return Response(page.body, headers=headers, media_type=FORMATS[form].media_type)


async def _page(service: Service, block: Block, k: int, form: str) -> RenderedBlock:
    if form in _OWN:  # written out of the block alone
        return service.response_cache.page(block, k, html=form == "html")
    write = partial(_document, service, block, form)
    return await service.work.read(service.response_cache.written, block, k, form, write)


def _document(service: Service, block: Block, form: str) -> str:
    """Return a block in a format of others, for which more is read than the block."""
    return FORMATS[form].write(held(service.newsroom, block))


def _has(held: str | None, etag: str) -> bool:
    """Return whether If-None-Match names a tag; weak comparison, RFC 9110 section 13.1.2."""
    if held is None:
        return False
    return held.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in held.split(","))


async def _unkept(service: Service, block: Block, form: str) -> Response:
    """Answer with a block that no cache keeps."""
    if form == "html":
        body = block.to_html(stylesheet_url=service.stylesheet_url)
    elif form == "json":
        body = block.to_json()
    else:
        body = await service.work.read(_document, service, block, form)
    return Response(body, headers={"cache-control": "no-store"}, media_type=FORMATS[form].media_type)
