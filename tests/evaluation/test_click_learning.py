"""Stories that are clicked more come forward where clicks may count, and only there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from recommender import Story
from recommender.archive.click_appeals import ClickAppeals, in_words, told
from recommender.archive.status import status_of
from recommender.catalog.clicks import ClickRow, ClicksTable
from recommender.evaluation.click_learning import DAYS, ClickLearner
from recommender.newsroom import Newsroom
from recommender.newsroom.clicks import take
from tests.newsroom.world import WIDE, Clock, another, blocks_of, drain, filled, ids, in_turn

ON = replace(WIDE, learn_clicks=True)
TODAY = date(2024, 5, 1)
LOOKS = (1.0, 0.6, 0.4)
LOVED = {"flood0", "vote1", "goal2"}


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    filled(tmp_path / "archive", Clock()).close()
    with Newsroom.open(tmp_path / "archive", ON, clock=Clock()) as newsroom:
        yield newsroom


def stories() -> list[Story]:
    return in_turn(12)


def click(newsroom: Newsroom, loved: frozenset[str] | set[str] = frozenset(), last: int = 1) -> None:
    """Let a file say what readers clicked in the 28 days up to one: pages of three slots, in any order."""
    draw, rows = np.random.default_rng(1), []
    for page, block in blocks_of(newsroom, stories()).items():
        for days in range(last, last + DAYS):
            for place, target in enumerate(draw.permutation(block[:3]).tolist()):
                clicked = int(draw.binomial(100, (0.09 if target in loved else 0.03) * LOOKS[place]))
                day = (TODAY - timedelta(days)).isoformat()
                rows.append(ClickRow(day, page, target, place + 1, 100, clicked))
    take(newsroom, rows)


def places(newsroom: Newsroom) -> dict[tuple[str, str], int]:
    """Return where those that are loved stand, by page and id."""
    blocks = blocks_of(newsroom, stories())
    return {(page, id): block.index(id) for page, block in blocks.items() for id in LOVED & {*block}}


def test_what_is_loved_comes_forward_in_all_blocks_and_an_undo_puts_it_back(newsroom: Newsroom) -> None:
    drain(newsroom)
    before, stood = blocks_of(newsroom, stories()), places(newsroom)
    click(newsroom, LOVED)
    learner = ClickLearner(newsroom.engine)
    journal = learner.look()
    assert journal.current == 1
    assert newsroom.exposure().stale == 12
    drain(newsroom)
    stands = places(newsroom)
    assert all(stands[slot] <= place for slot, place in stood.items())
    assert any(stands[slot] < place for slot, place in stood.items())
    with another(newsroom, ON) as elsewhere:
        assert blocks_of(elsewhere, stories()) == blocks_of(newsroom, stories())
        assert elsewhere.exposure().stale == 0
    learner.undo("by hand")
    drain(newsroom)
    assert blocks_of(newsroom, stories()) == before
    assert learner.look().current == 0  # for four weeks


def test_how_related_a_story_is_stays_as_it_is(newsroom: Newsroom) -> None:
    def scores() -> dict[str, float]:
        slots = newsroom.engine.related("flood9", 12).slots
        return {slot.story.id: slot.score for slot in slots}

    before = scores()
    click(newsroom, LOVED)
    assert ClickLearner(newsroom.engine).look().current == 1
    assert scores() == before
    assert list(scores()) != list(before)


def test_clicks_that_are_chance_and_places_move_nothing(newsroom: Newsroom) -> None:
    click(newsroom)
    journal = ClickLearner(newsroom.engine).look()
    assert journal.current == 0
    assert journal.attempt is not None
    assert not journal.attempt.won
    assert newsroom.engine.appeal is None


def test_it_looks_again_in_a_week_and_gives_up_what_does_not_win_again(newsroom: Newsroom) -> None:
    click(newsroom, LOVED)
    learner = ClickLearner(newsroom.engine)
    first = learner.look()
    assert learner.look() == first
    clock = newsroom.engine.clock
    assert isinstance(clock, Clock)
    clock.now += 7 * 86_400
    assert learner.look().current == 2
    clock.now += (DAYS + 1) * 86_400
    assert learner.look().current == 0  # nobody has clicked since
    assert "0 clicks" in learner.look().left


def test_what_was_clicked_today_or_long_ago_does_not_count(newsroom: Newsroom) -> None:
    click(newsroom, LOVED, last=DAYS + 1)
    take(newsroom, [ClickRow(TODAY.isoformat(), "flood0", "flood3", 1, 1000, 1000)])
    attempt = ClickLearner(newsroom.engine).look().attempt
    assert attempt is not None
    assert attempt.clicks == 0


def test_where_clicks_may_not_count_nothing_is_read_and_no_block_is_another(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    click(newsroom, LOVED)
    assert ClickLearner(newsroom.engine).look().current == 1
    monkeypatch.setattr(ClickAppeals, "journal", lambda _: pytest.fail("it is read"))
    monkeypatch.setattr(ClicksTable, "by_day", lambda *_: pytest.fail("they are read"))
    with another(newsroom) as off:
        assert off.engine.appeal is None
        assert off.exposure().stale == 0  # as they were made
        assert ids(off.block("flood0"))
        assert "clicks" not in status_of(off.archive, off.engine.model).learned


def test_the_status_tells_of_it(newsroom: Newsroom) -> None:
    learner = ClickLearner(newsroom.engine)
    click(newsroom, LOVED)
    journal = learner.look()
    status = status_of(newsroom.archive, newsroom.engine.model)
    assert status.learned["clicks"] == told(journal)
    assert in_words(told(journal)) in dict(status.to_rows())["learned"]
