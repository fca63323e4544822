"""Which of a story's versions is held, and what became of those that were: what decides on an arriving one.

Works inside a transaction that the caller holds; writes no story.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import Connection, bindparam, delete, select

from recommender.catalog.backends.statements import Question, among, in_lists, upsert
from recommender.catalog.overrides import Override, decoded, encoded
from recommender.catalog.reading import by_nums
from recommender.catalog.records import Outcome, revised
from recommender.catalog.tables import aired, deleted, override, set_aside, story
from recommender.story.hashes import content_hash, text_hash
from recommender.story.story import Story

DELETED_DAYS = 400
"""Days for which a deleted story is known as one: what was on its way, or is exported, comes again before."""

_DAY = 86_400

_HELD = Question(
    select(
        story.c.id,
        *(story.c.num, story.c.content_hash, story.c.text_hash, story.c.revised),
        set_aside.c.num.is_not(None),
    )
    .select_from(story.outerjoin(set_aside))
    .where(among(story.c.id))
)
_DELETED = Question(select(deleted.c.id, deleted.c.at).where(among(deleted.c.id)))
_OVERRIDES = Question(
    select(*(override.c[name] for name in ("story", "content_hash", "sent", "fields", "spoken"))).where(
        among(override.c.story)
    )
)
_SEEN = Question(
    select(story.c.num).where(
        story.c.visible_from < story.c.visible_until,
        story.c.visible_from <= bindparam("at"),
        among(story.c.num),
    )
)
_URL_AIRED = Question(select(aired.c.url).where(aired.c.story == bindparam("of")))
_FORGET_DELETED = delete(deleted).where(among(deleted.c.id))


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """What decides whether an arriving story is written; `num` is None while it has no row yet.

    The hashes are of what is held; that of what was sent is `override`'s where calls have set something.
    """

    num: int | None
    content_hash: str
    text_hash: str
    revised: int
    set_aside: bool = False
    override: Override | None = None


def judge(held: HeldVersion | None, arriving: Story) -> tuple[Outcome, Story, HeldVersion]:
    """Say what becomes of a story, as what it would be held, and what is known of it after it."""
    made, content = revised(arriving), content_hash(arriving)
    if held is None:
        return Outcome.ADDED, arriving, HeldVersion(None, content, text_hash(arriving), made)
    sent = held.override.content_hash if held.override else held.content_hash
    if content == sent and not held.set_aside:  # older than what a call made of it, where one did
        return Outcome.UNCHANGED if content == held.content_hash else Outcome.OLDER, arriving, held
    if made < held.revised:
        return Outcome.OLDER, arriving, held
    if held.override is None:
        return Outcome.UPDATED, arriving, HeldVersion(held.num, content, text_hash(arriving), made)
    own = held.override.after(arriving, content)
    effective = own.applied(arriving)
    state = HeldVersion(held.num, content_hash(effective), text_hash(effective), made, override=own)
    same = state.content_hash == held.content_hash and not held.set_aside  # it says what a call has said
    return Outcome.UNCHANGED if same else Outcome.UPDATED, effective, state


def held_of(connection: Connection, ids: Iterable[str]) -> dict[str, HeldVersion]:
    """Return what is known of those stories that are held, by id."""
    found = {
        id: HeldVersion(num, content, text, made, set_aside=bool(is_aside))
        for id, num, content, text, made, is_aside in _HELD.of(connection, ids)
    }
    own = _overrides(connection, [held.num for held in found.values() if held.num is not None])
    return {
        id: held if held.num not in own else replace(held, override=own[held.num])
        for id, held in found.items()
    }


def deleted_of(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    """Return which of these stories were deleted, as far as that is still known, and when (epoch seconds)."""
    return dict(_DELETED.of(connection, ids))


def _overrides(connection: Connection, nums: Iterable[int]) -> dict[int, Override]:
    """Return what calls have set of stories, by num, where they have."""
    return {
        num: Override(hash, decoded(sent), decoded(fields), tuple(msgspec.json.decode(spoken)))
        for num, hash, sent, fields, spoken in _OVERRIDES.of(connection, nums)
    }


def put_overrides(connection: Connection, overrides: Mapping[int, Override]) -> None:
    """Keep what calls have set of stories, by num."""
    rows = [
        {
            "story": num,
            "content_hash": own.content_hash,
            "sent": encoded(own.sent),
            "fields": encoded(own.fields),
            "spoken": msgspec.json.encode(own.spoken).decode(),
        }
        for num, own in overrides.items()
    ]
    if rows:
        connection.execute(upsert(connection, override, "story"), rows)


def note_aired(connection: Connection, nums: Sequence[int], at: int) -> None:
    """Note which of these stories readers have seen by now, and where, before they change."""
    for some in in_lists(nums):
        those = [num for (num,) in _SEEN.of(connection, some, at=at)]
        values = [{"story": num, "url": one.url} for num, one in by_nums(connection, those).items()]
        if values:
            connection.execute(upsert(connection, aired, "story"), values)


def address_seen(connection: Connection, num: int, at: int) -> str | None:
    """Return the address at which readers have seen a story last, None where they have not."""
    if _SEEN.of(connection, [num], at=at):
        held = by_nums(connection, [num]).get(num)
        return held.url if held else None
    return next((url for (url,) in _URL_AIRED.of(connection, of=num)), None)


def was_aired(connection: Connection, num: int) -> bool:
    """Return whether readers had seen a story before it changed last."""
    return connection.execute(select(aired.c.story).where(aired.c.story == num)).first() is not None


def note_deleted(connection: Connection, ids: Iterable[str], at: int) -> None:
    """Note that stories were deleted at `at` (epoch seconds), and forget those of long ago."""
    connection.execute(delete(deleted).where(deleted.c.at < at - DELETED_DAYS * _DAY))
    values = [{"id": id, "at": at} for id in ids]
    if values:
        connection.execute(upsert(connection, deleted, "id"), values)


def note_undeleted(connection: Connection, ids: Iterable[str]) -> None:
    """Note that stories are held again."""
    for some in in_lists(ids):
        connection.execute(_FORGET_DELETED, {"some": some})
