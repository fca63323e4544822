"""A feed has an entry a story, whose related links name headline and language."""

from __future__ import annotations

from dataclasses import replace

import feedparser
import pytest

from recommender.export.feeds import atom, rss
from tests.export.blocks import ARABIC, SOURCE, TARGET, a_block


@pytest.mark.parametrize("write", [atom, rss])
def test_the_entry_is_the_story_and_its_links_have_titles(write) -> None:
    (entry,) = feedparser.parse(write(a_block(TARGET, ARABIC)).encode()).entries
    assert (entry.title, entry.link, entry.summary) == (SOURCE.headline, SOURCE.url, SOURCE.deck)
    related = [link for link in entry.links if link.rel == "related"]
    assert [link.title for link in related] == [TARGET.headline, ARABIC.headline]
    assert [link.hreflang for link in related] == ["en", "ar"]


def test_an_entry_is_as_new_as_what_it_links_to() -> None:
    later = replace(TARGET, updated=replace(SOURCE, published=SOURCE.published).published.replace(year=2023))
    (entry,) = feedparser.parse(atom(a_block(later)).encode()).entries
    assert entry.updated.startswith("2023")
    assert entry.published.startswith("2022")


def test_what_xml_cannot_hold_is_left_out() -> None:
    text = atom(a_block(TARGET, source=replace(SOURCE, headline="a\ufffeb\uffffc")))
    assert feedparser.parse(text.encode()).entries[0].title == "abc"


def test_markup_in_a_deck_is_text_in_rss() -> None:
    (entry,) = feedparser.parse(rss(a_block(source=replace(SOURCE, deck="a < b & c"))).encode()).entries
    assert entry.summary in ("a < b & c", "a &lt; b &amp; c")
