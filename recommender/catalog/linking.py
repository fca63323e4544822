"""The link graph: links in texts, by editors and to translations, those that wait for their target, too.

Works inside a transaction that the caller holds; knows nothing of embedding or ranking.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import (
    Connection,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)

from recommender.catalog import translations
from recommender.catalog.backends.statements import Question, among, in_lists
from recommender.catalog.records import (
    LINK_KINDS,
    MICROSECONDS,
    LinkKind,
    Links,
    revised,
    seconds,
)
from recommender.catalog.tables import aired, link, story
from recommender.story.addresses import AddressRules, reference
from recommender.story.story import Story

_CODES = {kind.value: code for code, kind in enumerate(LINK_KINDS)}

_SHOWN_SOME_TIME = story.c.visible_from < story.c.visible_until

_NAMES = (story.c.id, story.c.url, story.c.canonical_url)
NAMED = Question(
    union_all(*(select(name, story.c.num).where(among(name)) for name in _NAMES)), times=len(_NAMES)
)
"""All stories that each of some references names: by id, address or canonical address."""

_AS_SENT = frozenset({LinkKind.TEXT.value, LinkKind.TRANSLATION.value})
"""Kinds of links that go when a version comes in which they are not."""

_WAITED = link.c.target.is_(None) & (link.c.reference == bindparam("name"))
_RESOLVE = update(link).where(_WAITED).values(target=bindparam("found"))
_LINKS = select(link.c.source, link.c.target, link.c.kind, link.c.set_at, link.c.weight).where(
    link.c.target.is_not(None), link.c.source != link.c.target, link.c.kind != LinkKind.TRANSLATION.value
)
_LINKS_OF = [Question(_LINKS.where(among(end))) for end in (link.c.source, link.c.target)]
_PRESENT = Question(
    select(link.c.source, link.c.kind, link.c.reference, link.c.num, link.c.weight).where(
        among(link.c.source)
    )
)
_TARGETS = [  # the last counts
    Question(select(name, story.c.num).where(among(name)).order_by(_SHOWN_SOME_TIME, story.c.num.desc()))
    for name in _NAMES
]

_Key = tuple[int, str, str]  # source num, kind, reference: what makes a link one


def set_text_links(
    connection: Connection,
    stories: Sequence[tuple[int, Story]],
    replaced: Collection[int],
    rules: AddressRules,
) -> None:
    """Make the text links of stories those that stand in them now; `replaced` are the nums held before.

    So those to what they say their translations are. What an editor had set beside them stays though it is
    set no more: that it was chosen is not undone. A link that stays keeps its time. One in a story's first
    version was set when the story was published, one that an update brings at the time of the update.
    """
    from recommender.story.markup.related import MOST_CURATED  # for new stories, not for each question

    wanted: dict[_Key, dict[str, Any]] = {}
    for num, one in stories:
        set_at = revised(one) // MICROSECONDS if num in replaced else seconds(one.published)
        in_list = min(1.0, MOST_CURATED / max(1, sum(each.listed for each in one.links)))
        for each in one.links:
            kind = LinkKind.CURATED if each.curated else LinkKind.TEXT
            name, weight = reference(each.target, one.url, rules), in_list if each.listed else 1.0
            row = _row(num, name, kind, each.anchor, set_at, weight)
            wanted.setdefault(_key(row), row)
        for name in translations.references_of(one, rules):
            row = _row(num, name, LinkKind.TRANSLATION, None, set_at, 1.0)
            wanted.setdefault(_key(row), row)
    present = _present(connection, replaced)
    gone = [num for key, (num, _) in present.items() if key not in wanted and key[1] in _AS_SENT]
    for some in in_lists(gone):
        connection.execute(delete(link).where(link.c.num.in_(some)))
    _insert(connection, [row for key, row in wanted.items() if key not in present])
    held = ((present[key], row["weight"]) for key, row in wanted.items() if key in present)
    if weighed := [{"at_num": num, "now": now} for (num, before), now in held if now != before]:
        stays = link.c.num == bindparam("at_num")
        connection.execute(update(link).where(stays).values(weight=bindparam("now")), weighed)


def resolve(connection: Connection, names: Mapping[int, Collection[str]]) -> None:
    """Point the links that waited for one of these names (by num) at their story.

    A link that has found its story stays with it, even where the story moves to another address.
    """
    rows = [{"found": num, "name": name} for num, some in names.items() for name in some]
    if rows:
        connection.execute(_RESOLVE, rows)


def key_anew(connection: Connection, source: int, rules: AddressRules, known: Mapping[str, str]) -> bool:
    """Bring a story's references that were written down by other rules to `rules`; return whether any differ.

    Those that stand in `known` have the names that stand there; of the others what the old rules left counts.
    Of two that become one link, the earlier stays.
    """
    columns = (link.c.num, link.c.source, link.c.kind, link.c.reference)
    query = select(*columns).where(link.c.source == source).order_by(link.c.set_at, link.c.num)
    held: set[_Key] = set()
    gone, new = [], []
    for row in connection.execute(query).mappings().all():
        name = known.get(row["reference"]) or reference(row["reference"], None, rules)
        key = (row["source"], row["kind"], name)
        if key in held:
            gone.append(row["num"])
        elif name != row["reference"]:
            new.append({"at_num": row["num"], "name": name})
        held.add(key)
    for some in in_lists(gone):
        connection.execute(delete(link).where(link.c.num.in_(some)))
    if new:
        renamed = update(link).where(link.c.num == bindparam("at_num"))
        connection.execute(renamed.values(reference=bindparam("name")), new)
    return bool(gone or new)


def resolve_all(connection: Connection) -> None:
    """Point all links that wait for their target at the story that they name."""
    waiting = select(link.c.reference).where(link.c.target.is_(None)).distinct()
    names: dict[int, list[str]] = {}
    for name, num in targets_of(connection, connection.execute(waiting).scalars()).items():
        names.setdefault(num, []).append(name)
    resolve(connection, names)


def targets_of(connection: Connection, references: Iterable[str]) -> dict[str, int]:
    """Return the story that each reference names: by id, else by address, else by canonical address.

    Where several stories share an address, the first that came, of those that readers may see at some time if
    there are any.
    """
    wanted = set(references)
    found: dict[str, int] = {}
    for question in _TARGETS:
        found |= dict(question.of(connection, wanted - found.keys()))
    return found


def at_address(connection: Connection, name: str, now: float | None) -> list[int]:
    """Return the stories of an address (its normal form), the one that stands there first.

    Those that readers may see at `now` (epoch seconds; at some time when None), then those that they have
    seen, then those that they know nothing of; by own address before canonical ones; the newest first.
    """
    public = (
        _SHOWN_SOME_TIME if now is None else (story.c.visible_from <= now) & (story.c.visible_until > now)
    )
    over = false() if now is None else _SHOWN_SOME_TIME & (story.c.visible_until <= now)
    seen = over | exists().where(aired.c.story == story.c.num)
    own = case((story.c.id == name, 0), (story.c.url == name, 1), else_=2)
    named = or_(story.c.id == name, story.c.url == name, story.c.canonical_url == name)
    order = (case((public, 0), (seen, 1), else_=2), own, story.c.published.desc(), story.c.num)
    return list(connection.execute(select(story.c.num).where(named).order_by(*order)).scalars())


def links(connection: Connection, nums: Collection[int] | None) -> Links:
    """Return the links whose target is held, all or those from or to `nums`, each pair and kind once.

    Where a source names one target in two ways, the earlier time counts.
    """
    if nums is None:
        rows = list(connection.execute(_LINKS).tuples())
    else:
        rows = [row for question in _LINKS_OF for row in question.of(connection, nums)]
    sources, targets, kinds, set_at, worth = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    weights = np.array(worth, np.float32)
    table = np.array([sources, targets, [_CODES[kind] for kind in kinds], set_at], np.int64)
    order = np.lexsort(table[::-1])
    table, weights = table[:, order], weights[order]
    first = np.ones(len(rows), np.bool_)  # of each source, target and kind
    first[1:] = (table[:3, 1:] != table[:3, :-1]).any(axis=0)
    table = table[:, first]
    return Links(table[0], table[1], table[3], table[2].astype(np.uint8), weights[first])


def anchors(connection: Connection) -> list[tuple[int, int, int, str, str]]:
    """Return the words on which links in texts to other held stories stand.

    Returns
    -------
    list of tuple
        Of each the nums of its source and of its target, when it was set (epoch seconds), its words, and the
        key of its source's language.
    """
    columns = (
        link.c.source,
        link.c.target,
        link.c.set_at,
        link.c.anchor,
        func.coalesce(story.c.language, ""),
    )
    query = (
        select(*columns)
        .join(story, story.c.num == link.c.source)
        .where(link.c.target.is_not(None), link.c.source != link.c.target, link.c.anchor.is_not(None))
        .where(link.c.kind == LinkKind.TEXT.value)
    )
    return list(connection.execute(query).tuples())


def _row(
    source: int, name: str, kind: LinkKind, anchor: str | None, set_at: int, weight: float
) -> dict[str, Any]:
    return {
        "source": source, "reference": name, "kind": kind.value, "anchor": anchor, "set_at": set_at,
        "weight": weight,
    }  # fmt: skip


def _key(row: Mapping[str, Any]) -> _Key:
    return row["source"], row["kind"], row["reference"]


def _present(connection: Connection, sources: Collection[int]) -> dict[_Key, tuple[int, float]]:
    """Return the links that start from `sources`, and their weights, by what makes them one."""
    return {
        (source, kind, reference): (num, weight)
        for source, kind, reference, num, weight in _PRESENT.of(connection, sources)
    }


def _insert(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert links, pointed at their targets where these are held."""
    found = targets_of(connection, {row["reference"] for row in rows})
    if rows:
        connection.execute(insert(link), [row | {"target": found.get(row["reference"])} for row in rows])
