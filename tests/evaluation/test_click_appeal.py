"""Stories have appeal where readers click them more than their places explain, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from recommender.catalog.clicks import BY_DAY, Counts
from recommender.evaluation.click_appeal import LEAST_CLICKS, STRENGTHS, tried

LOOKS = (1.0, 0.6, 0.4)
PAGES, STORIES, DAYS = 40, 30, 28

Rate = Callable[[int, int], float]  # of a page, a story


def counted(rate: Rate, seed: int, *, moves: bool = True, shown: int = 60) -> Counts:
    """Return what readers click on pages whose three stories are drawn, and stand in other orders by day."""
    draw = np.random.default_rng(seed)
    blocks = [draw.choice(np.arange(100, 100 + STORIES), 3, replace=False) for _ in range(PAGES)]
    rows = []
    for day in range(DAYS):
        for page, block in enumerate(blocks):
            for place, story in enumerate(draw.permutation(block) if moves else block):
                clicked = draw.binomial(shown, min(rate(page, int(story)) * LOOKS[place], 1))
                rows.append((f"2026-03-{day + 1:02}", page, int(story), place + 1, shown, clicked))
    return np.array(rows, BY_DAY)


def loved(_: int, story: int) -> float:
    return 0.06 if story % 3 == 0 else 0.02


def alike(page: int, story: int) -> float:
    return 0.03


def by_page(page: int, story: int) -> float:
    return 0.08 if page % 3 == 0 else 0.01


def test_stories_that_are_clicked_more_win_and_the_others_go_back() -> None:
    found = tried(counted(loved, 1))
    assert found.won
    assert found.strength in STRENGTHS
    assert found.gain > 0
    appeal = [found.appeal.get(story, 0.0) for story in range(100, 100 + STORIES)]
    assert min(appeal[2::3]) > 0 >= max(appeal[0::3] + appeal[1::3])  # 102 is the first that is loved


@pytest.mark.parametrize("rate", [alike, by_page])
def test_chance_and_places_and_pages_lend_no_story_appeal(rate: Rate) -> None:
    found = [tried(counted(rate, seed)) for seed in range(10)]
    assert not any(each.won or each.appeal for each in found)


def test_a_story_of_few_clicks_has_next_to_none() -> None:
    rows = counted(loved, 2)
    strange = rows[:3].copy()
    strange["source"], strange["target"] = 99, (900, 901, 902)
    strange["shown"], strange["clicked"] = 2, (1, 0, 0)
    appeal = tried(np.concatenate([rows, strange])).appeal
    assert abs(appeal.get(900, 0)) < max(appeal.values()) / 2


def test_what_is_loved_by_day_and_forgotten_the_next_does_not_win() -> None:
    rows = counted(loved, 3)
    days = np.unique(rows["day"], return_inverse=True)[1]
    rows["target"] = 100 + (rows["target"] - 100 + 7 * days) % STORIES  # other stories each day
    assert not tried(rows).won


def test_places_are_not_known_from_appeal_where_nothing_moves() -> None:
    found = tried(counted(loved, 4, moves=False))
    assert "two places" in found.problem
    assert not found.won


def test_few_clicks_are_not_looked_at() -> None:
    rows = counted(loved, 5)[:30]
    found = tried(rows)
    assert 0 < found.clicks < LEAST_CLICKS
    assert str(LEAST_CLICKS) in found.problem
    assert tried(rows[:0]).clicks == 0
