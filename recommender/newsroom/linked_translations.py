"""Which translations stand beside a block: found when it is made, past the link policy when it is shown.

Knows no SQL.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from index.filters import Field, Filter
from recommender.archive.archive import Archive
from recommender.catalog.block_records import BlockRow
from recommender.engine.translated_stories import translations_of
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.catalog_cache import CatalogCache
from recommender.newsroom.layout import CachedStory
from recommender.story.link_policy import Standing, may_link
from recommender.story.story import ALWAYS_UNTIL


def linkable(now: int) -> Filter:
    """Return the filter of what readers may see at `now` or later: an embargo may end meanwhile."""
    awaited = (Field("visible_until") > now) & (Field("visible_from") < ALWAYS_UNTIL)
    return awaited & (Field("linkable") == 1)


def translations_for(
    archive: Archive, cache: CatalogCache, some: Iterable[CachedStory], context: AnswerContext
) -> dict[int, tuple[str, ...]]:
    """Return the ids of the translations of some stories, by their nums, whoever may see them."""
    now, where, drafted = context.now, linkable(context.now), context.drafted
    tried = {num: draft.id for num, draft in drafted.items() if draft is not None}
    nums = {known.num: translations_of(archive, known.num, where, now, tried) for known in some}
    held = cache.stories({each for found in nums.values() for each in found} - drafted.keys())
    ids = {num: known.story.id for num, known in held.items()} | tried
    return {num: tuple(ids[each] for each in found if each in ids) for num, found in nums.items()}


def next_told(archive: Archive, num: int, now: int) -> int:
    """Return when next readers see a story on whose word a story's translations depend, or see it no more."""
    store, around = archive.view.store, archive.translations.around(archive.view, num)
    times = np.concatenate([store.column(name)[around] for name in ("visible_from", "visible_until")])
    return int(min(times[times > now], default=ALWAYS_UNTIL))


def may_show(source: Standing, translation: Standing, context: AnswerContext) -> bool:
    """Return whether a block may name a translation now."""
    return may_link(source, translation, context.now, context.rules.of_translations) is None


def shown_translations(row: BlockRow, source: Standing, context: AnswerContext) -> tuple[CachedStory, ...]:
    """Return the translations that a block names now; none stands in for one that is gone."""
    held = (context.find(id) for id in row.translations)
    return tuple(known for known in held if known and may_show(source, known.standing, context))
