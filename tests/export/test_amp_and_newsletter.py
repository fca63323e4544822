"""AMP holds what AMP allows; a newsletter what mail programs show, in the direction of each text."""

from __future__ import annotations

from dataclasses import replace

from recommender.engine.page_style import PageStyle
from recommender.export.amp_and_newsletter import amp, newsletter, newsletter_text
from recommender.story.story import Image
from tests.export.blocks import ARABIC, TARGET, UNLINKED, Elements, a_block

NOT_AMP = {"script", "style", "link", "img", "iframe", "form", "input", "object", "video", "base", "meta"}


def test_amp_has_no_script_no_style_and_no_picture_but_its_own() -> None:
    for look in (PageStyle(), PageStyle(heading="আরও পড়ুন", language="bn", unlinked="text")):
        found = Elements(amp(a_block(TARGET, ARABIC, UNLINKED, look=look, timeline=[ARABIC]))).found
        assert not NOT_AMP & {tag for tag, _ in found}
        for tag, attributes in found:
            assert not [name for name in attributes if name.startswith("on") or name in ("style", "loading")]
            assert tag != "amp-img" or {"src", "alt", "layout", "width", "height"} <= set(attributes)


def test_an_amp_block_runs_the_way_of_its_heading() -> None:
    ways = {}
    for heading, language in (("Related stories", "en"), ("مواضيع ذات صلة", "ar")):
        look = PageStyle(heading=heading, language=language)
        (aside,) = [
            attributes
            for tag, attributes in Elements(amp(a_block(TARGET, look=look))).found
            if tag == "aside"
        ]
        ways[aside["lang"]] = aside["dir"]
    assert ways == {"en": "ltr", "ar": "rtl"}


def test_a_picture_of_unknown_size_still_has_a_shape() -> None:
    story = replace(TARGET, image=Image(url="https://news.example/i.jpg"))
    (picture,) = [attributes for tag, attributes in Elements(amp(a_block(story))).found if tag == "amp-img"]
    assert (picture["width"], picture["height"], picture["layout"]) == ("16", "9", "responsive")


def test_a_newsletter_is_tables_and_inline_styles() -> None:
    found = Elements(newsletter(a_block(TARGET, ARABIC, UNLINKED))).found
    assert not {"style", "link", "script", "aside", "figure"} & {tag for tag, _ in found}
    assert all(attributes.get("role") == "presentation" for tag, attributes in found if tag == "table")
    assert not [attributes for _, attributes in found if "class" in attributes]
    for _, attributes in found:
        for name in ("href", "src"):
            assert (attributes.get(name) or "https://").startswith("https://")


def test_each_story_of_a_newsletter_runs_its_own_way() -> None:
    tables = [
        attributes
        for tag, attributes in Elements(newsletter(a_block(TARGET, ARABIC))).found
        if tag == "table"
    ]
    assert [(each["lang"], each["dir"]) for each in tables] == [
        ("en-GB", "ltr"),
        ("en", "ltr"),
        ("ar", "rtl"),
    ]


def test_the_text_of_a_mail() -> None:
    long = replace(
        TARGET, headline="A headline that is longer than a line of a mail has room for, and far more"
    )
    text = newsletter_text(a_block(long))
    assert text.splitlines() == [
        "RELATED STORIES",
        "",
        "* A headline that is longer than a line of a mail has room for, and far",
        "more",
        "  Sixty were on board",
        "  13 Oct 2022",
        "  https://news.example/2022/rescue/?x=1&y=2",
    ]
