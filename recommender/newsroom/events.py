"""What a newsroom is told: changes of blocks, what publishing did, what editors decided. Knows no SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from recommender.catalog import Outcome
from recommender.engine.block import Block
from recommender.story.link_policy import Refusal
from recommender.story.timestamps import format_time


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockChange:
    """A block that shows other stories than it did: its page is out of date in every cache.

    Attributes
    ----------
    source : str
        Id of the story whose block changed.
    url : str or None
        The story's address: what to purge.
    before, after : tuple of str
        The ids of all stories that the block links to, in order; those folded into a slot follow it, and
        the translations that it names follow all.
    reason : str
        Why, such as ``story-17 was published``.
    """

    source: str
    url: str | None
    before: tuple[str, ...]
    after: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of a story that was published, changed, withdrawn or deleted.

    Attributes
    ----------
    id : str
        The story's.
    outcome : Outcome
        Of the story: ``unchanged``, ``older`` and ``deleted`` did nothing.
    block : Block
        Its own block now; empty when the story is gone. That of a story which is not public yet is a preview.
    changed : tuple of BlockChange
        The older blocks that show other stories now; of a call that came before, those that it changed then.
    stale : int
        How many more blocks were left to the background worker.
    dry_run : bool
        Nothing was written: this is what would happen.
    set_aside : str
        Why the story is kept and shown to no reader: something fails on it. Empty when all is well.
    note : str
        Why a version was not taken as it was sent, in words; empty where it was.
    """

    id: str
    outcome: Outcome
    block: Block
    changed: tuple[BlockChange, ...] = ()
    stale: int = 0
    dry_run: bool = False
    set_aside: str = ""
    note: str = ""

    @property
    def taken(self) -> bool:
        """Whether anything was written, or would be in a dry run."""
        return self.outcome.taken


class EditorAct(StrEnum):
    """What an editor did to a block."""

    PIN = "pin"
    UNPIN = "unpin"
    EXCLUDE = "exclude"
    INCLUDE = "include"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    IMPORT = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAct:
    """An act that an editor may do next: see `Newsroom.rehearse`.

    Attributes
    ----------
    act : EditorAct
        Any but an import.
    target : str
        Id of the story that is pinned, excluded and so on; none of a freeze.
    position : int or None
        From 1, of a pin.
    """

    act: EditorAct
    target: str = ""
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorEvent:
    """One act of an editor on the block of `source`.

    Attributes
    ----------
    num : int
        The name by which `Newsroom.undo` takes it back.
    targets : tuple of str
        Ids of the stories meant: one for pins and exclusions, the whole block for a freeze or an import.
    position : int or None
        From 1, of a pin.
    by : str
        Who did it.
    at : datetime
        When, aware.
    undone_by, undone_at
        Who took it back and when; None while it stands.
    """

    num: int
    source: str
    act: EditorAct
    targets: tuple[str, ...]
    position: int | None
    by: str
    at: datetime
    undone_by: str | None = None
    undone_at: datetime | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the act as JSON objects."""
        times = {"at": self.at, "undone_at": self.undone_at}
        return asdict(self) | {name: time and format_time(time) for name, time in times.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorDecisions:
    """What editors decided about one block: all acts that stand, taken together.

    Attributes
    ----------
    pins : mapping of int to str
        Story ids by position, from 1.
    curated : tuple of str
        An imported block: these come first, in order, around the pins.
    excluded : frozenset of str
        Ids that never stand in the block.
    frozen : tuple of str or None
        The block as it was frozen; None when it is not.
    """

    pins: Mapping[int, str] = field(default_factory=dict)
    curated: tuple[str, ...] = ()
    excluded: frozenset[str] = frozenset()
    frozen: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What an editor's act did.

    Attributes
    ----------
    event : int
        The number of the act, for `Newsroom.undo`; 0 when it changed nothing.
    block : Block
        The block now.
    changed : tuple of BlockChange
        The same change as a diff, empty when readers see no difference; of an act that was done already,
        what it changed then.
    refusal : Refusal or None
        Why the link policy does not allow a pinned story now. The pin is kept, and shown once it is allowed.
    """

    event: int
    block: Block
    changed: tuple[BlockChange, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """An entry of the outbox: a change of a block that caches elsewhere have to be told.

    Attributes
    ----------
    num : int
        Ascending; entries are never changed.
    at : int
        Epoch seconds.
    change : BlockChange
        What changed.
    """

    num: int
    at: int
    change: BlockChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits for the worker of an archive.

    Attributes
    ----------
    blocks, stale : int
        Blocks that are stored, and those of them that wait to be made anew.
    changes : int
        Changes of stories that no block has followed yet.
    since : int, optional
        When the oldest of those was made, epoch seconds.
    """

    blocks: int
    stale: int
    changes: int
    since: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """How the blocks of an archive stand.

    Attributes
    ----------
    blocks, missing, stale, short : int
        Blocks that are stored; public stories without one; blocks that wait to be made anew; and blocks with
        fewer slots than a block should have.
    orphaned : int
        Public stories that no stored block links to.
    frozen, curated, pinned : int
        Blocks that editors froze, imported or pinned stories in.
    most_linked : tuple of (str, int)
        Ids of the stories in most blocks' slots, and in how many; those folded into a slot do not count.
    over_exposed : int
        Stories in more blocks than the setting `inbound_cap` allows; 0 without a cap.
    """

    blocks: int
    missing: int
    stale: int
    short: int
    orphaned: int
    frozen: int
    curated: int
    pinned: int
    most_linked: tuple[tuple[str, int], ...]
    over_exposed: int

    def to_rows(self) -> list[tuple[str, str]]:
        """Return names and values for a table."""
        standing = f"{self.missing:,} missing, {self.stale:,} stale, {self.short:,} short"
        by_hand = f"{self.frozen:,} frozen, {self.curated:,} imported, {self.pinned:,} with pins"
        most = ", ".join(f"{id} in {count:,}" for id, count in self.most_linked) or "none"
        return [
            ("blocks", f"{self.blocks:,} stored, {standing}"),
            ("by editors", by_hand),
            ("orphaned stories", f"{self.orphaned:,} that no block links to"),
            ("over-exposed stories", f"{self.over_exposed:,} in more blocks than the cap"),
            ("most linked", most),
        ]


def joined(changes: Iterable[BlockChange]) -> tuple[BlockChange, ...]:
    """Return one change a page: from what it showed before the first to what it shows after the last."""
    whole: dict[str, BlockChange] = {}
    for change in changes:
        first = whole.get(change.source, change)
        whole[change.source] = replace(change, before=first.before)
    return tuple(change for change in whole.values() if change.before != change.after)
