"""What an archive tells of itself without a link: words and scores by month, who is linked to, versions.

Knows no doors.
"""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np

from index.storage.background import Check
from recommender.archive.archive import Archive
from recommender.archive.weights_journal import Journal
from recommender.catalog.block_tables import flat
from recommender.catalog.blocks import Blocks
from recommender.evaluation.metrics import gini
from recommender.ranking.weights import parse

MONTHS = 24  # the newest that hold stories
LEAST = 5  # stories of a month below which its means say nothing


class Month(msgspec.Struct, frozen=True):
    """The stories of a month, such as ``2026-03``.

    Attributes
    ----------
    unknown : float
        Which share of the different words of a story the archive's lexical model does not know.
    score : float or None
        Mean score of the first slot of their stored blocks, without those that only fill up; None where there
        are fewer than `LEAST`.
    """

    month: str
    stories: int
    unknown: float
    score: float | None


class Reach(msgspec.Struct, frozen=True):
    """How evenly blocks link: to how many public stories none does, and Gini's coefficient of all."""

    stories: int
    never: int
    gini: float


class LearnedVersion(msgspec.Struct, frozen=True):
    """Weights that the archive has learned: from how many links, and what they did on the newest stories.

    Attributes
    ----------
    before, after, difference : float
        nDCG@5 by the shipped weights, by these, and the difference, with ends of its 95 % interval.
    """

    number: int
    made: str
    links: int
    in_use: bool
    before: float
    after: float
    difference: float
    low: float
    high: float


def months(archive: Archive, check: Check) -> tuple[Month, ...]:
    """Return what the stories of each month are like, the oldest first."""
    view, firsts = archive.view, Blocks(archive.catalog).first_scores()
    if view.hybrid is None:
        return ()
    nums = view.store.nums
    published = np.asarray(view.store.column("published")[nums], np.int64).astype("datetime64[s]")
    by_month = published.astype("datetime64[M]")
    found = []
    for month in np.unique(by_month)[-MONTHS:]:
        check()
        own = nums[by_month == month]
        if len(own) < LEAST:
            continue
        scores = [firsts[num] for num in own.tolist() if num in firsts]
        score = float(np.mean(scores)) if len(scores) >= LEAST else None
        found.append(Month(str(month), len(own), view.hybrid.unknown_share(view.store, own), score))
    return tuple(found)


def reach(archive: Archive, now: int) -> Reach | None:
    """Return how evenly the stored blocks of public stories link to them; None where there are no stories."""
    shown = Blocks(archive.catalog).shown_by_public(now)
    if not shown:
        return None
    linked = Counter(id for _, each in shown for id in flat(each or ()))
    counts = np.array([linked[id] for id, _ in shown], np.int64)
    return Reach(len(counts), int((counts == 0).sum()), gini(counts))


def learned_versions(journal: Journal) -> tuple[LearnedVersion, ...]:
    """Return the weights that are kept, the oldest first, each with what its trial found."""
    found = []
    for each in journal.versions:
        trial = parse(each.text, f"version {each.number}").provenance.get("trial", {})
        if not {"before", "after", "difference", "difference_ci"} <= trial.keys():
            continue
        told = {name: float(trial[name]) for name in ("before", "after", "difference")}
        low, high = trial["difference_ci"]
        found.append(
            LearnedVersion(
                number=each.number,
                made=each.made,
                links=each.links,
                in_use=each.number == journal.current,
                low=low,
                high=high,
                **told,
            )
        )
    return tuple(found)
