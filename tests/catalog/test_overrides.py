"""What is sent and what calls set, in any order and by any clocks: known answers, and laws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.catalog import Catalog, Outcome, StoryEntry
from recommender.catalog.overrides import Override, StandingFields, decoded, encoded
from recommender.story.hashes import content_hash
from recommender.story.story import Status, Story, visible_window
from tests.catalog.catalog_cases import MAY, NOW, a_story

DAYS = st.none() | st.integers(-2, 400)  # clocks a year ahead among them
HIDING = [Status.RETRACTED, Status.EXPIRED, Status.DRAFT]
TIMES = st.none() | st.integers(-2, 2).map(lambda hours: MAY + timedelta(hours=hours))


@st.composite
def standings(draw: st.DrawFn) -> dict[str, object]:
    status = draw(st.sampled_from(Status))
    until = draw(TIMES if status is not Status.EMBARGOED else TIMES.filter(bool))
    return {
        "status": status,
        "embargo_until": until,
        "expires": draw(TIMES),
        "successor": draw(st.none() | st.just("b")),
    }


@st.composite
def sent(draw: st.DrawFn) -> Story:
    text = str(draw(st.integers(0, 3)))
    return a_story("a", updated=draw(DAYS), body=text, **draw(standings()))


CALLS = st.sampled_from(["status", "embargo", "expires"])
ACTS = st.lists(st.tuples(st.just("send"), sent()) | st.tuples(CALLS, standings()), min_size=1, max_size=10)


@pytest.fixture(scope="module")
def shared(shared_address: str) -> Iterator[Catalog]:
    with Catalog.create(shared_address) as made:
        yield made


def called(what: str, fields: dict[str, object]) -> dict[str, object]:
    """Return the fields that a call names."""
    named = {"status": ["status", "embargo_until"], "embargo": ["embargo_until"], "expires": ["expires"]}[
        what
    ]
    return {name: fields[name] for name in named}


@given(first=sent(), acts=ACTS)
@settings(max_examples=150, deadline=None)
def test_what_a_call_hid_stays_hidden_until_a_call_and_the_newest_content_wins(
    shared: Catalog, first: Story, acts: list[tuple[str, object]]
) -> None:
    shared.remove(["a"], NOW)
    shared.write([StoryEntry(first)], NOW)
    newest, named = first, dict[str, object]()
    for n, (what, given_) in enumerate(acts):
        before = held(shared)
        if what == "send":
            assert isinstance(given_, Story)
            outcome, foretold = shared.foretell(given_)
            assert shared.write([StoryEntry(given_)], NOW + n) == [outcome]
            after = held(shared)
            if outcome.taken:
                assert after == foretold
            else:
                assert after == before
            made = [(story.updated or story.published) for story in (given_, newest)]
            newest = given_ if made[0] >= made[1] else newest
            assert shared.write([StoryEntry(given_)], NOW + n)[0] in (Outcome.UNCHANGED, Outcome.OLDER), (
                "again"
            )
            assert held(shared) == after
        else:
            assert isinstance(given_, dict)
            fields = called(what, given_)
            if what == "embargo" and before.status is Status.EMBARGOED and fields["embargo_until"] is None:
                continue  # which is refused
            shared.amend("a", lambda story, fields=fields: replace(story, **fields), NOW - 1e6, list(fields))
            named |= fields
            after = held(shared)
            assert replace(after, **fields) == after
        assert (after.body, after.updated) == (newest.body, newest.updated)
        if named.get("status") in HIDING:
            assert after.status in HIDING
            assert HIDING.index(after.status) <= HIDING.index(named["status"]), "never less than was set"
        begins, ends = visible_window(after)
        if (until := named.get("embargo_until")) is not None and begins < ends:
            assert begins >= until.timestamp()  # type: ignore[attr-defined]
        if (expires := named.get("expires")) is not None and begins < ends:
            assert ends <= expires.timestamp()  # type: ignore[attr-defined]


def held(catalog: Catalog) -> Story:
    found = catalog.get("a")
    assert found is not None
    return found[1]


@given(story=sent(), fields=standings())
@settings(max_examples=100)
def test_an_override_comes_back_as_it_was_kept(story: Story, fields: dict[str, object]) -> None:
    standing = StandingFields(**fields)  # type: ignore[arg-type]
    assert decoded(encoded(standing)) == standing
    own = Override(content_hash(story), StandingFields.of(story), StandingFields())
    assert own.applied(story) == story, "where nothing is set, what is sent is held"
    assert own.setting(replace(story, **fields), list(fields)).applied(story) == replace(story, **fields)  # type: ignore[arg-type]
