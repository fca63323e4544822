"""The ends of the questions are the best and the worst, and a hit is what the writer linked."""

from __future__ import annotations

import numpy as np

from recommender.evaluation.exhibits import EACH_END, exhibits
from recommender.evaluation.ours import Ours

QUERIES = list(range(8, 96))


def test_the_best_and_the_worst_and_none_twice(history: Ours) -> None:
    agreement = np.random.default_rng(4).permutation(len(QUERIES)) / len(QUERIES)
    found = exhibits(history, QUERIES, agreement)
    assert [one.agreement for one in found.best] == sorted(agreement, reverse=True)[:EACH_END]
    assert [one.agreement for one in found.worst] == sorted(agreement)[:EACH_END]


def test_of_few_queries_none_is_shown_twice(history: Ours) -> None:
    found = exhibits(history, QUERIES[:30], np.zeros(30))
    ids = [one.story.id for one in (*found.best, *found.worst)]
    assert (len(found.best), len(found.worst), len(set(ids))) == (EACH_END, 10, 30)


def test_of_equals_those_of_more_links_come_first_then_the_newest(history: Ours) -> None:
    found = exhibits(history, [8, 9, 10, 11], np.ones(4))
    assert [one.story.id for one in found.best] == ["s11", "s8", "s10", "s9"]


def test_hits_and_places_are_those_of_the_links(history: Ours) -> None:
    case = history.case
    for query, one in zip(QUERIES[:20], _each(history, QUERIES[:20]), strict=True):
        linked = {case.stories[story].id for story in case.relevant[query]}
        order = [case.stories[story].id for story in history(query)]
        assert {slot.story.id for slot in one.slots if slot.hit} == linked & {s.story.id for s in one.slots}
        assert {link.story.id for link in one.chosen} == linked
        assert all(
            link.scored and order[link.place - 1] == link.story.id for link in one.chosen if link.place
        )
        assert [slot.story.id for slot in one.slots] == order[:5]


def _each(history: Ours, queries: list[int]) -> list:
    """Return the exhibits of at most 20 queries, in their order."""
    by_id = {one.story.id: one for one in exhibits(history, queries, np.zeros(len(queries))).best}
    return [by_id[history.case.stories[query].id] for query in queries]
