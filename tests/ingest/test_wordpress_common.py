"""What WordPress calls a story, shows to readers, and makes a paragraph of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ingest.item import Item
from recommender.ingest.wordpress_common import is_export, is_story, paragraphs, show_as
from recommender.story.story import Status


def shown(status: str, *, locked: bool = False) -> Item:
    item = Item(kind="wordpress")
    show_as(item, status, locked=locked)
    return item


@given(st.text(max_size=12), st.booleans())
def test_only_what_is_published_and_open_is_public(status, locked):
    assert (shown(status, locked=locked).status is Status.PUBLISHED) == (status == "publish" and not locked)


@pytest.mark.parametrize("status", ["draft", "future", "trash", ""])
def test_why_it_is_hidden_is_said(status):
    assert any("hidden" in note for note in shown(status).notes)


def test_types_of_the_system_are_no_stories_and_those_of_a_site_are():
    assert is_story("post")
    assert is_story("breaking-news")
    assert not any(map(is_story, ("page", "attachment", "revision", "nav_menu_item", "wp_block")))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("One.\n\nTwo.", "<p>One.</p>\n<p>Two.</p>\n"),
        ("One <em>line</em>.", "One <em>line</em>."),
        ("<p>One.</p>\n\n<p>Two.</p>", "<p>One.</p>\n\n<p>Two.</p>"),
    ],
)
def test_blank_lines_part_paragraphs_where_nothing_else_does(content, expected):
    assert paragraphs(content) == expected


def test_an_export_names_the_elements_of_wordpress():
    assert is_export('<rss xmlns:wp="http://wordpress.org/export/1.2/">')
    assert not is_export('<rss version="2.0">')
