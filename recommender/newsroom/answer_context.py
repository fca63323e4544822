"""What holds while one answer is put together: the moment, the rules, the stories as they are or would be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from recommender.engine.requested_filters import EVERYTHING, AnswerFilter
from recommender.engine.steering import NO_STEERING, Steering
from recommender.errors import NotFoundError, shown
from recommender.newsroom.catalog_cache import CatalogCache
from recommender.newsroom.events import EditorDecisions
from recommender.newsroom.layout import CachedStory, stand_in
from recommender.story.addresses import is_url
from recommender.story.link_policy import Reason, Rules, Standing, may_link
from recommender.story.story import Story


def nobody(name: str) -> NotFoundError:
    """Return what is said of an id, or an address, that no story has."""
    if is_url(name):
        return NotFoundError(f"no story at {shown(name)}; publish it first, or ask by its id")
    words = f"no story {shown(name)} in this archive; publish it first, or find its id"
    return NotFoundError(words, "related query TEXT")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerContext:
    """One moment of the archive.

    Attributes
    ----------
    cache : CatalogCache
        The stories, decisions and blocks that are held.
    version : int
        Of the catalog, all of which up to here is known.
    now : int
        Epoch seconds.
    rules : Rules
        What readers may see.
    drafts : mapping of str to CachedStory or None
        Stories as they would be, by id, in place of those that are held; None: it would be deleted.
    fresh : bool
        A stored block that waits to be made anew is made before it is shown.
    only : AnswerFilter
        What is asked for; anything but everything is answered by a block of its own, which is not stored.
    steering : Steering
        All rules that stand, whenever they end.
    tried : mapping of int to EditorDecisions
        What editors would decide, by the num of the block's story, in place of what they did.
    refused : Counter of Reason
        How often the link policy refused a link, for who watches; threads that count at once may lose one.
    """

    cache: CatalogCache
    version: int
    now: int
    rules: Rules
    drafts: Mapping[str, CachedStory | None] = field(default_factory=dict)
    fresh: bool = False
    only: AnswerFilter = EVERYTHING
    steering: Steering = NO_STEERING
    tried: Mapping[int, EditorDecisions] = field(default_factory=dict)
    refused: Counter[Reason] = field(default_factory=Counter)

    def find(self, id: str) -> CachedStory | None:
        """Return a story, or None."""
        return self.drafts[id] if id in self.drafts else self.cache.story(id)

    def known(self, id: str) -> CachedStory:
        """Return a story.

        Raises
        ------
        NotFoundError
            When there is none.
        """
        found = self.find(id)
        if found is None:
            raise nobody(id)
        return found

    @property
    def for_readers(self) -> AnswerContext:
        """The same moment as readers see it."""
        return replace(self, rules=replace(self.rules, preview=False)) if self.rules.preview else self

    @property
    def drafted(self) -> dict[int, Story | None]:
        """The drafts by num, as the engine takes them: what they replace, or none may link to, is none."""
        held = (self.cache.story(id) for id in self.drafts)
        replaced: dict[int, Story | None] = {known.num: None for known in held if known is not None}
        drafts = (known for known in self.drafts.values() if known is not None)
        return replaced | {known.num: self._linked(known) for known in drafts}

    def _linked(self, draft: CachedStory) -> Story | None:
        return None if may_link(None, draft.standing, self.now, self.rules) else draft.story

    def held_num(self, known: CachedStory) -> int:
        """Return the num under which a story's block and what editors did to it are held.

        A draft may stand under another num than the story in whose place it is.
        """
        held = self.cache.story(known.story.id) if known.story.id in self.drafts else known
        return known.num if held is None else held.num

    def decisions(self, known: CachedStory) -> EditorDecisions:
        """Return what editors decided about the block of a story."""
        num = self.held_num(known)
        return self.tried[num] if num in self.tried else self.cache.decisions(num)

    def source(self, known: CachedStory, decisions: EditorDecisions) -> Standing:
        """Return what the link policy reads of a story whose block is asked for."""
        return replace(known.standing, excluded=decisions.excluded) if decisions.excluded else known.standing

    def line(self, id: str) -> list[CachedStory]:
        """Return the story `id` and those that succeed it, one after the other."""
        found: list[CachedStory] = []
        known = self.find(id)
        while known is not None and known not in found:
            found.append(known)
            known = self.find(known.standing.successor) if known.standing.successor else None
        return found

    def stand_in(self, source: Standing | None, id: str) -> CachedStory | None:
        """Return who may be shown where the story `id` was to be: itself, its successor, or nobody."""
        found = stand_in(source, id, self.find, self.now, self.rules, self.refused)
        return found if found is None or self.only.allows(found.story) else None
