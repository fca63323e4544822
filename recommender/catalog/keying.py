"""All keys of addresses anew, when the rules for them change; inside a transaction that the caller holds."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select, update

from recommender.catalog import linking
from recommender.catalog.reading import readable
from recommender.catalog.story_row import keys_of
from recommender.catalog.tables import story
from recommender.story.addresses import AddressRules, reference
from recommender.story.story import Story

_BATCH = 500  # stories read at a time


def stories(connection: Connection) -> Iterator[tuple[int, Story]]:
    """Yield all stories by num, in memory that does not grow with the archive."""
    query = select(story.c.num, story.c.document).order_by(story.c.num).limit(_BATCH)
    last = -1
    while rows := connection.execute(query.where(story.c.num > last)).all():
        last = rows[-1].num
        yield from readable(row.tuple() for row in rows).items()  # a damaged one is set aside when it is met


def key_anew(connection: Connection, rules: AddressRules, before: AddressRules) -> list[int]:
    """Give every page and link the key of its address by `rules`; return the nums of the stories concerned.

    A link in a text gets the key of its address as it is written there, where the rules `before` tell which
    one it is; of others what those rules left counts. Links that waited find their story; those that have one
    keep it.
    """
    held = select(story.c.url, story.c.canonical_url)
    changed = []
    for num, one in stories(connection):
        keys = keys_of(one, rules)
        known = {
            reference(each.target, one.url, before): reference(each.target, one.url, rules)
            for each in one.links
        }
        known |= {
            reference(each, one.url, before): reference(each, one.url, rules) for each in one.translations
        }
        is_new = dict(connection.execute(held.where(story.c.num == num)).mappings().one()) != keys
        if is_new:
            connection.execute(update(story).where(story.c.num == num).values(keys))
        if linking.key_anew(connection, num, rules, known) or is_new:
            changed.append(num)
    linking.resolve_all(connection)
    return changed
