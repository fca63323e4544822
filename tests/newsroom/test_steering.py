"""What a newsroom steers holds in all blocks at once, in every process, and until its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.engine.requested_filters import AnswerFilter
from recommender.errors import EditError, NotFoundError, QuestionError
from recommender.newsroom import Newsroom
from recommender.newsroom.steering import SteeringEntry
from recommender.story.story import Image, Story
from tests.newsroom.world import MAY, START, SUBJECTS, WIDE, Clock, a_story, another, at, drain, ids, make

DAY = 86_400


def some(newsroom: Newsroom, count: int = 4, **fields: Any) -> list[Story]:
    """Publish as many stories on one subject, each a day older than the one before."""
    stories = [a_story(f"flood{n}", hours=-2 - 24 * n, **fields) for n in range(count)]
    for story in stories:
        newsroom.publish(story)
    newsroom.publish(a_story("page"))
    drain(newsroom)
    return stories


def changed(newsroom: Newsroom, story: Story, **fields: Any) -> None:
    newsroom.publish(replace(story, updated=at(0), **fields))
    drain(newsroom)


def test_a_boost_puts_stories_first_and_a_burial_last_at_once_everywhere(newsroom: Newsroom) -> None:
    some(newsroom)
    with another(newsroom) as reader:
        before = ids(reader.block("page"))
        last, first = before[-1], before[0]
        boost = newsroom.steer("boost", "ann", story=last)
        for room in (newsroom, reader):
            assert ids(room.block("page"))[0] == last
        bury = newsroom.steer("bury", "ann", story=[first, last])
        assert ids(reader.block("page"))[-1] == first
        newsroom.end_steering(boost.num, "bo")
        newsroom.end_steering(bury.num, "bo")
        assert ids(reader.block("page")) == before
        assert [entry.ended_by for entry in reader.steering()] == ["bo", "bo"]


@pytest.mark.parametrize("name", ["section", "tag", "kind", "language"])
def test_stories_are_named_by_what_they_are(newsroom: Newsroom, name: str) -> None:
    stories = some(newsroom, language="en")
    last = ids(newsroom.block("page"))[-1]
    value: Any = "en-GB" if name == "language" else "opinion"
    given = {"tags": (value,)} if name == "tag" else {name: value}
    changed(newsroom, next(one for one in stories if one.id == last), **given)
    newsroom.steer("boost", "ann", **{name: value.upper()})  # type: ignore[arg-type]
    found = ids(newsroom.block("page"))
    assert found[0] == last or name == "language"
    newsroom.steer("bury", "ann", story=last, strength=10, **{name: value})  # type: ignore[arg-type]
    assert ids(newsroom.block("page"))[-1] == last


def test_what_is_not_related_is_not_put_forward(newsroom: Newsroom) -> None:
    with another(newsroom, replace(WIDE, least_score=0.1)) as strict:
        some(strict)
        strict.publish(a_story("other", SUBJECTS[2], section="Sport"))
        drain(strict)
        before = ids(strict.block("page"))
        strict.steer("boost", "ann", section="Sport", strength=10)
        assert ids(strict.block("page")) == before


def test_scores_and_reasons_stay_what_they_are(newsroom: Newsroom) -> None:
    some(newsroom)
    before = {slot.story.id: (slot.score, slot.reasons) for slot in newsroom.block("page")}
    newsroom.steer("boost", "ann", story=min(before, key=before.__getitem__))
    assert {slot.story.id: (slot.score, slot.reasons) for slot in newsroom.block("page")} == before


def test_a_rule_ends_by_the_clock_without_any_call(newsroom: Newsroom, clock: Clock) -> None:
    some(newsroom)
    before = ids(newsroom.block("page"))
    entry = newsroom.steer("boost", "ann", story=before[-1], until=at(5))
    assert ids(newsroom.block("page"))[0] == before[-1]
    drain(newsroom)
    assert newsroom.next_due() == at(5).timestamp() + 1
    clock.now = at(5).timestamp()
    assert ids(newsroom.block("page"))[0] == before[-1]
    assert entry.holds(clock.now)
    clock.now += 1
    with another(newsroom) as reader:
        assert ids(reader.block("page")) == before
    drain(newsroom)
    told = [purge.change for purge in newsroom.purges() if purge.change.source == "page"]
    assert list(told[-1].after) == before
    assert told[-1].reason == "an embargo or a story ended"
    assert not entry.holds(clock.now)


def test_a_day_is_meant_to_its_end_in_the_newsroom_s_zone(tmp_path: Any) -> None:
    with make(tmp_path / "archive", Clock(), replace(WIDE, zone="Asia/Dhaka")) as room:
        some(room, 1)
        entry = room.steer("bury", "ann", story="flood0", until="2024-05-03")
        assert str(entry.ends) == "2024-05-03 17:59:59+00:00"


def test_stories_that_are_too_old_go_by_the_clock(newsroom: Newsroom, clock: Clock) -> None:
    some(newsroom, 3)
    newsroom.publish(a_story("kept", hours=-500, section="Guides"))
    drain(newsroom)
    newsroom.steer("limit-age", "ann", days=400, section="Guides")
    assert "kept" in ids(newsroom.block("page"))
    newsroom.steer("limit-age", "ann", days=3)
    assert set(ids(newsroom.block("page"))) == {"flood0", "flood1", "flood2"}
    drain(newsroom)
    clock.now = (MAY + timedelta(days=1)).timestamp()
    assert set(ids(newsroom.block("page"))) == {"flood0", "flood1"}
    newsroom.pin("page", "kept", 1, "ann")
    assert ids(newsroom.block("page"))[0] == "kept", "a pin is an editor's own choice"


def test_a_block_is_full_of_what_is_young_enough(newsroom: Newsroom) -> None:
    for n in range(30):
        newsroom.publish(a_story(f"old{n}", hours=-1000 - n, section="News"))
    some(newsroom)
    newsroom.steer("limit-age", "ann", days=10, section="news")
    assert set(ids(newsroom.block("page"))) == {"flood0", "flood1", "flood2", "flood3"}


def test_a_tag_may_say_nothing_and_its_stories_stay(newsroom: Newsroom) -> None:
    some(newsroom)
    newsroom.publish(a_story("tagged", SUBJECTS[1], tags=("News-desk", "dike")))
    newsroom.publish(a_story("source", tags=("news-desk", "dike")))
    drain(newsroom)

    def said() -> str:
        return str([slot.reasons for slot in newsroom.block("source", 10)])

    assert "ews" in said()
    newsroom.steer("ignore-tag", "ann", tag="NEWS-DESK")
    assert "ews" not in said()
    assert "dike" in said()
    assert "tagged" in ids(newsroom.block("source", 10))


def test_only_stories_with_a_picture_where_that_is_wanted(newsroom: Newsroom) -> None:
    stories = some(newsroom)
    pictured = Image(url="https://a.example/boat.jpg")
    changed(newsroom, stories[1], image=pictured)
    changed(newsroom, stories[2], image=Image(caption="a boat"))
    only = AnswerFilter.of({"picture": True})
    assert ids(newsroom.block("page", only=only)) == ["flood1"]
    newsroom.steer("require-picture", "ann", section="Photo")
    assert len(ids(newsroom.block("page"))) == 4
    newsroom.steer("require-picture", "ann")
    assert ids(newsroom.block("page")) == ["flood1"]
    changed(newsroom, stories[3], image=pictured)
    assert set(ids(newsroom.block("page"))) == {"flood1", "flood3"}


@pytest.mark.parametrize(
    ("act", "fields", "told"),
    [
        ("promote", {}, "name one of boost, bury"),
        ("boost", {}, "is about no story; name a section, tag, kind, language or story"),
        ("boost", {"section": "A", "strength": 0}, "strength is 0"),
        ("boost", {"section": "A", "days": 3}, "boost has no days"),
        ("bury", {"section": 7}, "section is 7"),
        ("bury", {"colour": "red"}, "has no 'colour'"),
        ("limit-age", {"tag": "a"}, "days is None"),
        ("limit-age", {"days": 3, "strength": 1}, "limit-age has no strength"),
        ("ignore-tag", {"section": "A"}, "about tags alone"),
        ("bury", {"section": "A", "until": "2024-04-30"}, "which is past"),
        ("bury", {"section": "A", "until": "soon"}, "until is 'soon'"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    newsroom: Newsroom, act: str, fields: dict[str, Any], told: str
) -> None:
    with pytest.raises((EditError, QuestionError), match=told):
        newsroom.steer(act, "ann", **fields)
    assert newsroom.steering() == []


def test_what_is_sent_again_does_nothing(newsroom: Newsroom) -> None:
    first = newsroom.steer("bury", "ann", tag=["a", "b"], until="2024-06-01")
    assert newsroom.steer("bury", "bo", tag=["a", "b"], until="2024-06-01") == first
    ended = newsroom.end_steering(first.num, "ann")
    assert newsroom.end_steering(first.num, "bo") == ended
    assert newsroom.steer("bury", "bo", tag=["a", "b"], until="2024-06-01").num == 2


def test_who_is_not_there_cannot_be_steered(newsroom: Newsroom) -> None:
    with pytest.raises(NotFoundError, match="no story 'none'"):
        newsroom.steer("bury", "ann", story="none")
    with pytest.raises(NotFoundError, match="there is no rule 7"):
        newsroom.end_steering(7, "ann")
    with pytest.raises(EditError, match="nobody is named"):
        newsroom.steer("bury", " ", section="A")


RULES = st.fixed_dictionaries(
    {"act": st.sampled_from(["boost", "bury"]), "story": st.sampled_from(["flood0", "flood1", "flood2"])},
    optional={"until": st.integers(1, 3).map(at), "strength": st.floats(0.5, 10)},
)


@settings(max_examples=8, deadline=None)
@given(st.lists(RULES, min_size=1, max_size=3), st.integers(0, 4))
def test_stored_blocks_are_those_that_would_be_made_anew(
    tmp_path_factory: pytest.TempPathFactory, rules: list[dict[str, Any]], hours: int
) -> None:
    clock = Clock()
    with make(tmp_path_factory.mktemp("steered") / "archive", clock) as room:
        some(room, 3)
        entries: list[SteeringEntry] = [room.steer(rule.pop("act"), "ann", **rule) for rule in rules]
        drain(room)
        clock.now = START + hours * 3600
        if hours == 4:
            room.end_steering(entries[0].num, "ann")
        stored = ids(room.block("page"))
        with another(room) as fresh:
            known = room.archive.catalog.get("page")
            assert known
            assert stored == ids(fresh.block_of(known[1]))


def test_what_stands_on_the_page_already_is_left_out_by_its_address(newsroom: Newsroom) -> None:
    some(newsroom)
    newsroom.publish(a_story("copy", url="https://b.example/x", canonical_url="https://a.example/flood1"))
    only = AnswerFilter.of({"without": ["http://www.a.example/flood1/?utm_source=x", "flood2"]})
    assert set(ids(newsroom.block("page", only=only))) == {"flood0", "flood3"}
