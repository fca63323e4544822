"""What a template is given: plain texts, addresses, and the stories by the paths of their pages."""

from __future__ import annotations

import json
from dataclasses import replace

from recommender.engine.page_style import PageStyle
from recommender.export.site import Site
from recommender.export.site_data import amp_list, by_path, site_data
from tests.export.blocks import ARABIC, SOURCE, TARGET, UNLINKED, a_block


def test_a_template_gets_what_it_shows() -> None:
    data = site_data(a_block(TARGET, look=PageStyle(heading="আরও পড়ুন", language="bn"), timeline=[ARABIC]))
    assert (data["heading"], data["language"], data["dir"]) == ("আরও পড়ুন", "bn", "ltr")
    (story,) = data["stories"]
    assert story["title"] == TARGET.headline
    assert story["day"] == "১৩ অক্টো, ২০২২"
    assert story["path"] == "/2022/rescue/?x=1&y=2"
    assert story["image"] == {
        "url": "https://news.example/i.jpg", "caption": "The pier", "width": 600, "height": 400
    }  # fmt: skip
    assert [(each["id"], each["dir"]) for each in story["timeline"]] == [("20", "rtl")]
    assert not {"score", "reasons", "sensitive"} & set(story)


def test_a_page_has_one_alternate_for_each_other_language() -> None:
    older, own = replace(ARABIC, id="older"), replace(TARGET, id="own")
    (told,) = site_data(a_block(TARGET, translations=[ARABIC, older, own, UNLINKED]))["translations"]
    assert (told["id"], told["language"], told["url"]) == (ARABIC.id, "ar", ARABIC.url)
    assert "translations" not in site_data(a_block(TARGET))


def test_amp_list_finds_its_items() -> None:
    assert [item["url"] for item in amp_list(a_block(UNLINKED, TARGET))["items"]] == [TARGET.url]
    assert amp_list(a_block()) == {"items": []}


def test_stories_are_found_by_their_pages() -> None:
    found = json.loads("".join(by_path([a_block(TARGET), a_block(source=ARABIC)], Site())))
    assert list(found) == ["/2022/ferry-sinks/", "/ar/20"]
    assert found["/2022/ferry-sinks/"] == site_data(a_block(TARGET))


def test_of_two_stories_at_one_path_the_first_stands() -> None:
    other = replace(SOURCE, id="other", url="https://other.example/2022/ferry-sinks/")
    found = json.loads("".join(by_path([a_block(TARGET), a_block(source=other)], Site())))
    assert len(found) == 1
    assert found["/2022/ferry-sinks/"]["stories"]
