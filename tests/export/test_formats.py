"""Each format is valid whatever stories say, links where the block links, and shows nothing of the desk."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import QuestionError
from recommender.export.formats import FORMATS, format_of
from recommender.export.site import Site
from recommender.export.story_block import StoryBlock
from recommender.story.languages import Language
from recommender.story.story import Image
from tests.export.blocks import ARABIC, SOURCE, TARGET, UNLINKED, Elements, a_block
from tests.strategies import STORIES

FORMS = [name for name in FORMATS if name != "text"]  # that one is for the desk
DATA = ("hugo", "jekyll", "eleventy")


def feed_links(text: str) -> list[str]:
    feed = feedparser.parse(text.encode())
    assert not feed.bozo, feed.get("bozo_exception")
    return [link.href for entry in feed.entries for link in entry.links if link.rel == "related"]


LINKS: dict[str, Callable[[str], list[str]]] = {
    "html": lambda text: Elements(text).links(),
    "amp": lambda text: Elements(text).links(),
    "newsletter": lambda text: Elements(text).links(),
    "json": lambda text: [slot["story"].get("url") for slot in json.loads(text)["slots"]],
    "amp-list": lambda text: [each["url"] for each in json.loads(text)["items"]],
    "atom": feed_links,
    "rss": feed_links,
    "jsonld": lambda text: json.loads(text)["relatedLink"],
    "ninjs": lambda text: [each["uri"] for each in json.loads(text)["associations"]],
    "ninjs2": lambda text: [each["uri"] for each in json.loads(text)["associations"]],
    "csv": lambda text: [row["url"] for row in csv.DictReader(io.StringIO(text))],
    "newsletter-text": lambda text: [line.strip() for line in text.splitlines() if line.startswith("  http")],
    **{name: lambda text: [each["url"] for each in json.loads(text)["stories"]] for name in DATA},
}


@pytest.mark.parametrize("name", LINKS)
def test_a_format_links_where_the_block_links(name: str) -> None:
    found = LINKS[name](FORMATS[name].one(a_block(TARGET, ARABIC)))
    assert list(dict.fromkeys(found)) == [TARGET.url, ARABIC.url]


@pytest.mark.parametrize("name", FORMS)
def test_a_format_shows_nothing_of_the_desk(name: str) -> None:
    text = FORMATS[name].one(a_block(TARGET, timeline=[ARABIC]))
    for secret in ("internal", "Never in a block", "sensitive"):
        assert secret not in text
    assert "both name Bhola" not in text or name == "json"


@pytest.mark.parametrize("name", FORMS)
def test_an_empty_block_is_valid_and_links_nowhere(name: str) -> None:
    text = FORMATS[name].one(a_block())
    assert name not in LINKS or LINKS[name](text) == []
    if "json" in FORMATS[name].media_type:
        json.loads(text)
    if name in ("html", "amp", "newsletter", "newsletter-text"):
        assert text == ""


@pytest.mark.parametrize("name", [name for name in FORMATS if FORMATS[name].all])
def test_one_document_of_no_stories_is_valid(name: str) -> None:
    write = FORMATS[name].all
    assert write
    text = "".join(write([], Site()))
    if name in ("atom", "rss"):
        assert not feedparser.parse(text.encode()).bozo
    elif name not in ("json", "csv"):
        assert json.loads(text) in ([], {}, {"@context": "https://schema.org", "@graph": []})


@pytest.mark.parametrize("name", ["atom", "rss", "amp-list", "jsonld", "newsletter", "newsletter-text"])
def test_what_leads_nowhere_is_no_link(name: str) -> None:
    both = FORMATS[name].one(a_block(UNLINKED, TARGET))
    assert set(LINKS[name](both)) == {TARGET.url}


def drawn(stories: list) -> StoryBlock:
    source, *targets = [replace(each, id=f"{place}{each.id}") for place, each in enumerate(stories)]
    return a_block(*targets, source=source, timeline=targets[:1])


@given(st.lists(STORIES, min_size=1, max_size=3), st.booleans())
def test_whatever_stories_say_each_format_can_be_read(stories: list, pictured: bool) -> None:
    if pictured:
        url = "https://a.example/'\"><b>.jpg"
        stories = [replace(each, image=Image(url=url, caption=each.headline)) for each in stories]
    one = drawn(stories)
    for name in FORMS:
        text = FORMATS[name].one(one)
        text.encode()
        if FORMATS[name].ending == ".json":
            json.loads(text)
        if FORMATS[name].ending == ".xml":
            ET.fromstring(text.encode())
        if name in ("amp", "newsletter"):
            plain = FORMATS[name].one(
                a_block(*(replace(slot.story, headline="x") for slot in one.block.slots), source=one.story,
                        timeline=one.block.slots[0].timeline if one.block.slots else ())
            )  # fmt: skip
            tags = [tag for tag, _ in Elements(text).found]
            assert tags == [tag for tag, _ in Elements(plain).found]


@given(STORIES)
def test_json_may_stand_in_a_script(story) -> None:
    text = FORMATS["jsonld"].one(a_block(TARGET, source=story))
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text)["mainEntity"]["headline"] == story.headline


def test_all_stories_in_one_document_each_with_its_links() -> None:
    some = [a_block(TARGET), a_block(SOURCE, source=ARABIC)]
    documents = {name: "".join(each.all(some, Site())) for name, each in FORMATS.items() if each.all}
    for name in ("atom", "rss"):
        assert feed_links(documents[name]) == [TARGET.url, SOURCE.url]
    assert [len(json.loads(line)["slots"]) for line in documents["json"].splitlines()] == [1, 1]
    pages = json.loads(documents["jsonld"])["@graph"]
    assert [page["relatedLink"] for page in pages] == [[TARGET.url], [SOURCE.url]]
    assert [len(each["associations"]) for each in json.loads(documents["ninjs"])] == [1, 1]
    rows = list(csv.DictReader(io.StringIO(documents["csv"])))
    assert [(row["source_id"], row["id"]) for row in rows] == [("17", "18"), ("20", "17")]


def test_an_unknown_format_is_told_with_the_nearest() -> None:
    with pytest.raises(QuestionError, match=r"format is 'atm'; did you mean atom\?"):
        format_of("atm")
    with pytest.raises(QuestionError, match="there are html, json"):
        format_of("fax")


TAGS: dict[str, Callable[[str], str]] = {
    "html": lambda text: next(each["lang"] for tag, each in Elements(text).found if tag == "article"),
    "amp": lambda text: next(each["lang"] for tag, each in Elements(text).found if tag == "article"),
    "newsletter": lambda text: [each["lang"] for tag, each in Elements(text).found if tag == "table"][1],
    "json": lambda text: json.loads(text)["slots"][0]["story"]["language"],
    "atom": lambda text: feedparser.parse(text.encode()).entries[0].links[-1].hreflang,
    "rss": lambda text: feedparser.parse(text.encode()).entries[0].links[-1].hreflang,
    "ninjs": lambda text: json.loads(text)["associations"][0]["language"],
    "data": lambda text: json.loads(text)["stories"][0]["language"],
    "csv": lambda text: next(csv.DictReader(io.StringIO(text)))["language"],
}


@pytest.mark.parametrize("name", TAGS)
def test_a_language_that_nobody_declared_is_named_as_it_was_found(name: str) -> None:
    found = replace(TARGET, language=None, spoken=Language("bn", 0.9, declared=False))
    assert TAGS[name](FORMATS[name].one(a_block(found))) == "bn"
    contradicted = replace(TARGET, language="en", spoken=Language("bn", 0.9, declared=False))
    assert TAGS[name](FORMATS[name].one(a_block(contradicted))) == "bn"
    assert TAGS[name](FORMATS[name].one(a_block(replace(TARGET, language="pt-BR")))) == "pt-BR"
