"""The cap on inbound links: a story that stands in too many blocks already comes after those that do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from recommender.catalog.block_records import SlotRow
from recommender.newsroom.state import NewsroomState


class InboundCap:
    """What the setting `inbound_cap` does to a block; nothing where it is 0."""

    def __init__(self, state: NewsroomState) -> None:
        self._state, self._blocks, self._cache = state, state.blocks, state.cache

    def applied(
        self, num: int, rows: list[SlotRow], unwritten: Mapping[int, Sequence[SlotRow]]
    ) -> list[SlotRow]:
        """Return the rows, with stories that stand in too many blocks further back, the more the further.

        Parameters
        ----------
        num : int
            Of the story whose block it is, which does not count.
        rows : list of SlotRow
            As ranked.
        unwritten : mapping of int to sequence of SlotRow
            Blocks that are made anew and not written yet, by num: they count as made, all others as stored.
        """
        cap, slots = self._state.settings.inbound_cap, self._state.settings.slots
        if not cap:
            return rows
        inbound = Counter(self._blocks.inbound([row.target for row in rows], slots, besides=num))
        stored = self._cache.blocks(unwritten)
        inbound.subtract(row.target for old in stored.values() for row in old.slots[:slots])
        inbound.update(row.target for made in unwritten.values() for row in made[:slots])
        return sorted(rows, key=lambda row: max(inbound[row.target] + 1 - cap, 0))  # stable: as ranked
