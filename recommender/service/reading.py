"""Answers to questions: the block of a story by id or address, the stories nearest to a text."""

from __future__ import annotations

from msgspec import UNSET, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from recommender.block import Block
from recommender.errors import NotFoundError, shown
from recommender.service import asking, problems
from recommender.service.admission import Caller
from recommender.service.keys import Right
from recommender.service.operations import HTML, JSON
from recommender.service.service import Service
from recommender.service.shelf import Page, page_of
from recommender.service.wire import BlockQuery, Question, UrlQuery

_DESK = frozenset({Right.PUBLISH, Right.EDIT})


async def related(service: Service, request: Request, caller: Caller) -> Response:
    """Answer with the block of a story."""
    asked = asking.query(request, BlockQuery)
    return await _answer(service, request, caller, ("id", asking.path_id(request, "id")), asked)


async def related_by_url(service: Service, request: Request, caller: Caller) -> Response:
    """Answer with the block of the story at an address."""
    asked = asking.query(request, UrlQuery)
    return await _answer(service, request, caller, ("url", asked.url), asked)


async def similar(service: Service, request: Request, _: Caller) -> Response:
    """Answer with the stories nearest to a text."""
    question = await asking.json_body(request, Question, service.settings.max_request)
    block = await service.work.read(service.newsroom.similar, question.text, question.k)
    return _fresh(request, block)


async def _answer(
    service: Service, request: Request, caller: Caller, which: tuple[str, str], asked: BlockQuery | UrlQuery
) -> Response:
    """Send a page from the shelf, once the gate has let it out, or make it."""
    html = asking.wants_html(request.headers)
    k = _slots(service, asked.k)
    if asked.preview:
        if caller.rights.isdisjoint(_DESK):
            raise problems.Problem(403, "forbidden", "a preview needs a key with the right publish or edit")
        block = await service.work.read(_block, service, which, k, preview=True)
        return _fresh(request, block)
    key = (*which, str(k), HTML if html else JSON)
    version = service.version()
    page = service.shelf.get(key, version, int(service.clock()))
    if page is None:
        page = await service.work.read(_page, service, which, k, html=html)
        service.shelf.put(key, version, page)
    return _sent(service, request, caller, page)


def _fresh(request: Request, block: Block) -> Response:
    """Answer with a block that no cache keeps."""
    body = _body(block, html=asking.wants_html(request.headers))
    return Response(body, headers={"cache-control": "no-store"}, media_type=_media(request))


def _sent(service: Service, request: Request, caller: Caller, page: Page) -> Response:
    """Answer with a page, or say that the caller's copy is still right."""
    headers = {
        "etag": page.etag,
        "cache-control": service.cache_control(caller),
        "vary": "accept, authorization",
    }
    if _has(request.headers.get("if-none-match"), page.etag):
        return Response(status_code=304, headers=headers)
    return Response(page.body, headers=headers, media_type=_media(request))


def _has(held: str | None, etag: str) -> bool:
    """Return whether If-None-Match names a tag; weak comparison, RFC 9110 section 13.1.2."""
    if held is None:
        return False
    return held.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in held.split(","))


def _page(service: Service, which: tuple[str, str], k: int, *, html: bool) -> Page:
    """Make an answer; runs in a thread."""
    block = _block(service, which, k, preview=False)
    held = service.newsroom.archive.catalog.get(block.id) if block.id is not None else None
    if held is None:
        raise NotFoundError(f"no story {shown(which[1])}; it was deleted just now")
    excluded = service.newsroom.hand(held[1].id).excluded
    return page_of(_body(block, html=html), block, held[1], excluded)


def _block(service: Service, which: tuple[str, str], k: int, *, preview: bool) -> Block:
    by, name = which
    ask = service.newsroom.block if by == "id" else service.newsroom.block_by_url
    return ask(name, k, preview=preview)


def _body(block: Block, *, html: bool) -> bytes:
    return (block.to_html() if html else block.to_json()).encode()


def _media(request: Request) -> str:
    return HTML if asking.wants_html(request.headers) else JSON


def _slots(service: Service, k: int | UnsetType) -> int:
    return service.newsroom.settings.slots if k is UNSET or isinstance(k, UnsetType) else k
