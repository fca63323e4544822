"""JSON-LD as pages paste it: the story among the other objects, behind broken commas and comments."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ingest.jsonld import address_in, article, keywords_in, name_in, names_in

STORY = {"@type": "NewsArticle", "headline": "Council", "datePublished": "2022-05-09"}
WHOLE = json.dumps(STORY)


@pytest.mark.parametrize(
    "script",
    [
        WHOLE,
        json.dumps([{"@type": "WebSite", "name": "x"}, STORY]),
        json.dumps(
            {"@graph": [{"@type": ["Person"]}, {**STORY, "@type": ["Thing", "ReportageNewsArticle"]}]}
        ),
        json.dumps({"@type": "WebPage", "mainEntity": STORY}),
        f"<!-- {WHOLE} -->",
        f"//<![CDATA[\n{WHOLE}\n//]]>",
        f"/**/{WHOLE}"[4:] + ";",
        WHOLE.replace("}", ",}"),
        WHOLE + WHOLE,
        WHOLE.replace('"', "&quot;"),
        WHOLE.replace("Council", "Council\n\tof \\x town"),
        WHOLE + " trailing words",
        f"/*<![CDATA[*/{WHOLE}/*]]>*/",
        f"/* seo */ {WHOLE} // end",
        WHOLE.replace("NewsArticle", "schema:NewsArticle"),
    ],
)
def test_the_story_is_found_however_it_is_pasted(script):
    assert article([script])["headline"].startswith("Council")


@pytest.mark.parametrize(
    "script", ["", "{", "null", "[]", '{"@type": "Organization"}', '{"@type": "JobPosting"}', "[" * 100_000]
)
def test_what_holds_no_story_gives_nothing(script):
    assert article([script]) == {}


def test_of_several_stories_the_one_with_a_headline_counts():
    assert article(['{"@type": "Article", "a": 1, "b": 2, "c": 3}', WHOLE])["headline"] == "Council"


@pytest.mark.parametrize(
    ("value", "names"),
    [("A", ["A"]), ({"name": "A"}, ["A"]), ([{"name": "A"}, "B", {}], ["A", "B"]), (None, []), (3, [])],
)
def test_names_are_read_in_every_form(value, names):
    assert names_in(value) == names
    assert name_in(value) == (names[0] if names else "")


def test_addresses_and_keywords_are_read_in_every_form():
    assert address_in("a") == address_in({"url": "a"}) == address_in([{"@id": "a"}]) == "a"
    assert address_in([{"name": "x"}, None]) == ""
    assert keywords_in("a, b") == keywords_in(["a", "b"]) == ["a", "b"]


@given(st.text(max_size=60) | st.from_regex(r'[\[\]{}:,"a@\\/ ]{0,60}', fullmatch=True))
def test_any_script_is_borne(script):
    article([script])


@pytest.mark.parametrize(
    "torn",
    [
        '{"@type": "NewsArticle", "description": "He said "no" to it", DATED}',
        "{'@type': 'NewsArticle', 'headline': 'It\\'s', DATED}",
        '{"@type": "NewsArticle", "image": undefined, DATED}',
        '{"@type": "NewsArticle" "author": "x", DATED}',
        '{"@type": ["NewsArticle"], DATED, "articleBody": "The text',
    ],
)
def test_of_a_torn_script_times_and_state_are_taken_where_they_are_plain(torn):
    script = torn.replace("DATED", '"datePublished": "2022-05-09", "creativeWorkStatus": "Draft"')
    assert article([script]) == {
        "@type": "Article",
        "datePublished": "2022-05-09",
        "creativeWorkStatus": "Draft",
    }


def test_of_two_times_in_a_torn_script_none_is_taken_and_two_states_are_no_publication():
    torn = """{"@type": "NewsArticle", x, "datePublished": "2022", "datePublished": "2023",
    "creativeWorkStatus": "Published", "creativeWorkStatus": "Draft"}"""
    assert article([torn]) == {"@type": "Article", "creativeWorkStatus": "Published or Draft"}
    assert article(['{"@type": "Person", x, "datePublished": "2022"}']) == {}


def test_what_stands_elsewhere_on_the_page_is_followed():
    people = [{"@id": "#a", "@type": "Person", "name": "A. Reporter"}, {"@id": "#b"}]
    story = article([json.dumps({"@graph": [*people, {**STORY, "author": [{"@id": "#a"}, {"@id": "#b"}]}]})])
    assert names_in(story["author"]) == ["A. Reporter"]
