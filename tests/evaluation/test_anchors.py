"""The measure of links in the text: what counts as a hit, and what matching headlines would find."""

from __future__ import annotations

import doctest
import json
from dataclasses import replace
from pathlib import Path

import pytest

from recommender import Story
from recommender.evaluation import anchors
from recommender.evaluation.anchors import AnchorCase, TitleMatch, anchor_case, compared, figures, result
from recommender.evaluation.case import make_case, read_links
from tests.newsroom.world import at

BODIES = {
    "a": ("Open data portal", "A portal of open data."),
    "b": ("Series: Ferry safety", "On ferries."),
    "c": (
        "Today",
        "The open data portals of last year. Ferry safety counts; ferry safety matters, and more.",
    ),
}


@pytest.fixture
def case(tmp_path: Path) -> AnchorCase:
    stories = [
        Story(id=id, headline=headline, body=body, published=at(n))
        for n, (id, (headline, body)) in enumerate(BODIES.items())
    ]
    rows = [
        {"source": "c", "target": "a", "anchor": "last year"},
        {"source": "c", "target": "b", "anchor": "ferry safety"},
        {"source": "b", "target": "a", "anchor": "not there"},
        {"source": "a", "target": "c", "anchor": "portal"},
    ]
    file = tmp_path / "links.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    return anchor_case(make_case(stories, read_links(file)[0], masked=False), file)


def test_the_example_is_true() -> None:
    assert doctest.testmod(anchors).failed == 0


def test_links_count_whose_words_stand_in_an_earlier_storys_source(case: AnchorCase) -> None:
    body = BODIES["c"][1]
    assert {to: [body[a:b] for a, b in spans] for to, spans in case.anchors[2].items()} == {
        0: ["last year"],
        1: ["ferry safety"],
    }
    assert [*case.anchors] == [2]
    assert case.counts["links whose words do not stand in the body"] == 1
    assert [[link.target for link in story.links] for story in case.linked] == [["c"], ["a"], ["a", "b"]]
    assert all(not story.links for story in case.case.stories)


def test_a_hit_has_the_right_target_on_words_of_the_writers_own(case: AnchorCase) -> None:
    body = BODIES["c"][1]
    year, ferry = body.index("last year"), body.index("ferry safety")
    right = (0, year, year + 9), (1, ferry + 3, ferry + 20)
    found = result(case, 2, right)
    assert (found.recall, found.target, found.exact, found.right) == (1, 1, 0.5, 2)
    elsewhere = result(case, 2, [(0, 0, 8), (1, 0, 3)])
    assert (elsewhere.recall, elsewhere.target, elsewhere.said) == (0, 1, 2)
    assert result(case, 2, []).recall == 0
    late = [(9, 0, 1)] * 5
    assert result(case, 2, [*late, *right]).recall == 0


def test_matching_headlines_finds_them_whole_or_in_part(case: AnchorCase) -> None:
    body = BODIES["c"][1]
    whole = [(to, body[a:b]) for to, a, b in TitleMatch(case.case)(2)]
    assert whole == [(0, "open data portals"), (1, "Ferry safety")]
    shorter = replace(case.case.stories[0], headline="A new portal of open data portals")
    other = replace(case.case, stories=(shorter, *case.case.stories[1:]))
    assert [to for to, _, _ in TitleMatch(other)(2)] == [1]
    assert (0, "open data portals") in [(to, body[a:b]) for to, a, b in TitleMatch(other, partly=True)(2)]


def test_figures_have_intervals_and_systems_are_compared_draft_by_draft(case: AnchorCase) -> None:
    one, none = result(case, 2, case_links(case)), result(case, 2, [])
    told = figures([one, none] * 20)
    low, high = told["recall@5_ci"]  # type: ignore[misc]
    assert low < told["recall@5"] == 0.5 < high
    against = compared([one] * 40, [one, none] * 20)
    assert against["ratio"] == 2
    assert against["difference"] == 0.5


def case_links(case: AnchorCase) -> list[tuple[int, int, int]]:
    return [(to, *spans[0]) for to, spans in case.anchors[2].items()]
