"""What stories say their translations are, as links of a kind of their own: by name, or by a key in common.

Works inside a transaction that the caller holds. Knows no languages, and not how far any of it is believed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, func, or_, select

from recommender.catalog.backends.statements import Question, among, in_lists
from recommender.catalog.records import LinkKind
from recommender.catalog.tables import link
from recommender.story.addresses import AddressRules, reference
from recommender.story.story import Story

_IN_COMMON = "\ntranslation-key:"
"""Before what translations have in common, as a reference: a line end, which no id or address has."""

_TRANSLATES = link.c.kind == LinkKind.TRANSLATION.value
_HAS_KEY = link.c.target.is_(None) & link.c.reference.startswith(_IN_COMMON)
_NAMED = select(link.c.source, link.c.target).where(_TRANSLATES, link.c.target.is_not(None))
_NAMED_OF = [Question(_NAMED.where(among(end))) for end in (link.c.source, link.c.target)]

MOST_IN_COMMON = 100
"""A key that more stories have is a template's, and says nothing."""

_KEYS_OF = Question(select(link.c.reference).where(_TRANSLATES, _HAS_KEY, among(link.c.source)).distinct())
_MEMBERS = Question(
    select(link.c.source)
    .where(_TRANSLATES, _HAS_KEY, link.c.reference == bindparam("name"))
    .limit(MOST_IN_COMMON + 1)
)


def references_of(one: Story, rules: AddressRules) -> Iterator[str]:
    """Yield the references of what a story says its translations are, and of what they have in common."""
    yield from names_of(one, rules)
    if one.translation_key:
        yield f"{_IN_COMMON}{one.translation_key}"


def names_of(one: Story, rules: AddressRules) -> Iterator[str]:
    """Yield the references of what a story calls its translations."""
    yield from (reference(name, one.url, rules) for name in one.translations)


def pairs(connection: Connection, nums: Collection[int] | None) -> NDArray[np.int64]:
    """Return which held stories say that another one is their translation, all or those about `nums`.

    Of two that have a key in common the one that came first says it of the other.

    Returns
    -------
    (2, m) int64
        The nums of who says it, and of what they say it, each pair once.
    """
    if nums is None:
        found = {*connection.execute(_NAMED).tuples()}
    else:
        found = {pair for question in _NAMED_OF for pair in question.of(connection, nums)}
    found |= _with_key_in_common(connection, nums)
    return np.array(sorted((a, b) for a, b in found if a != b), np.int64).reshape(-1, 2).T


def pairs_if(
    connection: Connection, named: Collection[int], known_as: Collection[str], key: str, num: int, held: int
) -> NDArray[np.int64]:
    """Return what would be said of and by a story (2, m) if it were as it is told here, under a num.

    Parameters
    ----------
    connection : Connection
    named : collection of int
        The nums of whom it would name.
    known_as : collection of str
        The references by which others may name it.
    key : str
        What it would have in common with others; empty for nothing.
    num : int
        Under which it is told.
    held : int
        Under which the version is held that it would replace; `num` where there is none.
    """
    naming = or_(link.c.target == held, link.c.target.is_(None) & link.c.reference.in_(known_as))
    sources = connection.execute(select(link.c.source).where(_TRANSLATES, naming)).scalars()
    found = {(each, num) for each in sources} | {(num, each) for each in named}
    if key:
        members = select(link.c.source).where(_TRANSLATES, _HAS_KEY, link.c.source != held)
        alike = members.where(link.c.reference == f"{_IN_COMMON}{key}").limit(MOST_IN_COMMON)
        others = connection.execute(alike).scalars().all()
        found |= {(min(each, num), max(each, num)) for each in others if len(others) < MOST_IN_COMMON}
    apart = (pair for pair in found if held not in pair or held == num)
    return np.array(sorted((a, b) for a, b in apart if a != b), np.int64).reshape(-1, 2).T


def _with_key_in_common(connection: Connection, nums: Collection[int] | None) -> set[tuple[int, int]]:
    """Return the pairs of stories, the earlier one first, that have a key in common."""
    groups = _groups(connection) if nums is None else _groups_of(connection, nums)
    pairs = (pair for group in groups for pair in combinations(sorted(group), 2))
    about = None if nums is None else frozenset(nums)
    return {pair for pair in pairs if about is None or not about.isdisjoint(pair)}


def _groups(connection: Connection) -> Iterator[list[int]]:
    """Yield the stories of each key that several have, and no more than may."""
    keys = select(link.c.reference).where(_TRANSLATES, _HAS_KEY).group_by(link.c.reference)
    names = connection.execute(keys.having(func.count().between(2, MOST_IN_COMMON))).scalars().all()
    members = select(link.c.reference, link.c.source).where(_TRANSLATES, _HAS_KEY)
    for some in in_lists(names):
        found: dict[str, list[int]] = {}
        for name, source in connection.execute(members.where(link.c.reference.in_(some))).tuples():
            found.setdefault(name, []).append(source)
        yield from found.values()


def _groups_of(connection: Connection, nums: Collection[int]) -> Iterator[list[int]]:
    """Yield the stories of each key that some stories have; of a template's no more are read than tell so."""
    for name in {name for (name,) in _KEYS_OF.of(connection, nums)}:
        group = [source for (source,) in _MEMBERS.of(connection, name=name)]
        if len(group) <= MOST_IN_COMMON:
            yield group
