"""How far each kind of what a catalog holds has come: one statement after a commit, none until the next.

Whoever keeps something of a catalog compares the mark of its kind, and reads no more where that stayed.
Knows nothing of what the marks are of.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, ScalarSelect, case, func, select

from recommender.catalog.backends.statements import Question
from recommender.catalog.tables import change, comparison, setting, settings_choice

ADDRESSES, MODEL, STEERING = "addresses", "model", "steering"  # settings
BLOCK_VERSION = "block_version"  # setting: the number of the last block that was made
BLOCK_CURSOR = "block_cursor"  # setting: the last change of a story that blocks have followed


class Marks(NamedTuple):
    """The marks of a catalog, as of one moment.

    Attributes
    ----------
    version : int
        Of the catalog, all of which up to here is known.
    seq : int
        The last change of a story.
    choice : int
        The last choice of settings.
    comparison : int
        The last comparison of settings; below 0 where it has ended.
    blocks, cursor : int
        The last block that was made, and the last change that blocks have followed.
    addresses, model, steering : str or None
        The JSON of these settings.
    """

    version: int
    seq: int
    choice: int
    comparison: int
    blocks: int
    cursor: int
    addresses: str | None
    model: str | None
    steering: str | None


def _value(key: str) -> ScalarSelect[Any]:
    return select(setting.c.value).where(setting.c.key == key).scalar_subquery()


# Below 0 once it has ended: that, too, is news to whoever follows.
_SIGNED = case((comparison.c.ended_at.is_(None), comparison.c.num), else_=-comparison.c.num)
_NEWEST = select(func.max(comparison.c.num)).scalar_subquery()
_ALL = Question(
    select(
        select(func.max(change.c.seq)).scalar_subquery(),
        select(func.max(settings_choice.c.num)).scalar_subquery(),
        select(_SIGNED).where(comparison.c.num == _NEWEST).scalar_subquery(),
        *(_value(key) for key in (BLOCK_VERSION, BLOCK_CURSOR, ADDRESSES, MODEL, STEERING)),
    )
)


def read(connection: Connection, version: int) -> Marks:
    """Return the marks of a catalog whose version was `version`, or is later by now."""
    (found,) = _ALL.of(connection)
    seq, choice, compared, blocks, cursor = (int(number or 0) for number in found[:5])
    return Marks(version, seq, choice, compared, blocks, cursor, *found[5:])
