"""Parts of the questions: every question is in a year, the rare tags are counted as left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.evaluation.case import Case, make_case
from recommender.evaluation.slices import (
    LEAST_QUERIES,
    MOST_ROWS,
    each_year,
    most_frequent,
    sections,
    tags,
    years,
)
from tests.arrays import story

LABELS = st.lists(st.sets(st.sampled_from("abcd")).map(lambda each: tuple(sorted(each))), min_size=1)


@given(st.lists(st.integers(2001, 2009).map(lambda year: (str(year),)), min_size=1, max_size=60))
def test_the_years_add_up_to_all_questions(labels: list[tuple[str, ...]]) -> None:
    values = {"ours": np.random.default_rng(len(labels)).random(len(labels))}
    found = each_year(labels, values)
    counts = [row["queries"] for row in found.rows.values()]
    means = [row["systems"]["ours"]["ndcg@5"] for row in found.rows.values()]
    assert sum(counts) == len(labels)
    assert np.dot(counts, means) / len(labels) == pytest.approx(values["ours"].mean())
    assert list(found.rows) == sorted(found.rows)
    assert found.left_out() == {"values": 0, "queries": 0}


@given(LABELS)
def test_every_question_is_in_a_row_or_left_out(labels: list[tuple[str, ...]]) -> None:
    labels = labels * 7
    found = most_frequent(labels, {"ours": np.ones(len(labels))})
    shown = set(found.rows)
    assert all(row["queries"] >= LEAST_QUERIES for row in found.rows.values())
    assert found.queries_left_out == sum(not shown & set(each) for each in labels)
    assert found.values_left_out + len(shown) == len({label for each in labels for label in each})


def test_of_many_tags_the_most_frequent_are_shown() -> None:
    labels = [(f"t{tag}",) for tag in range(MOST_ROWS + 3) for _ in range(LEAST_QUERIES + tag)]
    found = most_frequent(labels, {"ours": np.zeros(len(labels))})
    assert list(found.rows) == [f"t{tag}" for tag in range(MOST_ROWS + 2, 2, -1)]
    assert found.left_out() == {"values": 3, "queries": 3 * LEAST_QUERIES + 3}


def test_a_story_counts_under_each_of_its_tags_once(case: Case) -> None:
    assert tags(case, [0, 1, 2]) == [("flood", "river"), ("votes",), ()]
    one = replace(story(0), tags=("Rain", " rain ", ""), section="City")
    assert tags(make_case([one], []), [0]) == [("rain",)]
    assert sections(make_case([one, story(1)], []), [0, 1]) == [("city",), ()]


def test_a_year_is_that_of_the_publisher() -> None:
    eve = datetime(2023, 12, 31, 20, tzinfo=timezone(timedelta(hours=-5)))
    assert eve.astimezone(UTC).year == 2024
    assert years(make_case([replace(story(0), published=eve)], []), [0]) == [("2023",)]
