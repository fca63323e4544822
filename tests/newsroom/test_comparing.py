"""Two settings are compared by readers' clicks: drafted slot by slot, told at any time, then ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Settings
from recommender.catalog.block_records import SlotRow
from recommender.catalog.comparisons import NOW, TRIED, TeamClicks
from recommender.errors import EditError, NotFoundError
from recommender.newsroom import Newsroom
from recommender.newsroom.team_draft import DAYS, Comparison, drafted
from tests.newsroom.world import SLOTS, Clock, a_story, another, blocks_of, drain, fill, ids, make

VALUES = {"recency": -3, "diversity": 0.9}
BLOCKS = st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=8).map(
    lambda ids: [SlotRow(id) for id in ids]
)


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    with make(tmp_path / "archive", Clock()) as newsroom:
        yield newsroom


@given(BLOCKS, BLOCKS, st.lists(st.booleans(), min_size=20, max_size=20))
def test_each_team_drafts_its_best_and_turned_coins_turn_the_teams(
    held: list[SlotRow], tried: list[SlotRow], coins: list[bool]
) -> None:
    found, teams = drafted(held, tried, coins.__getitem__)
    order = [row.target for row in found]
    assert sorted(order) == sorted({row.target for row in (*held, *tried)})
    for team, rows in ((NOW, held), (TRIED, tried)):
        own = [id for id in order if teams.get(id) == team]
        assert own == [row.target for row in rows if row.target in own], "in the order of its own block"
    for place in range(0, len(teams) - 1, 2):
        assert {teams[order[place]], teams[order[place + 1]]} == {NOW, TRIED}, "one each in a round"
    other = {NOW: TRIED, TRIED: NOW}
    turned, turned_teams = drafted(tried, held, lambda round: not coins[round])
    assert turned == found
    assert turned_teams == {id: other[team] for id, team in teams.items()}


def test_coins_are_the_same_in_every_process_and_thrown_anew_each_day() -> None:
    comparison, now = Comparison(1, Settings(), UTC), int(datetime(2024, 5, 1, 12, tzinfo=UTC).timestamp())
    assert comparison.ends(now) == int(datetime(2024, 5, 2, tzinfo=UTC).timestamp())

    def coins(id: str, day: int) -> list[bool]:
        return [comparison.coins(id, now + day * 86_400)(round) for round in range(64)]

    assert coins("a", 0) == coins("a", 0)
    assert coins("a", 0) != coins("a", 1)
    assert coins("a", 0) != coins("b", 0)
    first = [coins(f"s{n}", 0)[0] for n in range(400)]
    assert 150 < sum(first) < 250


def test_blocks_are_drafted_by_two_until_it_is_ended(newsroom: Newsroom) -> None:
    stories = fill(newsroom, 12)
    old = a_story("old", hours=-24 * (DAYS + 2))
    newsroom.publish(old)
    drain(newsroom)
    before = blocks_of(newsroom, [*stories, old])
    begun = newsroom.comparison_desk.start(VALUES, "sports-desk", "older stories")
    drain(newsroom)
    blocks = {story.id: newsroom.block(story.id) for story in stories}
    assert {block.comparison for block in blocks.values()} == {begun.num}
    for block in blocks.values():
        assert len(block.slots) <= SLOTS
        teams = [slot.team for slot in block.slots]
        assert abs(teams.count(NOW) - teams.count(TRIED)) <= 1
    assert newsroom.block("old").comparison == 0
    assert newsroom.backlog().stale == 0
    newsroom.comparison_desk.stop("night-desk")
    drain(newsroom)
    assert blocks_of(newsroom, [*stories, old]) == before
    assert newsroom.block(stories[-1].id).comparison == 0


def test_it_is_drafted_anew_the_next_day_and_the_same_elsewhere(newsroom: Newsroom) -> None:
    last = fill(newsroom, 12)[-1].id
    newsroom.comparison_desk.start(VALUES, "sports-desk")
    with another(newsroom) as other:
        drafts = set()
        for _ in range(8):
            drain(newsroom)
            slots = newsroom.block(last).slots
            assert [(slot.story.id, slot.team) for slot in other.block(last).slots] == [
                (slot.story.id, slot.team) for slot in slots
            ]
            drafts.add(tuple(slot.team for slot in slots))
            newsroom.engine.clock.now += timedelta(days=1).total_seconds()  # type: ignore[attr-defined]
        assert len(drafts) > 1


def test_a_pin_is_of_no_team_and_what_may_not_be_shown_is_in_no_block(newsroom: Newsroom) -> None:
    stories = fill(newsroom, 12)
    last = stories[-1].id
    newsroom.comparison_desk.start(VALUES, "sports-desk")
    drain(newsroom)
    second, third = ids(newsroom.block(last))[1:3]
    newsroom.pin(last, second, 1, "sports-desk")
    newsroom.withdraw(third)
    slots = newsroom.block(last).slots
    assert (slots[0].story.id, slots[0].pinned, slots[0].team) == (second, True, "")
    assert third not in [slot.story.id for slot in slots]


def test_clicks_are_told_by_block_and_day(newsroom: Newsroom) -> None:
    fill(newsroom, 6)
    newsroom.comparison_desk.start(VALUES, "sports-desk")
    comparisons = newsroom.comparison_desk._comparisons
    rows = [
        TeamClicks(1, "2024-05-01", "s", team, 9, clicked)._replace(source=source)
        for source, now, tried in (("flood0", 1, 3), ("vote1", 2, 2), ("goal2", 5, 0))
        for team, clicked in ((NOW, now), (TRIED, tried))
    ]
    comparisons.add(rows, 0)
    comparisons.add([rows[0]._replace(day="2024-05-02"), rows[0]._replace(comparison=7)], 0)
    comparisons.add([rows[0]._replace(source="nobody")], 0)
    comparisons.add([rows[0]._replace(day="2024-05-03")], 2**40)
    found = newsroom.comparison_desk.entries()[-1]
    assert (found.wins, found.losses, found.ties) == (1, 2, 1)
    assert (found.clicks, found.clicks_now) == (5, 9)


def test_one_runs_at_a_time_and_settings_stay_meanwhile(newsroom: Newsroom) -> None:
    desk = newsroom.comparison_desk
    for values, words in (({}, "nothing would differ"), ({"slots": 9}, "nothing would differ")):
        with pytest.raises(EditError, match=words):
            desk.start(values, "sports-desk")
    with pytest.raises(NotFoundError, match="no comparison runs"):
        desk.stop("sports-desk")
    desk.start(VALUES, "sports-desk")
    with pytest.raises(EditError, match="runs already"):
        desk.start({"recency": 1}, "night-desk")
    with pytest.raises(EditError, match="end that first"):
        newsroom.settings_desk.choose({"recency": 1}, "night-desk")
    assert desk.stop("night-desk").ended_by == "night-desk"
    assert desk.start({"recency": 1}, "night-desk").num == 2


def test_a_process_that_has_not_looked_is_refused_all_the_same(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    with another(newsroom) as other:
        newsroom.comparison_desk.start(VALUES, "sports-desk")
        assert other.archive.live_settings.compared is None
        with pytest.raises(EditError, match="end that first"):
            other.settings_desk.choose({"recency": 1}, "night-desk")
        newsroom.comparison_desk.stop("sports-desk")
        over_held = other.settings_desk.over_held

        def slow(values: Mapping[str, object]) -> tuple[int, dict[str, float]]:
            found = over_held(values)
            newsroom.settings_desk.choose({"recency": 2}, "sports-desk")
            return found

        monkeypatch.setattr(other.settings_desk, "over_held", slow)
        with pytest.raises(EditError, match="chosen meanwhile"):
            other.comparison_desk.start({"recency": 1}, "night-desk")


def test_to_end_one_that_has_ended_leaves_the_next_alone(newsroom: Newsroom) -> None:
    desk = newsroom.comparison_desk
    first = desk.start(VALUES, "night-desk")
    desk.stop("night-desk", first.num)
    second = desk.start(VALUES, "sports-desk")
    assert not desk._comparisons.stop("night-desk", 0, 0, first.num)  # it has ended since it was looked at
    assert desk.stop("night-desk", first.num).num == first.num
    latest = desk.latest()
    assert latest is not None
    assert (latest.num, latest.ended_by) == (second.num, None)
