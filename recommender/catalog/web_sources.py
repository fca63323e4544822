"""Addresses that stories are read from: how far each was read, when it is due, and what came from it.

Knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import delete, func, select, update

from recommender.catalog.backends.statements import upsert
from recommender.catalog.catalog import Catalog
from recommender.catalog.tables import web_source, web_story


class WebSourceRow(NamedTuple):
    """An address; `pause` is 0 where it was imported and is not followed. Times are epoch seconds."""

    url: str
    kind: str
    state: Mapping[str, Any] = {}
    pause: int = 0
    due: int = 0
    succeeded: int | None = None
    failures: int = 0
    error: str | None = None


class WebStoryRow(NamedTuple):
    """A public story of an address; `missed` is set from when it was first found gone."""

    source: str
    story: str
    url: str
    cms_id: str
    digest: str
    modified: str
    seen: int
    due: int
    missed: int | None = None


class WebSources:
    """The addresses of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def get(self, url: str) -> WebSourceRow | None:
        """Return what is kept of an address."""
        query = select(web_source).where(web_source.c.url == url)
        with self._catalog.snapshot() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _source(row)

    def followed(self) -> list[WebSourceRow]:
        """Return the addresses that are followed."""
        query = select(web_source).where(web_source.c.pause > 0).order_by(web_source.c.url)
        with self._catalog.snapshot() as connection:
            return [_source(row) for row in connection.execute(query)]

    def put(self, row: WebSourceRow) -> None:
        """Keep an address as it stands."""
        values = {**row._asdict(), "state": msgspec.json.encode(row.state).decode()}
        with self._catalog.transaction() as connection:
            connection.execute(upsert(connection, web_source, "url"), values)

    def reached(self, url: str, kind: str, state: Mapping[str, Any]) -> None:
        """Keep how far an address was read; nothing else of one that is known."""
        text = msgspec.json.encode(state).decode()
        with self._catalog.transaction() as connection:
            row = {"url": url, "kind": kind, "state": text, "pause": 0, "due": 0, "failures": 0}
            held = connection.execute(
                update(web_source).where(web_source.c.url == url).values(kind=kind, state=text)
            )
            if not held.rowcount:
                connection.execute(web_source.insert().values(row))

    def forget(self, url: str) -> bool:
        """Forget an address and what came from it, not the stories; return whether it was known."""
        with self._catalog.transaction() as connection:
            return bool(connection.execute(delete(web_source).where(web_source.c.url == url)).rowcount)

    def count(self, source: str) -> int:
        """Return how many stories came from an address."""
        query = select(func.count()).select_from(web_story).where(web_story.c.source == source)
        with self._catalog.snapshot() as connection:
            return int(connection.execute(query).scalar_one())

    def story(self, source: str, story: str) -> WebStoryRow | None:
        """Return what is kept of a story of an address."""
        return self._one(source, web_story.c.story == story)

    def at(self, source: str, url: str) -> WebStoryRow | None:
        """Return what is kept of the story of an address whose page is at `url`."""
        return self._one(source, web_story.c.url == url)

    def due_stories(self, source: str, now: int, most: int) -> Sequence[WebStoryRow]:
        """Return stories that are to be looked at again, the longest due first."""
        query = select(web_story).where(web_story.c.source == source, web_story.c.due <= now)
        with self._catalog.snapshot() as connection:
            rows = connection.execute(query.order_by(web_story.c.due, web_story.c.story).limit(most))
            return [WebStoryRow(*row) for row in rows]

    def next_missed(self, source: str, withdrawn: str) -> int | None:
        """Return when a story that was found gone is to be looked at again, the first of them.

        Not one that was withdrawn for it, of which the digest begins so.
        """
        is_open = web_story.c.missed.is_not(None) & ~web_story.c.digest.startswith(withdrawn)
        query = select(func.min(web_story.c.due)).where(web_story.c.source == source, is_open)
        with self._catalog.snapshot() as connection:
            found: int | None = connection.execute(query).scalar_one()
        return found

    def put_story(self, row: WebStoryRow) -> None:
        """Keep a story as it stands."""
        with self._catalog.transaction() as connection:
            connection.execute(upsert(connection, web_story, "source", "story"), row._asdict())

    def drop_story(self, source: str, story: str) -> None:
        """Look no more at a story: readers do not see it."""
        of_it = (web_story.c.source == source) & (web_story.c.story == story)
        with self._catalog.transaction() as connection:
            connection.execute(delete(web_story).where(of_it))

    def _one(self, source: str, which: Any) -> WebStoryRow | None:  # noqa: ANN401 (a condition)
        query = select(web_story).where(web_story.c.source == source, which).limit(1)
        with self._catalog.snapshot() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else WebStoryRow(*row)


def _source(row: Any) -> WebSourceRow:  # noqa: ANN401 (a row of SQLAlchemy's)
    values = dict(row._mapping)
    return WebSourceRow(**{**values, "state": msgspec.json.decode(values["state"])})
