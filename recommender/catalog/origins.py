"""Where stories came from: what a way back to their CMS needs.

It outlasts versions that are sent without it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from recommender.catalog.backends.statements import in_lists, upsert
from recommender.catalog.tables import origin, story

if TYPE_CHECKING:  # for those who take stories in, not for each question
    from recommender.ingest.base import Origin

NO_ORIGINS: Mapping[str, Origin] = MappingProxyType({})
"""Of stories that no source has brought."""


def put(connection: Connection, origins: Mapping[int, Origin]) -> None:
    """Keep the origins of stories, by num."""
    rows = [
        {"story": num, "kind": one.kind, "id": one.id, "type": one.type, "revision": one.revision}
        for num, one in origins.items()
    ]
    if rows:
        connection.execute(upsert(connection, origin, "story"), rows)


def named(connection: Connection, kind: str, id_: str, type_: str) -> list[str]:
    """Return the ids of the stories that a kind of CMS calls so: of several sites there may be several."""
    mine = (origin.c.kind == kind) & (origin.c.id == id_) & (origin.c.type == type_)
    query = select(story.c.id).join(origin, story.c.num == origin.c.story).where(mine)
    return list(connection.execute(query).scalars())


def get(connection: Connection, story_ids: Collection[str]) -> dict[str, Origin]:
    """Return where stories came from, by id, as far as that is known."""
    from recommender.ingest.base import Origin

    columns = (story.c.id.label("of"), origin.c.kind, origin.c.id, origin.c.type, origin.c.revision)
    query = select(*columns).join(story, story.c.num == origin.c.story)
    return {
        row.of: Origin(kind=row.kind, id=row.id, type=row.type, revision=row.revision)
        for some in in_lists(story_ids)
        for row in connection.execute(query.where(story.c.id.in_(some)))
    }
