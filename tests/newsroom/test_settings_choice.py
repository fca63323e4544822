"""What editors choose over the file holds in every process until it is put back, and is never lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Settings
from recommender.archive.live_settings import CHOOSABLE
from recommender.catalog.chosen_settings import ChosenSettings
from recommender.errors import EditError, NotFoundError
from recommender.newsroom import Newsroom
from recommender.newsroom.editor_names import LONGEST_NAME
from recommender.newsroom.settings_choice import LONGEST_NOTE, MOST_SLOTS
from tests.newsroom.world import WIDE, Clock, another, drain, fill, ids, make

VALUES = {
    "slots": st.integers(1, MOST_SLOTS),
    "least_score": st.floats(0, 1),
    "recency": st.floats(-3, 3),
    "diversity": st.floats(0, 1),
    "event_likeness": st.floats(0, 1),
    "event_days": st.integers(0, 1000),
}


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    with make(tmp_path / "archive", Clock()) as newsroom:
        yield newsroom


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with make(tmp_path_factory.mktemp("choices") / "archive", Clock()) as newsroom:
        yield newsroom


def held(newsroom: Newsroom) -> dict[str, object]:
    return {name: getattr(newsroom.settings, name) for name in CHOOSABLE}


@given(st.fixed_dictionaries({}, optional=VALUES))
def test_what_is_chosen_holds_and_what_is_put_back_is_as_before(
    empty: Newsroom, values: dict[str, float]
) -> None:
    before, count = held(empty), len(empty.settings_desk.choices())
    made = empty.settings_desk.choose(values, "sports-desk", "why")
    assert held(empty) == before | values
    if made.num > count:
        empty.settings_desk.put_back(made.num, "night-desk")
        assert held(empty) == before
    assert empty.settings == WIDE


def test_blocks_are_made_anew_behind_and_the_number_of_slots_counts_at_once(newsroom: Newsroom) -> None:
    stories = fill(newsroom, 9)
    last = stories[-1].id
    before = ids(newsroom.block(last))
    assert newsroom.exposure().stale == 0
    newsroom.settings_desk.choose({"slots": 1, "diversity": 0.9}, "sports-desk")
    assert ids(newsroom.block(last)) == before[:1]
    assert newsroom.exposure().stale == 9
    drain(newsroom)
    assert newsroom.exposure().stale == 0
    newsroom.settings_desk.put_back(1, "sports-desk")
    drain(newsroom)
    assert ids(newsroom.block(last)) == before


def test_every_process_goes_by_it_and_who_opens_the_archive_later(newsroom: Newsroom) -> None:
    last = fill(newsroom, 9)[-1].id
    with another(newsroom) as other:
        assert len(ids(other.block(last))) == 4
        newsroom.settings_desk.choose({"slots": 1}, "sports-desk", "a narrow page")
        assert len(ids(other.block(last))) == 1
    with another(newsroom) as later:
        assert later.settings.slots == 1
        assert later.settings.candidates == WIDE.candidates


def test_the_environment_counts_before_it(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom.settings_desk.choose({"slots": 2, "recency": 0.5}, "sports-desk")
    monkeypatch.setenv("RELATED_SLOTS", "3")
    with another(newsroom, Settings(slots=3)) as other:
        assert (other.settings.slots, other.settings.recency) == (3, 0.5)
        assert other.archive.live_settings.by_environment == {"slots": "RELATED_SLOTS"}


def test_what_others_chose_stays_whatever_the_file_and_the_environment_of_a_process_say(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.settings_desk.choose({"slots": 3, "diversity": WIDE.diversity}, "chief-desk")
    monkeypatch.setenv("RELATED_SLOTS", "3")
    with another(newsroom, Settings(slots=3)) as other:
        made = other.settings_desk.choose({"recency": 0.5}, "sports-desk")
        assert made.values == {"slots": 3, "diversity": WIDE.diversity, "recency": 0.5}
        begun = other.comparison_desk.start({"recency": WIDE.recency}, "sports-desk")
        assert begun.values == {"diversity": WIDE.diversity, "recency": WIDE.recency}
        other.comparison_desk.stop("sports-desk")
    newsroom.archive.catch_up()
    assert (newsroom.settings.slots, newsroom.settings.recency) == (3, 0.5)
    made = newsroom.settings_desk.choose({"slots": None, "recency": None}, "chief-desk")
    assert made.values == {"diversity": WIDE.diversity}
    assert held(newsroom) == {name: getattr(WIDE, name) for name in CHOOSABLE}


def test_what_another_version_chose_stays_and_what_this_one_cannot_take_is_named(newsroom: Newsroom) -> None:
    row = {"values": {"novelty": 1, "recency": 99}, "by": "night-desk", "note": "", "at": 1}
    ChosenSettings(newsroom.archive.catalog).add(row, 0)
    desk = newsroom.settings_desk
    for refused in (desk.choose, newsroom.comparison_desk.start):
        with pytest.raises(EditError, match="recency is 99"):
            refused({"diversity": 0.9}, "sports-desk")
    made = desk.choose({"diversity": 0.9, "recency": None}, "sports-desk")
    assert made.values == {"novelty": 1, "diversity": 0.9}
    assert newsroom.settings.diversity == 0.9


def test_who_chose_what_when_and_why_is_kept(newsroom: Newsroom) -> None:
    choices = newsroom.settings_desk
    choices.choose({"slots": 2}, "sports-desk", " a narrow page ")
    choices.choose({"recency": 1}, "night-desk")
    choices.put_back(1, "chief-desk")
    told = [choice.to_dict() for choice in choices.choices()]
    assert [(each["num"], each["by"], each["values"]) for each in told] == [
        (1, "sports-desk", {"slots": 2}),
        (2, "night-desk", {"slots": 2, "recency": 1.0}),
        (3, "chief-desk", {}),
    ]
    assert (told[0]["note"], told[2]["puts_back"]) == ("a narrow page", 1)
    assert choices.put_back(3, "chief-desk").values == {"slots": 2, "recency": 1.0}


def test_to_choose_what_holds_does_nothing(newsroom: Newsroom) -> None:
    first = newsroom.settings_desk.choose({"slots": 2}, "sports-desk")
    assert newsroom.settings_desk.choose({"slots": "2"}, "night-desk") == first
    assert newsroom.settings_desk.put_back(1, "night-desk").num == 2
    assert newsroom.settings_desk.put_back(1, "night-desk").num == 2


def test_of_two_who_look_at_the_same_the_second_is_told(newsroom: Newsroom) -> None:
    newsroom.settings_desk.choose({"slots": 2}, "sports-desk", after=0)
    with pytest.raises(EditError, match="sports-desk chose settings meanwhile"):
        newsroom.settings_desk.choose({"slots": 3}, "night-desk", after=0)
    assert newsroom.settings.slots == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"slots": 0}, "slots is 0"),
        ({"slots": 51}, "50 at most"),
        ({"slots": 2.5}, "whole number"),
        ({"slots": True}, "whole number"),
        ({"recency": "nan"}, "recency is nan"),
        ({"recency": float("inf")}, "recency is inf"),
        ({"event_days": float("inf")}, "whole number"),
        ({"diversity": -0.1}, "0 to 1"),
        ({"least_score": [1]}, "give a number"),
        ({"candidates": 5}, "none of the settings to choose"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(
    empty: Newsroom, values: dict[str, object], words: str
) -> None:
    count = len(empty.settings_desk.choices())
    with pytest.raises(EditError, match=words):
        empty.settings_desk.choose(values, "sports-desk")
    assert len(empty.settings_desk.choices()) == count


def test_nobody_and_an_endless_note_are_refused(empty: Newsroom) -> None:
    with pytest.raises(EditError, match="nobody is named"):
        empty.settings_desk.choose({"slots": 7}, " ")
    for name in ("x" * (LONGEST_NAME + 1), "sports\n", "sports\u202e"):
        with pytest.raises(EditError, match="the editor's name"):
            empty.settings_desk.choose({"slots": 7}, name)
        with pytest.raises(EditError, match="the editor's name"):
            empty.comparison_desk.start({"recency": 1}, name)
        with pytest.raises(EditError, match="the editor's name"):
            empty.comparison_desk.stop(name)
    with pytest.raises(EditError, match="the note has"):
        empty.settings_desk.choose({"slots": 7}, "sports-desk", "x" * (LONGEST_NOTE + 1))
    with pytest.raises(NotFoundError, match="no choice 99999"):
        empty.settings_desk.put_back(99999, "sports-desk")


def test_a_tried_block_leaves_no_trace(newsroom: Newsroom) -> None:
    stories = fill(newsroom, 9)
    last, version = stories[-1].id, newsroom.archive.catalog.version()
    before = newsroom.block(last)
    tried = newsroom.what_if.block(last, newsroom.settings_desk.read({"slots": 1}))
    assert ids(tried) == ids(before)[:1]
    assert newsroom.archive.catalog.version() == version
    assert newsroom.block(last) is before
    assert newsroom.exposure().stale == 0


def test_a_tried_block_is_the_one_that_is_made_once_it_is_chosen(newsroom: Newsroom) -> None:
    stories = fill(newsroom, 12)
    values = {"recency": 2, "diversity": 0.5, "slots": 3}
    settings = newsroom.settings_desk.read(values)
    tried = {story.id: ids(newsroom.what_if.block(story.id, settings)) for story in stories}
    newsroom.settings_desk.choose(values, "sports-desk")
    drain(newsroom)
    assert {story.id: ids(newsroom.block(story.id)) for story in stories} == tried
