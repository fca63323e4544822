"""The stories whose blocks need a person: short, waiting, linked to by none or by too many, set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from recommender.catalog.block_records import Shown
from recommender.catalog.block_tables import flat
from recommender.newsroom.editor_decisions import decisions_from, event_of
from recommender.newsroom.state import NewsroomState

TOLD = 25  # stories of each list, the newest first


@dataclass(frozen=True, slots=True)
class Entry:
    """A story, by its id, and what is to be said of it."""

    id: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Worklist:
    """Some of the stories that need a person for one reason, and how many do."""

    total: int = 0
    entries: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Worklist:
        """Return a list of which the first are told."""
        every = list(entries)
        return cls(len(every), tuple(every[:TOLD]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Worklists:
    """All lists.

    Attributes
    ----------
    unshown : Worklist
        Blocks with a pin that readers are not shown: the link policy refuses it.
    short : Worklist
        Blocks with fewer slots than a block has.
    orphaned : Worklist
        Stories that no block links to.
    over_exposed : Worklist
        Stories in more blocks than the setting `inbound_cap` allows; without a cap those in most blocks.
    waiting : Worklist
        Blocks that wait to be made anew.
    set_aside : Worklist
        Stories that are held and shown to no reader: something fails on them.
    stories, blocks : int
        How many stories readers see, and how many of these have a block so far: what no block links to is
        known when all have one.
    """

    unshown: Worklist
    short: Worklist
    orphaned: Worklist
    over_exposed: Worklist
    waiting: Worklist
    set_aside: Worklist
    stories: int
    blocks: int


def worklists(state: NewsroomState, recipe: str) -> Worklists:
    """Return all lists as of now; `recipe` is that of blocks as they are made now."""
    now, slots, blocks = state.context().now, state.settings.slots, state.blocks
    shown = dict(blocks.shown_by_public(now))
    linked = {id for each in shown.values() for id in flat(each or ())}
    known = [(id, each) for id, each in shown.items() if each is not None]
    short = [Entry(id, f"{len(each)} of {slots}") for id, each in known if len(each) < slots]
    total = blocks.count_waiting(now, recipe)
    waiting = blocks.waiting(now, recipe, TOLD)
    names = state.catalog.ids_of(num for num, _ in waiting)
    return Worklists(
        unshown=Worklist.of(_unshown(state, shown)),
        short=Worklist.of(short),
        orphaned=Worklist.of(Entry(id) for id in shown if id not in linked),
        over_exposed=_over_exposed(shown, state.settings.inbound_cap),
        waiting=Worklist(total, tuple(Entry(names[num], why) for num, why in waiting if num in names)),
        set_aside=Worklist.of(Entry(each.id, each.reason) for each in state.archive.quarantine.all()),
        stories=len(shown),
        blocks=len(known),
    )


def _over_exposed(shown: dict[str, Shown | None], cap: int) -> Worklist:
    inbound = Counter(slot[0] for each in shown.values() for slot in each or ())
    most = [(id, count) for id, count in inbound.most_common(None if cap else TOLD) if count > cap]
    return Worklist.of(Entry(id, f"in {count:,} blocks") for id, count in most)


def _unshown(state: NewsroomState, shown: dict[str, Shown | None]) -> list[Entry]:
    found = []
    for source, rows in state.editor_actions.all().items():
        decisions = decisions_from(map(event_of, rows))
        held = shown.get(source)
        if held is None or decisions.frozen is not None:
            continue
        seen = {slot[0] for slot in held}
        found += [Entry(source, f"the pin of {id}") for id in decisions.pins.values() if id not in seen]
    return found
