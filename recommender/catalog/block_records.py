"""What a stored block is, and what one transaction does to blocks, as values. Knows no SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Shown = tuple[tuple[str, ...], ...]
"""The ids that a block links to, by slot: the story that is shown, and those folded into it."""


class SlotRow(NamedTuple):
    """What the engine put in a slot. `target` and `timeline` are ids.

    `said_of` has a hash for each of them, `target` first: of the words of both stories that the engine read.
    What it said (score, role, reasons, who is folded in) holds for those words alone.
    """

    target: str
    score: float = 0.0
    role: str = ""
    reasons: tuple[str, ...] = ()
    timeline: tuple[str, ...] = ()
    fallback: bool = False
    said_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRow:
    """The block of the story `source`, a num.

    Attributes
    ----------
    made, due : int
        Epoch seconds: when it was made, and from when it has to be made anew; None when nothing is known.
    recipe : str
        A hash of what made it.
    provenance : mapping
        JSON.
    shown : tuple of tuple of str
        What it was last known to show. Of a block that is held already, the held ones stay.
    named : tuple of str
        The translations that it was last known to name; the same holds for them.
    slots : tuple of SlotRow
        In order, some more than are shown.
    stale : str or None
        Why it waits to be made anew.
    translations : tuple of str
        Ids of what tells the same in other languages, newest first, whoever may see it.
    """

    source: int
    made: int
    due: int | None
    recipe: str
    provenance: Mapping[str, Any]
    shown: Shown
    slots: tuple[SlotRow, ...]
    stale: str | None = None
    translations: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


class ShownRow(NamedTuple):
    """What a block shows now, and why it may have changed. `source` is a num, `id` its story's.

    `named` are the translations that stand beside it: pages have them in their heads.

    Without a `url` the page is told by the address at which readers saw it last: the one that it has now may
    be of a version that they may not see.
    """

    source: int
    id: str
    url: str | None
    after: Shown
    reason: str
    named: tuple[str, ...] = ()


class PurgeRow(NamedTuple):
    """A change of a block, as it stands in the outbox. `before` and `after` are ids.

    `heads` are those of `before` that had slots of their own; None where that is not known.
    """

    num: int
    at: int
    source: str
    url: str | None
    before: tuple[str, ...]
    after: tuple[str, ...]
    reason: str
    heads: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What others may have told of a change before the call that wrote it came to that.

    Attributes
    ----------
    since : int
        The last number of the outbox before the change was written.
    page : str
        Id of the story that changed: its own page counts for whatever reason.
    reason : str
        For which others tell of further pages.
    """

    since: int
    page: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one transaction does to the blocks.

    Attributes
    ----------
    made : sequence of BlockRow
        Blocks that were made.
    shown : sequence of ShownRow
        Blocks that may show other stories than before; those that do go to the outbox.
    stale : mapping of int to str
        Blocks that wait to be made anew, and why.
    due : mapping of int to int
        Blocks that have to be made anew from a moment on (epoch seconds), unless they are earlier.
    cursor : tuple of int, int, optional
        Move the cursor from the first number to the second, if it is there.
    cause : str
        Under what the changes can be told once more: the content hash of the story that brought them.
    ahead : Ahead, optional
        Whose changes count as those of this batch.
    """

    made: Sequence[BlockRow] = ()
    shown: Sequence[ShownRow] = ()
    stale: Mapping[int, str] = field(default_factory=dict)
    due: Mapping[int, int] = field(default_factory=dict)
    cursor: tuple[int, int] | None = None
    cause: str = ""
    ahead: Ahead | None = None
