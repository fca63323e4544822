"""A feed has an entry a story, whose related links name headline and language."""

from __future__ import annotations

import xml.etree.ElementTree as ET
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


@pytest.mark.parametrize("source", [SOURCE, replace(SOURCE, url=None)])
def test_atom_has_what_rfc_4287_asks_for(source) -> None:
    atom_namespace = {"a": "http://www.w3.org/2005/Atom"}
    feed = ET.fromstring(atom(a_block(TARGET, source=source)).encode())
    entries = feed.findall("a:entry", atom_namespace)
    ids = [each.findtext("a:id", "", atom_namespace) for each in (feed, *entries)]
    assert len({*ids}) == len(ids) == 2
    for each in (feed, *entries):
        assert each.findtext("a:title", "", atom_namespace)
        assert each.findtext("a:updated", "", atom_namespace).endswith("Z")
    for entry in entries:
        assert entry.findtext("a:author/a:name", "", atom_namespace)
        leads = entry.findall("a:link[@rel='alternate']", atom_namespace)
        assert leads or entry.findtext("a:content", "", atom_namespace)
