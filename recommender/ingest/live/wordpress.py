"""A site of WordPress by its REST API: every post once, then what has changed.

Knows how posts are asked for (developer.wordpress.org/rest-api); `ingest/wprest.py` knows what they hold.
"""

from __future__ import annotations

import html
import io
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode, urljoin

import msgspec

from recommender.ingest.base import Options
from recommender.ingest.documents import at, objects, text
from recommender.ingest.live.base import Item, Reached, Reader, State, items_of, json_of, site_of, state_in
from recommender.ingest.wordpress_common import is_story
from recommender.ingest.wprest import KIND, WordPressJson
from recommender.web.client import WebClient
from recommender.web.errors import WebError

PAGE = 100  # posts an answer: the most that WordPress gives
OVERLAP = timedelta(minutes=1)  # read again, for what was being saved while the newest was read
_ALL_STATES = "publish,future,draft,pending,private,trash"
_EMBEDDED = "author,wp:featuredmedia,wp:term"
_ROOT_LINK = re.compile(r"<([^<>]*)>\s*;\s*rel=\"?https://api\.w\.org/")
_ROOT_TAG = re.compile(rb"""<link[^<>]*\brel=['"]https://api\.w\.org/['"][^<>]*\bhref=['"]([^'"<>]+)""")
_HEAD = 1 << 18  # bytes of a page that are searched for the API's address
_PAST_THE_END = 400  # what WordPress answers for a page that is no longer there

log = logging.getLogger(__name__)


class Api(NamedTuple):
    """The API of a site.

    Parameters
    ----------
    root : str
        What its routes are added to.
    types : mapping of str to str
        The route of each type of posts that are stories.
    """

    root: str
    types: Mapping[str, str]

    def route(self, path: str, **query: object) -> str:
        """Return the address of a route; sites without permalinks have it in their query."""
        mark = "&" if "?" in self.root else "?"
        return f"{self.root}{path}{mark}{urlencode(query, safe=',:')}" if query else f"{self.root}{path}"


class WordPressSite:
    """Posts of all types that are stories.

    Of a site that has given us a name, drafts and what is gone come, too: what was published before and no
    longer is can be taken back at once.
    """

    kind = KIND

    def read(self, url: str, reader: Reader) -> Iterator[Item]:
        """Yield the posts that have changed since; all of them at first."""
        api = kept(reader.since) or find(reader.web, url)
        types = dict(reader.part("types"))
        for type_, route in api.types.items():
            try:
                for item in _posts(api, route, reader, state_in(types, type_)):
                    if isinstance(item, Reached):
                        types[type_] = item.state
                        yield Reached({"api": {"root": api.root, "types": api.types}, "types": dict(types)})
                    else:
                        yield item
            except WebError as error:
                if route == api.types.get("post") or error.again:
                    raise
                log.info("%s: %s is left out: %s", url, type_, error.problem)


def kept(state: State) -> Api | None:
    """Return the API that was found before."""
    api = state_in(state, "api")
    types = {name: route for name, route in state_in(api, "types").items() if isinstance(route, str)}
    return Api(text(api, "root"), types) if types and text(api, "root") else None


def find(web: WebClient, url: str) -> Api:
    """Return the API of the site at an address, which may be the site's, a page's, or the API's own."""
    root, behind, path = url.partition("/wp-json")
    if behind:
        root = f"{root}/wp-json/"
    else:
        declared = (_declared(web, place) for place in dict.fromkeys((url, site_of(url))))
        root = next(filter(None, declared), f"{url.rstrip('/')}/wp-json/")
    try:
        types, _ = json_of(web, Api(root, {}).route("wp/v2/types"))
    except WebError as error:
        if error.again:
            raise
        problem = f"has no REST API of WordPress ({error.problem})"
        raise WebError(url, problem, "name the site, or export its stories", status=error.status) from error
    found = {
        name: f"wp/v2/{text(one, 'rest_base') or name}"
        for name, one in (types.items() if isinstance(types, dict) else ())
        if is_story(name) and (text(one, "rest_namespace") or "wp/v2") == "wp/v2"
    }
    if wanted := re.fullmatch(r"/wp/v2/([\w-]+)/?(?:\?.*)?", path):
        route = f"wp/v2/{wanted[1]}"
        found = {name: one for name, one in found.items() if one == route} or found
    return Api(root, found or {"post": "wp/v2/posts"})


