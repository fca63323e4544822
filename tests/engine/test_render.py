"""Blocks as HTML, JSON and text: nothing a story says may become markup, a link or a terminal command."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.engine.block import Block, Provenance, Slot
from recommender.engine.page_style import PageStyle
from recommender.engine.render import Exhibit, page, stylesheet, stylesheet_version
from recommender.ranking.passages import Passage
from recommender.story.story import Image, Status, Story
from recommender.story.text_safety import is_web_url
from tests.strategies import FAIR_TEXT, FOUL_TEXT, STORIES

PROVENANCE = Provenance(
    model="all-MiniLM-L6-v2",
    weights="53aa5117",
    generation=3,
    ranker="1",
    settings="ab12",
    time=datetime(2026, 1, 1, 12, 30, tzinfo=UTC),
)
STORY = Story(
    id="b",
    url="https://a.example/b?x=1&y=2",
    headline="Talks resume",
    deck="After a month",
    body="Not for a block.",
    published=datetime(2022, 10, 13, 11, 47, tzinfo=UTC),
    language="en",
    image=Image(url="https://a.example/b.jpg", caption="The palace"),
    sensitive=True,
    extra={"desk_note": "internal"},
)
EARLIER = replace(STORY, id="c", headline="Talks end", url=None, image=None)
SLOT = Slot(
    position=1,
    story=STORY,
    score=0.75,
    role="background",
    reasons=("both name Kyiv",),
    timeline=(EARLIER,),
    pinned=True,
)
BLOCK = Block(id="a", headline="The source", slots=(SLOT,), provenance=PROVENANCE)
ANY_TEXT = FAIR_TEXT | FOUL_TEXT.filter(lambda text: text.isprintable() or text.isascii())


class Outline(HTMLParser):
    """The elements with their attributes' names in order, the texts, and every URL that could be followed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.texts: list[str] = []
        self.urls: list[str | None] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.urls += [value for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.elements.append(("comment", (data,)))

    def handle_decl(self, decl: str) -> None:
        self.elements.append(("declaration", (decl,)))


def told(text: str) -> Block:
    """Return a block that says `text` wherever a story or a ranker can say something."""
    story = replace(
        STORY, headline=text, deck=text, image=Image(caption=text), url=None, authors=(text,), section=text
    )
    said = Passage(text, ((0, len(text)),))
    slot = replace(SLOT, story=story, role=text, reasons=(text,), timeline=(story,), passage=said)
    return replace(BLOCK, slots=(slot,))


def page_of(block: Block) -> str:
    story = block.slots[0].story
    return page(
        "Demo", [Exhibit(story=story, block=block, reference=(story,), reference_title=story.headline)]
    )


@given(ANY_TEXT.filter(str.strip))
def test_no_text_changes_the_markup(text):
    for html, plain in (
        (told(text).to_html(), told("x").to_html()),
        (page_of(told(text)), page_of(told("x"))),
    ):
        outline, expected = Outline(html), Outline(plain)
        assert outline.elements == expected.elements
        assert text.strip() in {said.strip() for said in outline.texts}


@given(FAIR_TEXT | FOUL_TEXT)
def test_only_web_addresses_become_links(url):
    story = replace(STORY, url=url, image=Image(url=url, caption="x"))
    slots = (replace(SLOT, story=story, timeline=(story,)),)
    for look in (PageStyle(), PageStyle(unlinked="text")):
        urls = Outline(replace(BLOCK, slots=slots, look=look).to_html()).urls
        assert urls == ([url] * 3 if is_web_url(url) else [])


@given(STORIES)
def test_no_quote_leaves_the_attribute_of_a_url(story):
    url = f"https://a.example/'\"><b>?{story.id}"
    urls = Outline(
        replace(BLOCK, slots=(replace(SLOT, story=replace(story, url=url, image=None)),)).to_html()
    ).urls
    assert url in urls or not is_web_url(url)


def test_the_fragment_is_caption_linked_headline_and_deck_under_a_heading():
    html = BLOCK.to_html()
    outline = Outline(html)
    assert [tag for tag, _ in outline.elements][:9] == [
        "aside", "h2", "ol", "li", "article", "figure", "img", "figcaption", "h3",
    ]  # fmt: skip
    assert outline.texts[:4] == ["RELATED STORIES", "The palace", "Talks resume", "After a month"]
    assert '<h3><a href="https://a.example/b?x=1&amp;y=2">Talks resume</a></h3>' in html
    assert '<article class="pictured" lang="en" dir="auto">' in html
    assert 'aria-label="RELATED STORIES"' in html


def test_readers_do_not_see_scores_and_reasons_and_editors_do():
    assert "both name Kyiv" not in BLOCK.to_html()
    assert "0.750" not in BLOCK.to_html()
    assert "both name Kyiv" in page_of(BLOCK)
    assert "0.750" in page_of(BLOCK)


def test_a_block_without_slots_leaves_no_trace_on_the_page():
    empty = replace(BLOCK, slots=())
    assert empty.to_html() == empty.to_html(styled=True) == ""
    assert "No related stories." in page("Demo", [Exhibit(story=STORY, block=empty, reference=())])
    assert "No related stories." in empty.to_text()


def test_a_styled_fragment_holds_the_stylesheet():
    assert BLOCK.to_html(styled=True) == f"<style>\n{stylesheet()}</style>\n{BLOCK.to_html()}"


def test_ids_on_a_page_are_unique_and_labels_point_at_them():
    html = page("Demo", [Exhibit(story=STORY, block=BLOCK, reference=(STORY,))] * 3)
    found = re.findall(r' id="([^"]+)"', html)
    assert len(found) == len(set(found))
    assert set(re.findall(r'aria-labelledby="([^"]+)"', html)) <= set(found)
    assert " id=" not in BLOCK.to_html()  # a page may hold any number of blocks


def test_a_page_says_what_the_look_says():
    look = PageStyle(heading="আরও পড়ুন", language="bn", zone="Asia/Dhaka", deck_length=7)
    night = replace(STORY, published=datetime(2022, 10, 12, 20, tzinfo=UTC))
    block = replace(BLOCK, look=look, slots=(replace(SLOT, story=night, timeline=()),))
    texts = Outline(block.to_html()).texts
    assert texts == ["আরও পড়ুন", "The…", "Talks resume", "After a…", "১৩ অক্টো, ২০২২"]
    assert 'datetime="2022-10-12T20:00:00Z" lang="bn" dir="auto"' in block.to_html()
    assert block.to_text().startswith("আরও পড়ুন\n\n 1. Talks resume\n    After a…\n")
    assert "    ১৩ অক্টো, ২০২২ https://a.example/b" in block.to_text()


def test_a_slot_without_an_address_is_left_out_where_another_has_one():
    bare = replace(SLOT, position=2, story=EARLIER, timeline=(STORY, EARLIER))
    block = replace(BLOCK, slots=(SLOT, bare))
    assert "Talks end" not in block.to_html()
    assert [slot["story"]["id"] for slot in block.to_dict()["slots"]] == ["b", "c"]
    assert "Talks end" in replace(block, look=PageStyle(unlinked="text")).to_html()
    assert (
        "Talks end" in replace(block, slots=(bare,)).to_html()
    )  # nothing leads anywhere: better than nothing


def test_a_picture_has_its_size_and_its_words_where_they_were_sent():
    sized = Image(url="https://a.example/b.jpg", extra={"width": 600, "height": 400, "alt": 'The "palace"'})
    html = replace(BLOCK, slots=(replace(SLOT, story=replace(STORY, image=sized)),)).to_html()
    assert (
        '<img src="https://a.example/b.jpg" alt="The &#34;palace&#34;" width="600" height="400" '
        'loading="lazy" decoding="async">'
    ) in html
    for extra in ({"width": 600}, {"width": "600", "height": "400"}, {"width": True, "height": True}):
        other = replace(STORY, image=replace(sized, extra=extra))
        assert " width=" not in replace(BLOCK, slots=(replace(SLOT, story=other),)).to_html()


def test_a_fragment_names_the_stylesheet_that_it_is_told_of():
    html = BLOCK.to_html(stylesheet_url="/style.css?a&b")
    assert html == f'<link rel="stylesheet" href="/style.css?a&amp;b">\n{BLOCK.to_html()}'
    assert replace(BLOCK, slots=()).to_html(stylesheet_url="/style.css") == ""


def test_a_stylesheet_has_a_version():
    assert re.fullmatch(r"[0-9a-f]{12}", stylesheet_version())


def test_the_page_says_which_of_the_editors_links_ours_holds():
    other = replace(STORY, id="z", headline="Elsewhere")
    texts = Outline(page("Demo", [Exhibit(story=STORY, block=BLOCK, reference=(other, STORY))])).texts
    assert texts[texts.index("Elsewhere") + 1] == "not in ours"
    assert texts[texts.index("not in ours") + 1 :][:2] == ["Talks resume", "number 1 in ours"]


def test_the_page_runs_no_script_and_loads_nothing_but_pictures():
    html = page_of(BLOCK)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src http: https:"
    assert f'content="{policy}"' in html
    assert {"script", "iframe", "link", "object"}.isdisjoint(tag for tag, _ in Outline(html).elements)


def test_json_holds_scores_reasons_and_provenance_and_nothing_internal():
    card = {
        "id": "b",
        "url": "https://a.example/b?x=1&y=2",
        "headline": "Talks resume",
        "deck": "After a month",
        "published": "2022-10-13T11:47:00Z",
        "language": "en",
        "image": {"url": "https://a.example/b.jpg", "caption": "The palace"},
    }
    earlier = {name: card[name] for name in ("deck", "published", "language")}
    assert json.loads(BLOCK.to_json()) == BLOCK.to_dict()
    assert BLOCK.to_dict() == {
        "id": "a",
        "headline": "The source",
        "slots": [
            {
                "position": 1,
                "story": card,
                "score": 0.75,
                "role": "background",
                "reasons": ["both name Kyiv"],
                "timeline": [{"id": "c", "headline": "Talks end", **earlier}],
                "pinned": True,
                "fallback": False,
            }
        ],
        "translations": [],
        "provenance": {
            "model": "all-MiniLM-L6-v2",
            "weights": "53aa5117",
            "generation": 3,
            "ranker": "1",
            "settings": "ab12",
            "time": "2026-01-01T12:30:00Z",
        },
    }


def test_text_for_the_terminal():
    assert BLOCK.to_text() == (
        "RELATED STORIES\n"
        "\n"
        " 1. Talks resume\n"
        "    After a month\n"
        "    picture: The palace\n"
        "    13 Oct 2022 https://a.example/b?x=1&y=2\n"
        "    why: score 0.750; background; pinned; both name Kyiv\n"
        "    also: Talks end"
    )


@given(ANY_TEXT | FOUL_TEXT, st.integers(30, 120))
def test_no_text_commands_the_terminal(text, width):
    shown = told(text).to_text(width=width)
    assert all(character == "\n" or character.isprintable() for character in shown)


@given(st.lists(st.from_regex(r"\A\w{1,12}\Z"), min_size=1, max_size=40), st.integers(30, 120))
def test_lines_keep_to_the_width(words, width):
    assert all(len(row) <= width for row in told(" ".join(words)).to_text(width=width).splitlines())


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_formula_knows_its_ends():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_text_colour_has_the_contrast_of_wcag_aa():
    schemes = re.findall(r":root \{(.*?)\}", page_of(BLOCK), re.DOTALL)
    assert len(schemes) == 2  # light and dark
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", scheme))
        for text in ("ink", "quiet", "accent"):
            for ground in ("paper", "wash"):
                assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground, colours)


