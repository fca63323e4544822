"""Whose blocks a run has to look at, by what the journal of earlier ones says. Knows no format."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.export.changes import Cursor, changed
from recommender.export.journal import Journal
from recommender.newsroom import Newsroom


def worklist(newsroom: Newsroom, journal: Journal, public: Sequence[int], *, full: bool) -> set[int]:
    """Return the nums of stories that are missing, may have changed, or were not delivered for sure.

    Parameters
    ----------
    newsroom : Newsroom
    journal : Journal
        What was delivered, and as of when.
    public : sequence of int
        The nums of the stories that readers may see.
    full : bool
        Look at all of them.
    """
    if full or journal.since is None or journal.since > Cursor.now(newsroom):  # a backup was restored
        wanted = set(public)
    else:
        held = newsroom.archive.catalog.nums_of(journal.settled())
        wanted = (set(public) - set(held.values())) | changed(newsroom, journal.since)
    if journal.begun is not None and not full:
        done = newsroom.archive.catalog.nums_of(journal.done).values()
        wanted -= set(done) - changed(newsroom, journal.begun)
    return wanted