def _declared(web: WebClient, url: str) -> str:
    """Return the API's address as the site tells it in the head of a page."""
    try:
        answer = web.get(url)
    except WebError as error:
        if error.again or not error.status:
            raise
        return ""
    with answer.body as body:
        head = body.read(_HEAD)
    named = _ROOT_LINK.search(answer.headers.get("link", ""))
    tagged = _ROOT_TAG.search(head)
    if named:
        return urljoin(answer.url, str(named[1]))
    href = html.unescape(str(tagged[1], "utf-8", "replace")) if tagged else ""
    return urljoin(answer.url, href) if href else ""


def _posts(api: Api, route: str, reader: Reader, state: State) -> Iterator[Item]:
    """Yield the posts of a type, page by page, each with how far that is.

    In the order of their ids, so that what is saved meanwhile moves nothing from a page that is still to come
    to one that was read; where posts are deleted meanwhile, the page before is read again.
    """
    begun = {**state, "page": 1, "high": ""} if not state.get("page") else dict(state)
    options = _options(reader.options, api.root)
    known = is_known(reader.web, api.root)
    while True:
        page, high = int(str(begun["page"])), str(begun["high"])
        query = _query(known, str(begun.get("since") or ""), page)
        try:
            posts, answer = json_of(reader.web, api.route(route, **query))
        except WebError as error:
            if error.status != _PAST_THE_END or page == 1:
                raise
            begun |= {"page": page - 1, "total": 0}
            continue
        held = objects(posts)
        if held:
            body = io.BytesIO(msgspec.json.encode(held))
            yield from items_of(WordPressJson(), body, options, api.route(route, page=page))
        high = max([high, *(text(post, "modified_gmt") for post in held)])
        total, pages = (_number(answer.headers.get(f"x-wp-total{end}", "")) for end in ("", "pages"))
        fewer = total < int(str(begun.get("total") or 0))
        begun |= {"high": high, "total": total, "page": max(page - 1, 1) if fewer else page + 1}
        if not fewer and (not held or page >= pages):
            break
        yield Reached(dict(begun))
    newest = _before(str(begun["high"])) or str(begun.get("since") or "")
    yield Reached({"since": newest} if newest else {})


def _query(known: bool, since: str, page: int) -> dict[str, object]:
    query: dict[str, object] = {"per_page": PAGE, "page": page, "orderby": "id", "order": "asc"}
    query["_embed"] = _EMBEDDED
    if known:
        query |= {"context": "edit", "status": _ALL_STATES}
    if since:
        query["modified_after"] = since
    return query


def is_known(web: WebClient, root: str) -> bool:
    """Return whether a site has given us a name."""
    return web.settings.logins.of(root) is not None


def missing(web: WebClient, api: Api, route: str, ids: list[str]) -> set[str]:
    """Return which of some posts, 100 at most, are not public any more."""
    query = {"include": ",".join(ids), "per_page": PAGE, "_fields": "id,status", "status": "publish"}
    posts, _ = json_of(web, api.route(route, **query))
    return set(ids) - {text(post, "id") for post in objects(posts) if at(post, "status") in (None, "publish")}


def _options(options: Options, root: str) -> Options:
    return options if options.url else replace(options, url=site_of(root))


def _before(time: str) -> str:
    """Return the time from which posts are asked for next; never one to come, however a post is dated."""
    try:
        newest = datetime.fromisoformat(time.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        return ""
    return (min(newest, datetime.now(UTC)) - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(text_: str) -> int:
    return int(text_) if text_.isdecimal() else 0
