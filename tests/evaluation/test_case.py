"""Masking leaves no word of an anchor and nothing else out; bad rows are counted and passed over."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.errors import SourceError
from recommender.evaluation.case import MOST_LINKS, LinkRow, make_case, masked_story, read_case
from recommender.story.story import Link
from tests.arrays import story

STORIES = [story(number) for number in range(12)]


def links(*pairs: tuple[int, int]) -> list[LinkRow]:
    return [LinkRow(source=f"s{source}", target=f"s{target}") for source, target in pairs]


@pytest.mark.parametrize(
    ("text", "anchors", "left"),
    [
        ("See the open data policy.", ["open data"], "See the   policy."),
        ("See the open\n data policy.", ["open  data"], "See the   policy."),
        ("Database and data.", ["data"], "Database and  ."),
        ("Databases only.", ["Data"], " bases only."),
        ("Open data, data.", ["data", "Open data"], " ,  ."),
        ("Costs $5 (now).", ["$5 (now)"], "Costs  ."),
        ("Nothing here.", ["", "  "], "Nothing here."),
    ],
)
def test_masks_the_anchors_in_deck_and_body(text: str, anchors: list[str], left: str) -> None:
    one = replace(STORIES[0], headline=text, deck=text, body=text, links=(Link(target="s1"),))
    masked = masked_story(one, anchors)
    assert (masked.deck, masked.body, masked.headline, masked.links) == (left, left, text, ())


def test_a_query_links_to_one_to_eight_earlier_stories() -> None:
    many = [(11, target) for target in range(MOST_LINKS + 1)]
    case = make_case(STORIES, links((3, 1), (3, 2), (3, 2), (4, 9), (5, 5), *many))
    assert case.relevant == {3: {1, 2}}
    assert case.counts["links to later stories"] == 1
    assert case.counts["links to themselves"] == 1


def test_later_links_do_not_count_towards_the_eight() -> None:
    case = make_case(STORIES, links(*((2, target) for target in range(3, 12)), (2, 0)))
    assert case.relevant == {2: {0}}


def test_a_story_of_the_same_moment_is_not_later() -> None:
    twin = replace(STORIES[1], published=STORIES[0].published)
    case = make_case([STORIES[0], twin], links((0, 1)))
    assert case.relevant == {0: {1}}
    assert np.flatnonzero(case.earlier(0)).tolist() == [1]


def test_bad_rows_are_counted_and_not_fatal(tmp_path: Path) -> None:
    good = [json.dumps(one.to_json()) for one in STORIES[:4]]
    (tmp_path / "s").write_text("\n".join([*good[:2], "{not json", '{"id": "x"}', "", *good[2:]]))
    rows = ['{"source": "s3", "target": "s1", "anchor": "x", "note": 1}', "[]", "nonsense", '{"source": 4}']
    (tmp_path / "l").write_text("\n".join([*rows, '{"source": "s3", "target": "gone"}']))
    case = read_case(tmp_path / "s", tmp_path / "l")
    assert case.relevant == {3: {1}}
    assert case.counts == {
        "bad stories": 2,
        "bad links": 3,
        "stories": 4,
        "links": 2,
        "queries": 1,
        "links to unknown stories": 1,
    }


def test_no_query_is_said(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("\n".join(json.dumps(one.to_json()) for one in STORIES))
    (tmp_path / "l").write_text('{"source": "s1", "target": "s5"}')
    with pytest.raises(SourceError, match="links to an earlier one"):
        read_case(tmp_path / "s", tmp_path / "l")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        read_case(tmp_path / "s", tmp_path / "l")


def test_a_link_of_a_long_list_asks_nothing_and_is_part_of_the_past():
    rows = [LinkRow("s3", "s1"), LinkRow("s3", "s2", weight=0.25), LinkRow("s2", "s1", weight=0.25)]
    case = make_case(STORIES, rows)
    assert case.relevant == {3: frozenset({1})}
    assert case.weights.tolist() == [1.0, 0.25, 0.25]
    assert (len(case.links), case.counts["links of long lists"]) == (3, 2)