def test_a_block_takes_its_colours_from_the_page():
    """Whatever a page's ground is, its own text can be read on it: no colour of ours is guessed."""
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", stylesheet())
    assert set(re.findall(r"^  color: (.+);", stylesheet(), re.MULTILINE)) <= {
        "inherit", "var(--related-ink, inherit)", "var(--quiet)", "var(--accent)",
    }  # fmt: skip
    assert (
        re.findall(r"--(?:quiet|accent): var\(--related-\w+, (\w+)\)", stylesheet()) == ["currentColor"] * 2
    )


@pytest.mark.parametrize("status", list(Status))
def test_render_shows_what_it_is_given(status):
    """Whether a story may be shown is decided before."""
    assert (
        "Talks resume"
        in replace(BLOCK, slots=(replace(SLOT, story=replace(STORY, status=status)),)).to_html()
    )


def test_the_passage_is_shown_with_what_it_shares() -> None:
    passage = Passage("Talks on Ukraine resume.", ((0, 5), (9, 16)))
    block = replace(BLOCK, slots=(replace(SLOT, passage=passage),))
    assert "<mark>Talks</mark> on <mark>Ukraine</mark> resume." in block.to_html()
    assert "says: *Talks* on *Ukraine* resume." in block.to_text()
    (slot,) = json.loads(block.to_json())["slots"]
    assert slot["passage"] == {"text": "Talks on Ukraine resume.", "marks": [[0, 5], [9, 16]]}


def test_a_story_s_own_block_shows_no_passage() -> None:
    assert "passage" not in json.loads(BLOCK.to_json())["slots"][0]
    assert "passage" not in BLOCK.to_html()
