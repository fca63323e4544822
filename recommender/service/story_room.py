"""How many stories may be held: one that is new takes a place, one that is held has its own."""

from __future__ import annotations

from recommender.catalog import Catalog
from recommender.errors import StoryError
from recommender.story.story import Story


class StoryRoom:
    """The places of a few stories that are published together.

    Parameters
    ----------
    catalog : Catalog
        What is held.
    most : int
        How many may be; 0: any number.
    """

    def __init__(self, catalog: Catalog, most: int) -> None:
        self._catalog, self._most = catalog, most
        self._new: set[str] = set()

    def take(self, story: Story) -> None:
        """Take a story's place.

        Raises
        ------
        StoryError
            When there is none.
        """
        if not self._most or story.id in self._new or self._catalog.nums_of([story.id]):
            return
        if self._catalog.count() + len(self._new) >= self._most:
            problem = f"is one more than the {self._most:,} stories that may be held here"
            way_out = "remove others, or raise service.most_stories"
            raise StoryError(story.id, "id", story.id, problem, way_out)
        self._new.add(story.id)
