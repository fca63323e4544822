"""The gate: each reason to refuse, at its boundary, and the one story that passes them all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.story.link_policy import Reason, Rules, Standing, may_link, state
from recommender.story.story import Link, Status, Story, visible_window

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
NOW = int(NOON.timestamp())
RULES = Rules()


def story(id: str, **fields: Any) -> Story:
    """Return a story that was public an hour ago."""
    values = {"headline": id, "published": NOON - timedelta(hours=1), "url": f"https://a.example/{id}"}
    return Story(id=id, **(values | fields))


def verdict(source: Story, target: Story, rules: Rules = RULES, now: int = NOW, **hand: Any) -> Reason | None:
    refusal = may_link(Standing.of(source, **hand), Standing.of(target), now, rules)
    return None if refusal is None else refusal.reason


def test_two_public_stories_may_link() -> None:
    assert verdict(story("a"), story("b")) is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": Status.DRAFT}, Reason.NOT_YET_PUBLIC),
        ({"status": Status.RETRACTED}, Reason.GONE),
        ({"status": Status.EXPIRED}, Reason.GONE),
        ({"expires": NOON}, Reason.GONE),
        ({"expires": NOON + timedelta(seconds=1)}, None),
        ({"published": NOON + timedelta(seconds=1)}, Reason.NOT_YET_PUBLIC),
        ({"published": NOON}, None),
        ({"status": Status.EMBARGOED, "embargo_until": NOON + timedelta(seconds=1)}, Reason.NOT_YET_PUBLIC),
        ({"status": Status.EMBARGOED, "embargo_until": NOON}, None),
        ({"status": Status.CORRECTED}, None),
        ({"sensitive": True}, Reason.TARGET_SENSITIVE),
        ({"never_link_to": True}, Reason.TARGET_UNLINKED),
        ({"never_link_from": True}, None),
        ({"language": "de"}, Reason.LANGUAGE),
        ({"language": "en-GB"}, None),
        ({"language": None}, None),
        ({"canonical_url": "http://a.example/a/?utm_source=x#top"}, Reason.SAME_PAGE),
        ({"id": "a", "url": None}, Reason.ITSELF),
    ],
)
def test_a_target_is_refused_for_its_own_reason(fields: dict[str, Any], reason: Reason | None) -> None:
    target = replace(story("b", language="en-US"), **fields)
    assert verdict(story("a", language="en"), target) is reason


@pytest.mark.parametrize(
    ("fields", "reason", "in_preview"),
    [
        ({"status": Status.DRAFT}, Reason.SOURCE_HIDDEN, None),
        ({"published": NOON + timedelta(seconds=1)}, Reason.SOURCE_HIDDEN, None),
        ({"status": Status.RETRACTED}, Reason.SOURCE_HIDDEN, Reason.SOURCE_HIDDEN),
        ({"expires": NOON}, Reason.SOURCE_HIDDEN, Reason.SOURCE_HIDDEN),
        ({"sensitive": True}, Reason.SOURCE_SENSITIVE, Reason.SOURCE_SENSITIVE),
        ({"never_link_from": True}, Reason.SOURCE_UNLINKED, Reason.SOURCE_UNLINKED),
        ({"never_link_to": True}, None, None),
    ],
)
def test_a_source_is_refused_for_its_own_reason(
    fields: dict[str, Any], reason: Reason | None, in_preview: Reason | None
) -> None:
    source = story("a", **fields)
    assert verdict(source, story("b")) is reason
    assert verdict(source, story("b"), Rules(preview=True)) is in_preview


@pytest.mark.parametrize("named", ["b", "https://a.example/b", "http://A.example/b/?utm_campaign=x", "/b"])
def test_a_link_that_stands_in_the_text_is_not_repeated_unless_the_publisher_wants_it(named: str) -> None:
    source = story("a", links=(Link(target=named),))
    assert verdict(source, story("b")) is Reason.IN_TEXT
    assert verdict(source, story("b"), Rules(link_twice=True)) is None
    assert verdict(source, story("c")) is None


def test_any_language_may_be_allowed() -> None:
    assert verdict(story("a", language="en"), story("b", language="bn"), Rules(any_language=True)) is None


def test_an_editor_may_exclude_a_story_from_one_block() -> None:
    assert verdict(story("a"), story("b"), excluded=frozenset({"b"})) is Reason.EXCLUDED
    assert verdict(story("b"), story("a"), excluded=frozenset({"b"})) is None


def test_a_free_text_may_link_to_what_readers_may_see() -> None:
    assert may_link(None, Standing.of(story("b", language="de")), NOW, RULES) is None
    refusal = may_link(None, Standing.of(story("b", status=Status.RETRACTED)), NOW, RULES)
    assert refusal is not None
    assert refusal.reason is Reason.GONE


def test_addresses_that_are_ids_count_as_addresses() -> None:
    one = story("https://a.example/x", url=None)
    assert verdict(one, story("b", canonical_url="https://a.example/x/")) is Reason.SAME_PAGE


TIMES = st.integers(-5, 5).map(lambda seconds: NOON + timedelta(seconds=seconds))
STORIES = st.builds(
    lambda id, status, published, embargo, expires: story(
        id,
        status=Status.PUBLISHED if status is Status.EMBARGOED and embargo is None else status,
        published=published,
        embargo_until=embargo,
        expires=expires,
    ),
    st.sampled_from("ab"),
    st.sampled_from(Status),
    TIMES,
    st.none() | TIMES,
    st.none() | TIMES,
)


@given(STORIES, STORIES, st.integers(NOW - 7, NOW + 7), st.booleans(), st.booleans())
def test_the_gate_lets_nobody_through_whom_readers_may_not_see(
    source: Story, target: Story, now: int, link_twice: bool, any_language: bool
) -> None:
    def seen(one: Story) -> bool:
        begins, until = visible_window(one)
        return begins <= now < until

    rules = Rules(link_twice=link_twice, any_language=any_language)
    passes = verdict(source, target, rules, now) is None
    assert passes == (seen(source) and seen(target) and source.id != target.id)


@given(STORIES, st.integers(NOW - 7, NOW + 7))
def test_a_story_is_said_to_be_public_when_readers_may_see_it(one: Story, now: int) -> None:
    begins, until = visible_window(one)
    assert (state(one, now) in ("published", "corrected")) == (begins <= now < until)


def test_the_moment_until_which_a_story_is_hidden_is_said() -> None:
    later = story("a", embargo_until=NOON + timedelta(days=1))
    assert state(later, NOW) == "embargoed until 2024-05-02T12:00:00Z"
    assert (
        state(story("a", published=NOON + timedelta(days=1)), NOW) == "not public until 2024-05-02T12:00:00Z"
    )
    assert state(story("a", expires=NOON - timedelta(minutes=1)), NOW) == "expired since 2024-05-01T11:59:00Z"
    assert state(replace(later, status=Status.EMBARGOED), NOW + 86_400) == "published"
