"""What keeps readers from a story: in any system's words and spelling, beside it or in an object."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.story import hiding_words as words
from recommender.story.hiding import Effect, signs, without
from recommender.story.schema import Status

SEPARATORS = ("_", "-", " ", ".", "")


def effects(**fields):
    return [sign.effect for sign in signs(fields)]


@st.composite
def spelt(draw, names):
    """Draw the name of a field as some system might spell it: case, prefix, what parts its words."""
    name = draw(st.sampled_from(sorted(names)))
    name = draw(st.sampled_from(("", "is", "post", "article", "story_", "wp-"))) + name
    cut = draw(st.integers(0, len(name)))
    name = name[:cut] + draw(st.sampled_from(SEPARATORS)) + name[cut:]
    return draw(st.sampled_from((str, str.upper, str.title, str.capitalize)))(name)


YES = st.sampled_from([True, "true", "Yes", 1, "1", "on", "geheim", ["x"], {"by": "desk"}])
NO = st.sampled_from([False, None, "", " ", "false", "No", 0, "0", 0.0, "off", [], {}])


@given(spelt(words.HIDING), YES)
def test_a_flag_that_hides_does_so_however_it_is_spelt(name, value):
    assert [sign.effect for sign in signs({name: value})] == [Effect.HIDES]


@given(spelt(words.HIDING), NO)
def test_a_flag_that_is_not_set_hides_nothing(name, value):
    assert not signs({name: value})


@given(spelt(words.SHOWING), st.sampled_from([False, "false", "No", 0, "0", "off", ""]))
def test_a_flag_that_shows_hides_where_it_says_no(name, value):
    assert [sign.effect for sign in signs({name: value})] == [Effect.HIDES]


@given(spelt(words.STATED - {"stand"}), st.sampled_from(sorted(words.STATES)))
def test_every_state_that_is_not_public_hides(name, state):
    assert [sign.effect for sign in signs({name: state.title()})] == [Effect.HIDES]


@given(spelt(words.STATED), st.sampled_from(sorted(words.PUBLIC)))
def test_a_state_that_is_public_hides_nothing(name, state):
    assert not signs({name: f" {state.upper()} "})


@given(spelt(words.OPENS | {"embargo", "embargoUntil", "embargoed", "embargo_ends_at"}))
def test_a_time_to_wait_for_is_told(name):
    (sign,) = signs({name: "2033-01-01T00:00:00Z"})
    assert (sign.effect, sign.text) == (Effect.OPENS, "2033-01-01T00:00:00Z")
    assert effects(**{name: True}) == effects(**{name: "never"}) == [Effect.HIDES]
    assert not effects(**{name: False})


@given(spelt(words.CLOSES))
def test_a_time_that_ends_it_is_told(name):
    assert effects(**{name: "2033-01-01T00:00:00Z"}) == [Effect.CLOSES]
    assert not effects(**{name: "never"})


@pytest.mark.parametrize(
    "fields",
    [
        {"extra": {"draft": True}}, {"meta": {"status": "draft"}}, {"flags": ["draft"]},
        {"data": {"meta": {"private": 1}}}, {"_internal": {"hidden": True}},
        {"visibility": ["public", "private"]}, {"state": {"name": "In review"}},
        {"access": {"level": "members"}},
        {"post_status": "auto-draft"}, {"Post Password": "geheim"}, {"hide": "x"}, {"published": "draft"},
        {"visible_to": ["staff"]}, {"Veröffentlicht": "nein"}, {"wordpress": {"status": "private"}},
        {"published_to_web": False}, {"needs_review": True},
    ],
)  # fmt: skip
def test_objects_and_lists_of_a_story_are_looked_into(fields):
    assert effects(**fields) == [Effect.HIDES]


@pytest.mark.parametrize(
    "fields",
    [
        {"comment_status": "closed"}, {"ping_status": "closed"}, {"author": {"private": True}},
        {"comments": {"enabled": False}}, {"show": "The daily hour"}, {"preview": "https://a.example/i.jpg"},
        {"tags": ["draft", "private"]}, {"flags": ["breaking"]}, {"display": "wide"}, {"statement": "draft"},
        {"premium": True}, {"isAccessibleForFree": False}, {"keywords": "embargo"}, {"archive": "2019"},
    ],
)  # fmt: skip
def test_what_is_about_something_else_hides_nothing(fields):
    assert not effects(**fields)


@pytest.mark.parametrize("fields", [{"state": "Texas"}, {"visible": "maybe"}, {"visibility": {"a": 1}}])
def test_what_may_hide_and_is_not_understood_is_told(fields):
    assert effects(**fields) == [Effect.UNCLEAR]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "trash"}, Status.RETRACTED), ({"deleted_at": "2024-01-01"}, Status.RETRACTED),
        ({"is_retracted": True}, Status.RETRACTED), ({"expired": True}, Status.EXPIRED),
        ({"archived_at": "2024-01-01"}, Status.DRAFT), ({"draft": True}, Status.DRAFT),
    ],
)  # fmt: skip
def test_what_was_taken_back_is_retracted(fields, status):
    (sign,) = signs(fields)
    assert sign.status is status


@pytest.mark.parametrize(
    "fields",
    [
        {"noindex": True}, {"robots": "noindex, follow"}, {"meta": {"robots": ["none"]}},
        {"searchable": False}, {"robots": {"index": "noindex"}}, {"exclude_from_search": "yes"},
    ],
)  # fmt: skip
def test_what_is_not_to_be_listed_may_be_seen(fields):
    assert effects(**fields) == [Effect.UNLISTS]


@pytest.mark.parametrize(
    "fields", [{"robots": "index"}, {"noindex": "no"}, {"robots": {"follow": "nofollow"}}]
)
def test_what_may_be_listed_is(fields):
    assert not effects(**fields)


def test_no_message_shows_a_password():
    (sign,) = signs({"post_password": "geheim"})
    assert sign.because == "its post_password is set"


def test_what_was_obeyed_is_left_out():
    fields = {"a": 1, "meta": {"draft": True, "b": 2}, "flags": ["draft", "breaking"]}
    assert without(fields, signs(fields)) == {"a": 1, "meta": {"b": 2}, "flags": ["breaking"]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)


@given(st.dictionaries(spelt(words.HOLDERS | words.STATED | words.OPENS) | st.text(), JSON, max_size=4))
def test_any_fields_can_be_asked(fields):
    left = without(fields, signs(fields))
    assert not signs(left)


def test_a_field_may_be_written_as_its_name_and_its_value() -> None:
    """WordPress's REST API and many exports send lists of both."""
    fields = {"meta": [{"key": "status", "value": "draft"}, {"key": "colour", "value": "red"}, {"key": 3}]}
    (sign,) = signs(fields)
    assert (sign.name, sign.effect) == ("meta.status", Effect.HIDES)
    assert without(fields, [sign]) == {"meta": [{"key": "colour", "value": "red"}, {"key": 3}]}


@pytest.mark.parametrize(
    ("field", "value", "effect"),
    [
        ("published_status", "draft", Effect.HIDES),
        ("canPublish", False, Effect.HIDES),
        ("legal_hold", True, Effect.HIDES),
        ("dateUnpublished", "2024-04-01", Effect.CLOSES),
        ("_members_access_role", "subscriber", Effect.HIDES),
        ("rank_math_robots", 'a:1:{i:0;s:7:"noindex";}', Effect.UNLISTS),
        ("rank_math_robots", 'a:1:{i:0;s:5:"index";}', None),
        ("list", False, Effect.UNLISTS),
        ("list", "never", Effect.UNLISTS),
        ("list", "", None),
        ("list", ["a"], None),
        ("sitemap", False, Effect.UNLISTS),
    ],
)
def test_what_plug_ins_and_generators_write(field: str, value: object, effect: Effect | None) -> None:
    assert [each.effect for each in signs({field: value})] == ([] if effect is None else [effect])


def test_hugo_lists_no_page_whose_build_options_say_so() -> None:
    assert [each.effect for each in signs({"build": {"list": "never"}})] == [Effect.UNLISTS]
