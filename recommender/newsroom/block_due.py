"""When time alone makes a stored block out of date: an embargo ends, a story expires, a clock ran ahead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from index.filters import Field
from recommender.archive.view import View
from recommender.catalog.block_records import BlockRow
from recommender.engine.search_scope import spoken_alike
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.layout import CachedStory
from recommender.story.story import ALWAYS_UNTIL

SCHEDULED = 20  # nearest stories under embargo whose end makes a block due


def is_due(row: BlockRow, now: int) -> bool:
    """Return whether a block has to be made anew before it is shown.

    Its time has come; or it was made at a time that has not, by a clock that ran ahead.
    """
    return row.made > now or (row.due is not None and row.due <= now)


def next_due(known: CachedStory, named: Iterable[str], neighbour: int, context: AnswerContext) -> int | None:
    """Return when time next changes what a block may hold, epoch seconds.

    Parameters
    ----------
    known : CachedStory
        Whose block.
    named : iterable of str
        Ids of all stories that the engine or an editor put into it.
    neighbour : int
        When a story that may enter it becomes public, or one that names translations is seen or seen no more;
        see `next_neighbours` and `linked_translations.next_told`.
    context : AnswerContext
        The moment.
    """
    stories = [known, *(one for id in named for one in context.line(id))]
    times = [t for s in stories for t in (s.standing.visible_from, s.standing.visible_until)]
    times += context.steering.changes([one.story for one in stories], context.now)
    return min((time for time in (*times, neighbour) if context.now < time < ALWAYS_UNTIL), default=None)


def next_neighbours(view: View, some: Sequence[CachedStory], context: AnswerContext) -> dict[int, int]:
    """Return when the first of each story's nearest under embargo becomes public, or `ALWAYS_UNTIL`."""
    found, now = dict.fromkeys((known.num for known in some), ALWAYS_UNTIL), context.now
    begins = view.store.column("visible_from")[: view.store.size]
    if not np.any((begins > now) & (begins < ALWAYS_UNTIL)):
        return found
    waits = (Field("visible_from") > now) & (Field("visible_from") < ALWAYS_UNTIL)
    waits &= Field("linkable") == 1
    asked = [known for known in some if known.num in view.store and not known.standing.gone(now)]
    items = [view.store.item(known.num) for known in asked]
    filters = [spoken_alike(waits, known.standing, context.rules) for known in asked]
    nearest = view.nearest_of_each(items, SCHEDULED, filters)
    for num, near in zip((known.num for known in asked), nearest, strict=True):
        if len(near):
            found[num] = int(view.store.column("visible_from")[near].min())
    return found
