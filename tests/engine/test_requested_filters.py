"""Filters: exact, never starved, the same by every door."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recommender import Recommender, Settings, Story, StoryError
from recommender.cli.app import run
from recommender.engine.requested_filters import AnswerFilter, FilterFields, moment
from recommender.engine.steering import Steering, SteeringAct, SteeringRule
from recommender.errors import ExtraMissingError, QuestionError
from recommender.features.feature_store import Store
from tests.fakes import HashEmbedder
from tests.newsroom.world import SUBJECTS, Clock, a_story, at, ids

SECTIONS, TAGS, KINDS = ("Sport", "World", None), ("ferry", "Delta ", "court"), ("news", "opinion")
STORIES = [
    a_story(
        f"n{n}",
        SUBJECTS[n % 3],
        hours=-200 + n * 2,
        section=SECTIONS[n % 3 if n % 7 else 2],
        tags=TAGS[: n % 4],
        kind=KINDS[n % 5 == 0],
        language=("en", "en-GB", "fr")[n % 3 == 1],
    )
    for n in range(60)
]
FEW = Settings(candidates=6, recent=4, least_score=0, slots=4)


@pytest.fixture(scope="module")
def recommender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recommender]:
    path = tmp_path_factory.mktemp("only") / "archive"
    with Recommender.create(path, FEW, HashEmbedder(32), Clock()) as made:
        made.add(STORIES)
        yield made


def any_of(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2)


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "section": any_of(("sport", " WORLD", "nowhere")),
        "tag": any_of(("FERRY", "delta", "court")),
        "kind": any_of(("News", "opinion")),
        "language": any_of(("eng", "fr_FR")),
        "since": st.sampled_from(["2024-04-24", at(-150), at(-100).date()]),
        "until": st.sampled_from(["2024-04-28", at(-60), "2024-04-29T08:00:00Z"]),
        "without": any_of(("n3", "n4", "n59")),
    },
)


@given(FILTERS, st.sampled_from(["n0", "n31", "n59"]))
@hypothesis_settings(max_examples=60)
def test_an_answer_is_exact_and_as_full_as_there_are_stories(
    recommender: Recommender, filters: FilterFields, id: str
) -> None:
    only = AnswerFilter.of(filters)
    passing = {story.id for story in STORIES if only.allows(story)}
    assert {one.id for one in recommender.list(limit=None, **filters)} == passing
    assert recommender.count(**filters) == len(passing)
    french = {story.id for story in STORIES if story.language == "fr"}
    met = passing & (french if id in french else {story.id for story in STORIES} - french) - {id}
    block = recommender.related(id, **filters)
    assert set(ids(block)) <= met
    assert len(block) == min(FEW.slots, len(met))
    near = recommender.similar("flood rain", 4, **filters)
    assert set(ids(near)) <= passing
    assert len(near) == min(4, len(passing))


def test_an_answer_by_tag_looks_through_no_storys_tags(
    recommender: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []
    codes = Store.codes

    def counted(self: Store, channel: str, nums: NDArray[np.int64]) -> object:
        looked_at.extend(nums.tolist() if channel == "tags" else ())
        return codes(self, channel, nums)

    monkeypatch.setattr(Store, "codes", counted)
    limit = SteeringRule(num=1, act=SteeringAct.LIMIT_AGE, which=AnswerFilter.of({"tag": "delta"}), days=9)
    assert Steering((limit,)).condition(recommender.archive.catch_up().store, 0, {}) is not None
    assert recommender.count(tag="delta") == len([story for story in STORIES if "Delta " in story.tags])
    assert len(recommender.related("n31", tag="ferry"))
    assert looked_at == []


def test_a_filter_says_in_words_what_it_means() -> None:
    story = replace(STORIES[0], published=datetime(2024, 5, 1, 21, 30, tzinfo=UTC))
    dhaka = ZoneInfo("Asia/Dhaka")  # where it is the second of May already

    def held(zone: ZoneInfo | None = None, **filters: object) -> bool:
        return AnswerFilter.of(filters, zone).allows(story)  # type: ignore[arg-type]

    assert held(since="2024-05-01", until="2024-05-01")
    assert held(since=date(2024, 5, 1), until=date(2024, 5, 1))
    assert not held(dhaka, until="2024-05-01")
    assert held(dhaka, since="2024-05-02")
    assert held(until="2024-05-01T21:30:00Z")
    assert not held(until="2024-05-01T21:29:59Z")


@given(st.dates(), st.sampled_from(["Etc/GMT+12", "America/New_York", "UTC", "Etc/GMT-14"]))
@hypothesis_settings(max_examples=50)
@example(date.max, "America/New_York")
@example(date.min, "Asia/Dhaka")
def test_any_day_of_the_calendar_is_a_span_or_refused_by_name(day: date, zone: str) -> None:
    try:
        first, last = (moment("at", day, ZoneInfo(zone), last=end) for end in (False, True))
    except QuestionError as refused:
        assert str(refused).startswith("at is ")  # noqa: PT017
    else:
        assert first is not None
        assert last is not None
        assert last > first


@pytest.mark.parametrize(
    ("filters", "problem"),
    [
        ({"colour": "red"}, "there is no filter 'colour'; filters are section, tag,"),
        ({"section": 5}, "section is 5; give a text, or several"),
        ({"tag": ["a", ""]}, r"tag is \['a', ''\]; give a text"),
        ({"language": "x-klingon"}, "language 'x-klingon' is none; give a BCP 47 tag such as en"),
        ({"since": "yesterday"}, "since is 'yesterday'; give a day, as 2024-05-01, or a time"),
        ({"least_score": 7}, "least_score is 7; give a probability, 0 to 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_filter(recommender: Recommender, filters: FilterFields, problem: str) -> None:
    with pytest.raises(QuestionError, match=problem):
        recommender.related("n0", **filters)


def test_a_least_score_of_a_call(recommender: Recommender) -> None:
    whole = recommender.related("n31")
    least = sorted(slot.score for slot in whole)[2]
    kept = recommender.related("n31", least_score=least)
    assert {slot.story.id for slot in whole if slot.score >= least} <= set(ids(kept))
    assert all(slot.score >= least for slot in kept)
    assert len(recommender.related("n31", least_score=1)) == 0


def test_editors_stay_stronger_within_what_is_asked_for(recommender: Recommender) -> None:
    newsroom = recommender.newsroom
    pinned = next(one for one in STORIES if one.section == "World" and one.language != "fr" and one.tags)
    event = newsroom.pin("n30", pinned.id, 1, "ed").event
    assert ids(recommender.related("n30", section="World"))[0] == pinned.id
    assert pinned.id not in recommender.related("n30", section="Sport")
    newsroom.undo(event, "ed")


def test_the_command_line_asks_the_same(
    recommender: Recommender, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("SLOTS", "4"), ("LEAST_SCORE", "0"), ("CANDIDATES", "6"), ("RECENT", "4")):
        monkeypatch.setenv(f"RELATED_{name}", value)
    words = ["show", "n30", "--tag", "court", "--tag", "delta", "--without", "n33", "--until", "2024-04-28"]
    assert run([*words, "--json", "--archive", str(recommender.archive.path)]) == 0
    found = [slot["story"]["id"] for slot in json.loads(capsys.readouterr().out)["slots"]]
    assert found == ids(recommender.related("n30", tag=["court", "delta"], without="n33", until="2024-04-28"))
    assert found


# Other ways to ask


def test_many_at_once_and_stories_that_are_not_held(recommender: Recommender) -> None:
    one, other = recommender.related_many(["n30", "n31"], 2, kind="news")
    assert ids(one) == ids(recommender.related("n30", 2, kind="news"))
    assert ids(other) == ids(recommender.related("n31", 2, kind="news"))
    draft = replace(STORIES[30], id="draft", url=None, published=at(-1))
    block = recommender.related(draft, 3)
    assert (block.id, len(block)) == ("draft", 3)
    assert ids(recommender.related(draft.to_json(), 3)) == ids(block)
    assert "draft" not in recommender


def test_a_block_is_a_sequence_of_slots_and_a_table(recommender: Recommender) -> None:
    block = recommender.related("n30")
    first, *_ = block
    assert len(block) == len(block.slots) == 4
    assert first.story in block
    assert first.story.id in block
    assert "n30" not in block
    columns = block.to_columns()
    assert columns["id"] == ids(block)
    assert {len(column) for column in columns.values()} == {4}
    assert "<style" in block._repr_html_()


def test_a_frame_needs_pandas_and_says_so(recommender: Recommender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(ExtraMissingError, match="pip install pandas"):
        recommender.related("n30").to_frame()


def test_stories_come_as_fields_too(tmp_path: Path) -> None:
    with Recommender.create(tmp_path / "archive", FEW, HashEmbedder(32), Clock()) as made:
        fields = {"id": "a", "headline": "Ferry sinks", "published": "2024-04-01T10:00:00Z"}
        assert made.add(fields).added == 1
        assert made.add(a_story("b")).added == 1
        assert made.add([fields | {"id": "c", "published": at(-3)}, a_story("d")]).added == 2
        assert made.publish(fields | {"id": "e"}).id == "e"
        with pytest.raises(StoryError, match="published"):
            made.add(fields | {"id": "f", "published": "soon"})
        held: Story | None = made.get("c")
        assert held is not None
        assert held.published == at(-3)
