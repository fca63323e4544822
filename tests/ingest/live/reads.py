"""Reading an address in a test: what came out, and how far it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from recommender.ingest.base import Found, Refused
from recommender.ingest.live.base import Item, Reached, Reader
from recommender.ingest.live.reading import read_address
from tests.web.site import client


def read(
    url: str, kind: str | None = None, since: Mapping[str, object] | None = None, **more: object
) -> list[Item]:
    settings = {name: more.pop(name) for name in ("credentials", "own_hosts") if name in more}
    with client(pause_seconds=0.0, **settings) as web:
        return list(read_address(url, Reader(web=web, since=since or {}, **more), kind))  # type: ignore[arg-type]


def ids(items: Iterable[Item]) -> list[str]:
    return [item.story.id for item in items if isinstance(item, Found)]


def cms_ids(items: Iterable[Item]) -> list[str]:
    return [item.origin.id for item in items if isinstance(item, Found)]


def headlines(items: Iterable[Item]) -> list[str]:
    return [item.story.headline for item in items if isinstance(item, Found)]


def refused(items: Iterable[Item]) -> list[str]:
    return [str(item.error) for item in items if isinstance(item, Refused)]


def states(items: Iterable[Item]) -> list[Mapping[str, object]]:
    return [item.state for item in items if isinstance(item, Reached)]
