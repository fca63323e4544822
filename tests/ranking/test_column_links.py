"""What came out since a digest's last instalment comes forward, as far as its earlier ones linked to such."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from recommender import Story
from recommender.features.hybrid_vectors import HybridModel
from recommender.ranking.column_links import DOUBT
from recommender.ranking.features import FEATURES
from recommender.ranking.link_history import LinkGraph
from recommender.ranking.pool import Pool
from tests.arrays import START, store_of

WEEKS = 8
FORM = "Harbour digest, week {}"


def weeks() -> list[Story]:
    """Return for each week two reports and then a digest: nums 1 to 24, each third one a digest."""
    return [
        Story(
            id=f"{week}-{part}",
            headline=FORM.format(week) if part == 2 else f"Quay number {week}{part} opens",
            body=f"ferries {week} {part}",
            published=START + timedelta(weeks=10 * week, days=part),
        )
        for week in range(WEEKS)
        for part in range(3)
    ]


STORE = store_of(weeks())
MODEL = HybridModel.fit(STORE)
LAST = 3 * WEEKS
NEW = [0] * (LAST - 3) + [1, 1]  # the reports after the digest before the last one


def told(
    links: Sequence[tuple[int, int]], source: int = LAST, nums: Sequence[int] | None = None
) -> list[float]:
    table = np.array([(one, other, STORE.column("published")[one]) for one, other in links], np.int64)
    graph = LinkGraph(STORE, *table.reshape(-1, 3).T)
    candidates = np.array(nums or range(1, source), np.int64)
    found: list[float] = FEATURES["since_instalment"](
        Pool(STORE.item(source), candidates, STORE, MODEL, graph)
    ).tolist()
    return found


def digests() -> range:
    return range(3, LAST, 3)


def test_of_a_digest_that_links_to_what_is_new() -> None:
    links = [(num, num - 1) for num in digests()]
    counted = len(links) - 1  # before the first one there was none
    assert told(links) == pytest.approx([share * counted / (counted + DOUBT) for share in NEW])
    halved = told([*links, *((num, 1) for num in digests())])
    assert halved == pytest.approx([share * counted / (2 * counted + DOUBT) for share in NEW])


def test_a_column_that_links_to_anything_puts_nothing_forward() -> None:
    assert not any(told([(num, 1) for num in digests() if num > 3]))
    assert not any(told([(num, num - 3) for num in digests() if num > 3])), "nor one that links to itself"
    assert not any(told([])), "nor one whose links are not known"


def test_what_is_no_column_has_no_instalments() -> None:
    links = [(num, num - 1) for num in digests()]
    assert not any(told(links, source=LAST - 1))
    assert not any(told(links, nums=[1, 2, LAST - 3, LAST - 2, LAST - 1])), "one alone makes no column"
