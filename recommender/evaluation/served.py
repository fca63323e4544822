"""What a story's page would show, as one more system: the engine's choice, past all that shortens a block.

That is the floor, the language rule, one slot an event, and the link policy last of all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.archive.view import eligible
from recommender.engine.engine import SPARE
from recommender.engine.search_scope import Scope, spoken_alike
from recommender.engine.selection import Search
from recommender.evaluation.ours import Ours
from recommender.story.link_policy import Standing, may_link


class Served:
    """Answers with the slots of a block; made of an `Ours`, whose links it reads.

    Parameters
    ----------
    ours : Ours
        With the weights of its engine.
    follow_ups : bool
        Whether a block may show stories that were published after its own.
    """

    def __init__(self, ours: Ours, *, follow_ups: bool) -> None:
        self.ours, self.follow_ups = ours, follow_ups
        self.standings = [Standing.of(each) for each in ours.case.stories]

    def __call__(self, story: int, past_only: bool = True) -> NDArray[np.int64]:
        """Return the stories of a block, best first; whether later ones may stand there is settled."""
        ours, engine = self.ours, self.ours.engine
        num, before = int(ours.nums[story]), int(ours.case.published[story])
        where = eligible(ours.now, None if self.follow_ups else before)
        rules, source = engine.settings.rules(), self.standings[story]
        where = spoken_alike(where, source, rules)
        scope = Scope(where, frozenset([num]), engine.settings.least_score)
        most = engine.settings.slots + SPARE
        search = Search(source=ours.view.store.item(num), scope=scope, most=most)
        (picks,) = engine.selector.choose(ours.view, [search], ours.links)
        places = ours.place[np.array([pick.num for pick in picks], np.int64)]
        shown = [
            place for place in places if may_link(source, self.standings[place], ours.now, rules) is None
        ]
        return np.array(shown[: engine.settings.slots], np.int64)
