"""What all kinds share: ids, addresses, short texts, copies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ingest.addresses import absolute, same_site, story_id
from recommender.ingest.base import Found, Options
from recommender.ingest.item import Item, story_of
from recommender.story.story import NEVER, visible_window


def item(**fields: object) -> Item:
    values = {"guid": "a", "headline": "A headline", "published": "2022-05-09T09:53:00Z", **fields}
    return Item(kind="test", number=1, **values)  # type: ignore[arg-type]


def made(**fields: object) -> Found:
    found = story_of(item(**fields), Options())
    assert isinstance(found, Found)
    return found


@pytest.mark.parametrize(
    ("guid", "url", "expected"),
    [
        ("town-1", "https://town.example/1", "town-1"),
        ("http://www.town.example/1/", "", "https://town.example/1"),
        ("", "http://town.example/1?utm_source=x", "https://town.example/1"),
        ("", "", None),
    ],
)
def test_the_id_is_the_guid_else_the_cleaned_address(guid, url, expected):
    assert story_id(guid, url) == expected


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("R&amp;D <em>now</em>", "R&D now"),
        ("&lt;b&gt;Bold&lt;/b&gt; claim", "Bold claim"),
        ("Two\n lines<br>and a tab\t.", "Two lines and a tab ."),
        ("AT&amp;amp;T", "AT&amp;T"),
        ("It\x00 is\x0b", "It is"),
        ("<script>alert(1)</script>Safe", "Safe"),
        ("a < b and 3 > 2", "a < b and 3 > 2"),
    ],
)
def test_a_headline_is_decoded_once_and_loses_its_markup(headline, expected):
    assert made(headline=headline).story.headline == expected


def test_what_is_dropped_is_noted():
    notes = " ".join(
        made(
            headline="<b>x</b>", url="tag:a", language="English!", updated="soon", image="javascript:x"
        ).notes
    )
    assert all(word in notes for word in ("headline", "address", "language", "updated", "picture"))


def test_an_embargo_that_cannot_be_read_hides():
    assert visible_window(made(embargo="when the speech is over").story) == NEVER
    assert visible_window(made(embargo="2999-01-01T00:00:00Z").story)[0] > 32_000_000_000


def test_an_end_that_cannot_be_read_hides():
    assert visible_window(made(expires="when it is over").story) == NEVER
    assert visible_window(made(expires="2999-01-01T00:00:00Z").story)[1] > 32_000_000_000


def test_relative_addresses_are_of_the_site_and_odd_ones_are_made_safe():
    assert absolute("/a b?q=ü", "https://town.example/x/") == "https://town.example/a%20b?q=%C3%BC"
    assert absolute("//cdn.example/x", "https://town.example") == "https://cdn.example/x"
    for bad in ("", "tag:a", "javascript:alert(1)", "http://[", "https://user:pass@town.example/"):
        assert absolute(bad, "") is None


def test_one_site_has_several_hosts():
    assert same_site("https://www.town.example/a", "http://m.town.example/b")
    assert not same_site("https://town.example/a", "https://other.example/a")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_makes_a_story_or_a_refusal(text, other):
    story_of(
        item(headline=text, deck=other, url=text, image=other, tags=[text], guid=other, language=text),
        Options(),
    )


def test_a_story_without_a_name_is_told_what_would_be_one():
    refused = story_of(Item(kind="test", number=3, headline="A", published="2024-05-01T10:00:00Z"), Options())
    assert (refused.error.field, refused.where) == ("id", "item 3")
    assert "a guid or an address" in refused.error.way_out
