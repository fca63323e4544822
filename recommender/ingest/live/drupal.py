"""A site of Drupal by its JSON:API: the nodes of all types that are stories, with what they refer to.

Knows how nodes are asked for (drupal.org/docs, module JSON:API); `ingest/drupal.py` knows what they hold.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode, urljoin

import msgspec

from recommender.ingest.documents import at, objects, text
from recommender.ingest.drupal import KIND, Drupal, is_story
from recommender.ingest.live.base import Item, Reached, Reader, State, items_of, json_of
from recommender.web.client import WebClient
from recommender.web.credentials import origin_of
from recommender.web.errors import WebError

_SAMPLE = 10  # nodes that tell which fields refer to others
PAGE = 50  # nodes an answer: the most that JSON:API gives
_NODE = "node--"
_INCLUDED = ("taxonomy_term--", "user--", "file--", "media--")
_NOT_INCLUDED = frozenset({"revision_uid", "node_type"})

log = logging.getLogger(__name__)


class DrupalSite:
    """Nodes."""

    kind = KIND

    def read(self, url: str, reader: Reader) -> Iterator[Item]:
        """Yield the nodes that have changed since, the oldest change first; all of them at first."""
        site, _, path = url.partition("/jsonapi")
        root = f"{site.rstrip('/')}/jsonapi"
        state = dict(reader.since)
        for bundle, route in _bundles(reader.web, root, path).items():
            try:
                for item in _nodes(route, reader, reader.part(bundle)):
                    if isinstance(item, Reached):
                        state = {**state, bundle: item.state}
                        yield Reached(state)
                    else:
                        yield item
            except WebError as error:
                if error.again or not error.status:
                    raise
                log.info("%s: %s is left out: %s", url, bundle, error.problem)


def _bundles(web: WebClient, root: str, path: str) -> Mapping[str, str]:
    """Return the routes of the types of nodes that are stories, by name."""
    if path.startswith("/node/"):
        name = path.split("/")[2].partition("?")[0]
        return {name: f"{root}/node/{name}"}
    found, _ = json_of(web, root)
    links = at(found, "links")
    named = {
        name.removeprefix(_NODE): text(link, "href") or _string(link)
        for name, link in (links.items() if isinstance(links, Mapping) else ())
        if name.startswith(_NODE)
    }
    return {name: urljoin(root, href) for name, href in named.items() if href and is_story(name)}


def _nodes(route: str, reader: Reader, state: State) -> Iterator[Item]:
    begun = dict(state)
    since, newest = str(begun.get("since") or ""), str(begun.get("newest") or "")
    url = str(begun.get("next") or "") or f"{route}?{urlencode(_query(reader.web, route, since))}"
    options = reader.options
    while url:
        answer, _ = json_of(reader.web, url)
        nodes = objects(answer, "data")
        if nodes:
            body = io.BytesIO(msgspec.json.encode(answer))
            yield from items_of(Drupal(), body, replace(options, url=options.url or route), url)
        changed = (str(_epoch(text(node, "attributes", "changed"))) for node in nodes)
        newest = max([newest, *changed], key=_int)
        following = at(answer, "links", "next")
        before, url = url, urljoin(url, text(following, "href") or _string(following))
        if not following or url == before:
            break
        if origin_of(url) != origin_of(route):
            raise WebError(route, "its next page is on another site", "check the site's address in Drupal")
        yield Reached({"since": since, "newest": newest, "next": url})
    yield Reached({"since": newest or since} if newest or since else {})


def _query(web: WebClient, route: str, since: str) -> dict[str, object]:
    query: dict[str, object] = {"page[limit]": PAGE, "sort": "changed,drupal_internal__nid"}
    if included := _referred(web, route):
        query["include"] = ",".join(included)
    if since:
        query["filter[news][condition][path]"] = "changed"
        query["filter[news][condition][operator]"] = ">="
        query["filter[news][condition][value]"] = since
    return query


def _referred(web: WebClient, route: str) -> list[str]:
    """Return the fields of a node that refer to terms, writers and pictures: each site has its own."""
    answer, _ = json_of(web, f"{route}?{urlencode({'page[limit]': _SAMPLE})}")
    found = []
    for node in objects(answer, "data"):
        fields = at(node, "relationships")
        for name, field in fields.items() if isinstance(fields, Mapping) else ():
            data = at(field, "data")
            entries = objects([data]) if isinstance(data, Mapping) else objects(field, "data")
            if name not in _NOT_INCLUDED and any(text(one, "type").startswith(_INCLUDED) for one in entries):
                found.append(name)
    return list(dict.fromkeys(found))


def _epoch(time: str) -> int:
    """Return what Drupal compares `changed` with."""
    try:
        return int(datetime.fromisoformat(time).timestamp())
    except (ValueError, OverflowError):
        return 0


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _int(number: str) -> int:
    return int(number or 0)
