"""Editors rate slots: what counts, what is refused, what deletion and undo do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recommender.catalog.ratings import RatingsTable
from recommender.errors import EditError, NotFoundError
from recommender.newsroom import Newsroom
from recommender.newsroom.editor_names import LONGEST_NAME
from recommender.newsroom.rating_sheet import NEW, SHEET, WEAK, EntryState, Stratum
from recommender.newsroom.ratings import Rating
from recommender.story.story import Story
from tests.fakes import HashEmbedder
from tests.service.cases import story

DAY = 86_400
NOON = 1_740_000_000.0
IDS = [f"{topic}-{day}" for topic in ("ferry", "budget", "cricket") for day in range(1, 13)]


class Clock:
    now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def newsroom(tmp_path: Path, clock: Clock) -> Iterator[Newsroom]:
    with Newsroom.create(tmp_path / "archive", embedder=HashEmbedder(), clock=clock) as newsroom:
        stories = [
            story(f"{topic}-{day}", topic, day, url=f"https://news.example/{topic}-{day}")
            for topic in ("ferry", "budget", "cricket")
            for day in range(1, 13)
        ]
        newsroom.archive.add([Story.from_json(each) for each in stories])
        yield newsroom


def said(newsroom: Newsroom) -> list[tuple[str, str, int, str]]:
    return [(each.source, each.target, int(each.grade), each.by) for each in newsroom.ratings()]


def test_the_newest_of_each_editor_on_each_slot_counts(newsroom: Newsroom, clock: Clock) -> None:
    newsroom.rate("ferry-3", {"ferry-1": 2, "https://news.example/budget-1": 0}, "sports-desk")
    newsroom.rate("ferry-3", {"ferry-1": 1}, "night-desk")
    clock.now += 60
    (num,) = newsroom.rate("ferry-3", {"ferry-1": 0}, "sports-desk")
    newsroom.rate("ferry-3", {"ferry-1": None}, "night-desk")
    now = [
        ("ferry-3", "budget-1", 0, "sports-desk"),
        ("ferry-3", "ferry-1", 1, "night-desk"),
        ("ferry-3", "ferry-1", 0, "sports-desk"),
    ]
    assert said(newsroom) == now, "who passes over a slot leaves what they said of it"
    (newest,) = [each for each in newsroom.ratings() if each.at.timestamp() == clock.now]
    assert newest.ranker == newsroom.engine.ranker.model.version
    assert newest.recipe
    assert newsroom.unrate([num], "night-desk") == [], "nobody takes back what another said"
    assert newsroom.unrate([num], "sports-desk") == ["ferry-3"]
    assert ("ferry-3", "ferry-1", 2, "sports-desk") in said(newsroom)
    newsroom.delete("ferry-1")
    assert said(newsroom) == now[:1]


@pytest.mark.parametrize(
    ("target", "grade", "by", "error"),
    [
        ("ferry-1", 3, "a", EditError),
        ("ferry-1", -1, "a", EditError),
        ("ferry-1", True, "a", EditError),
        ("ferry-3", 1, "a", EditError),
        ("ferry-1", 1, " ", EditError),
        ("nowhere", 1, "a", NotFoundError),
    ],
)
def test_what_makes_no_sense_is_refused_as_a_whole(
    newsroom: Newsroom, target: str, grade: int, by: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        newsroom.rate("ferry-3", {"ferry-2": 1, target: grade}, by)
    assert newsroom.ratings() == []


def test_ratings_of_elsewhere_are_taken_over_once_and_the_newest_counts(newsroom: Newsroom) -> None:
    newsroom.rate("ferry-3", {"ferry-1": 2}, "sports-desk")

    def of(target: str, grade: int, year: int) -> Rating:
        at = datetime(year, 1, 1, tzinfo=UTC)
        return Rating(source="ferry-3", target=target, grade=grade, by="sports-desk", at=at)  # type: ignore[arg-type]

    old, new, lost = of("ferry-1", 0, 2020), of("ferry-2", 1, 2020), of("nowhere", 1, 2020)
    assert newsroom.import_ratings([old, new, lost]) == [True, True, False]
    assert newsroom.import_ratings([old, new]) == [False, False]
    assert {(target, grade) for _, target, grade, _ in said(newsroom)} == {("ferry-1", 2), ("ferry-2", 1)}
    assert newsroom.import_ratings(newsroom.ratings()) == [False, False]


def test_to_say_the_same_again_does_nothing(newsroom: Newsroom, clock: Clock) -> None:
    table = RatingsTable(newsroom.archive.catalog)
    for grade in (2, None):
        before = len(table.all())
        for _ in range(3):
            newsroom.rate("ferry-3", {"ferry-1": grade}, "sports-desk")
            clock.now += 1
        assert len(table.all()) == before + 1
    assert newsroom.rate("ferry-3", {"ferry-1": 2}, "sports-desk") == [0], "what is passed over stands"
    assert newsroom.rate("ferry-3", {"ferry-1": 2}, "night-desk") != [0]
    assert newsroom.rate("ferry-3", {"ferry-1": 0}, "sports-desk") != [0]
    assert newsroom.rate("ferry-3", {"ferry-1": 2}, "sports-desk") != [0], "who thinks better of it is heard"
    assert ("ferry-3", "ferry-1", 2, "sports-desk") in said(newsroom)


@pytest.mark.parametrize("grade", [2, None])
def test_what_was_said_before_a_sheet_is_said_once_more_on_it(
    newsroom: Newsroom, clock: Clock, grade: int | None
) -> None:
    grades = {each: {other: grade} for each in IDS for other in IDS[:2] if each != other}
    newsroom.rate_all(grades, "sports-desk")
    clock.now += 60
    first = newsroom.begin_rating("sports-desk").entries[0].id
    clock.now += 60
    assert all(newsroom.rate(first, grades[first], "sports-desk"))
    sheet = newsroom.rating_sheet("sports-desk")
    assert sheet is not None
    assert sheet.entries[0].state is not EntryState.OPEN
    assert not any(newsroom.rate(first, grades[first], "sports-desk"))


def test_a_block_without_slots_can_be_passed_over(newsroom: Newsroom, clock: Clock) -> None:
    newsroom.pass_over("ferry-1", "sports-desk")
    assert newsroom.rating_sheet("sports-desk") is None
    ids = [entry.id for entry in newsroom.begin_rating("sports-desk").entries]
    newsroom.withdraw(ids[0])
    for id in ids:
        newsroom.pass_over(id, "sports-desk")
    done = newsroom.rating_sheet("sports-desk")
    assert done is not None
    assert done.next_open() is None
    clock.now += 60
    newsroom.rate(ids[1], {ids[2]: 1}, "sports-desk")
    rated = newsroom.rating_sheet("sports-desk")
    assert rated is not None
    assert [entry.state for entry in rated.entries[:2]] == [EntryState.SKIPPED, EntryState.RATED]
    clock.now += DAY
    assert newsroom.begin_rating("sports-desk").next_open() == 0


@pytest.mark.parametrize("by", ["a\nb", "a\x00", "n" * (LONGEST_NAME + 1)])
def test_a_name_that_a_file_could_not_hold_is_refused(newsroom: Newsroom, by: str) -> None:
    with pytest.raises(EditError, match="the editor's name"):
        newsroom.rate("ferry-3", {"ferry-1": 1}, by)


def test_a_sheet_is_drawn_once_a_day_and_kept(newsroom: Newsroom, clock: Clock) -> None:
    assert newsroom.rating_sheet("sports-desk") is None
    sheet = newsroom.begin_rating("sports-desk")
    ids = [entry.id for entry in sheet.entries]
    assert len(set(ids)) == SHEET
    counts = [sum(entry.stratum is each for entry in sheet.entries) for each in Stratum]
    assert counts == [WEAK, NEW, SHEET - WEAK - NEW]
    clock.now += 3600
    newsroom.publish(Story.from_json(story("ferry-99", "ferry", 27)))
    assert newsroom.begin_rating("sports-desk", ["ferry-2"]) == sheet
    assert newsroom.rating_sheet("sports-desk") == sheet
    assert [entry.id for entry in newsroom.begin_rating("night-desk").entries] != ids
    newsroom.delete(ids[0])
    kept = newsroom.rating_sheet("sports-desk")
    assert kept is not None
    assert [entry.id for entry in kept.entries] == ids[1:]
    clock.now += DAY
    assert newsroom.rating_sheet("sports-desk") is None
    assert [entry.id for entry in newsroom.begin_rating("sports-desk").entries] != ids


def test_the_same_day_and_person_draw_the_same(newsroom: Newsroom) -> None:
    first = newsroom.begin_rating("sports-desk")
    newsroom.archive.catalog.set_setting("rating_sheets", {})
    assert newsroom.begin_rating("sports-desk") == first


def test_weak_blocks_are_those_that_a_measurement_names(newsroom: Newsroom) -> None:
    named = [f"budget-{day}" for day in range(1, 11)]
    sheet = newsroom.begin_rating("sports-desk", named)
    weak = {entry.id for entry in sheet.entries if entry.stratum is Stratum.WEAK}
    assert len(weak) == WEAK
    assert weak <= set(named)


def test_a_sheet_knows_how_far_its_editor_is(newsroom: Newsroom, clock: Clock) -> None:
    first, second, *_ = (entry.id for entry in newsroom.begin_rating("sports-desk").entries)
    slots = {id: [slot.story.id for slot in newsroom.block(id)] for id in (first, second)}
    clock.now += 60
    newsroom.rate(first, {slots[first][0]: 2}, "sports-desk")
    skipped = newsroom.rate(second, dict.fromkeys(slots[second]), "sports-desk")
    newsroom.rate(second, {slots[second][0]: 2}, "night-desk")
    sheet = newsroom.rating_sheet("sports-desk")
    assert sheet is not None
    assert [entry.state for entry in sheet.entries[:3]] == [
        EntryState.RATED, EntryState.SKIPPED, EntryState.OPEN,
    ]  # fmt: skip
    assert sheet.grades == {(first, slots[first][0]): 2}
    assert (sheet.next_open(), sheet.next_open(2), sheet.next_open(SHEET)) == (2, 3, 2)
    newsroom.unrate(skipped, "sports-desk")
    again = newsroom.rating_sheet("sports-desk")
    assert again is not None
    assert again.next_open() == 1


def test_an_archive_without_blocks_has_an_empty_sheet(tmp_path: Path) -> None:
    with Newsroom.create(tmp_path / "archive", embedder=HashEmbedder()) as newsroom:
        assert newsroom.begin_rating("sports-desk").entries == ()
