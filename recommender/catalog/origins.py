"""Where stories came from: what a way back to their CMS needs.

It outlasts versions that are sent without it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from recommender.catalog.backends.sqlite import upsert
from recommender.catalog.tables import origin, story
from recommender.ingest.base import Origin


def put(connection: Connection, origins: Mapping[int, Origin]) -> None:
    """Keep the origins of stories, by num."""
    rows = [
        {"story": num, "kind": one.kind, "id": one.id, "type": one.type, "revision": one.revision}
        for num, one in origins.items()
    ]
    if rows:
        connection.execute(upsert(origin, "story"), rows)


def get(connection: Connection, story_id: str) -> Origin | None:
    """Return where a story came from, or None where that is not known."""
    query = select(origin).join(story, story.c.num == origin.c.story).where(story.c.id == story_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Origin(kind=row.kind, id=row.id, type=row.type, revision=row.revision)
