"""What all parts of a newsroom stand on: the engine, what is stored, what of it is in memory, and the moment.

Makes no block and writes nothing.
"""

from __future__ import annotations

from collections import Counter
from copy import copy
from typing import Self

from recommender.catalog.blocks import Blocks
from recommender.catalog.editor_actions import EditorActions
from recommender.engine.engine import Engine
from recommender.engine.question import slots_of
from recommender.engine.requested_filters import EVERYTHING, AnswerFilter
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.catalog_cache import CatalogCache
from recommender.newsroom.publish_priority import Precedence
from recommender.settings import Settings
from recommender.story.link_policy import Reason, Rules


class NewsroomState:
    """One for a newsroom; its threads share it.

    Attributes
    ----------
    engine : Engine
        Chooses by the stories alone.
    archive, catalog
        The engine's.
    blocks, editor_actions
        What is stored of blocks, and of what editors did to them.
    cache : CatalogCache
        Stories, blocks and editors' decisions in memory.
    precedence : Precedence
        Held by what the background gives way to.
    refused : Counter of Reason
        How often the link policy refused a link since the start.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine, self.archive = engine, engine.archive
        self.catalog = self.archive.catalog
        self.blocks, self.editor_actions = Blocks(self.catalog), EditorActions(self.catalog)
        self.cache = CatalogCache(self.catalog, self.editor_actions, self.blocks)
        self.precedence = Precedence()
        self.refused: Counter[Reason] = Counter()
        self._rules, self._preview = self.settings.rules(), self.settings.rules(preview=True)

    @property
    def settings(self) -> Settings:
        """The engine's settings, as of the last look."""
        return self.engine.settings

    def under(self, settings: Settings) -> Self:
        """Return the same state with an engine under other settings, for what is only tried."""
        other = copy(self)
        other.engine = self.engine.under(settings)
        return other

    def context(
        self, *, preview: bool = False, fresh: bool = False, only: AnswerFilter = EVERYTHING
    ) -> AnswerContext:
        """Return the present moment, with all that was committed before it; see `AnswerContext`."""
        marks = self.catalog.marks()  # one look for all that follow the catalog
        self.archive.live_settings.look(marks)
        self.cache.look(marks)
        return self._context(self._preview if preview else self._rules, fresh=fresh, only=only)

    def context_at_hand(self) -> AnswerContext:
        """Return the present moment for readers, with what was committed before the last look."""
        return self._context(self._rules)

    def _context(
        self, rules: Rules, *, fresh: bool = False, only: AnswerFilter = EVERYTHING
    ) -> AnswerContext:
        now = int(self.engine.clock())
        cache = self.cache
        return AnswerContext(
            cache=cache,
            version=cache.version,
            now=now,
            rules=rules,
            fresh=fresh,
            only=only,
            steering=cache.steering,
            refused=self.refused,
        )

    def slots(self, k: int | None) -> int:
        """Return how many slots are asked for; see `slots_of` for what is raised."""
        return self.settings.slots if k is None else slots_of(k)
