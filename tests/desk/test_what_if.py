"""Other settings are tried without a trace, saved by an admin, put back; what the environment sets wins."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import urlencode

import pytest

from recommender.desk import trying
from recommender.desk.roles import Role
from recommender.newsroom import Newsroom
from recommender.service.settings import ServiceSettings
from tests.desk.conftest import STORIES, Office, _published, make_office, text_of
from tests.fakes import HashEmbedder

AT = "/desk/what-if"
STORY = "ferry-6"


def at(**values: object) -> str:
    return f"{AT}?{urlencode({'story': STORY} | values)}"


def slots_on(page: str) -> list[str]:
    rows = page.partition('id="tried-block"')[2].partition("</section>")[0].partition('<ol class="rows">')[2]
    return re.findall(r'<h3><a class="headline" href="/desk/stories/([^"]+)"', rows)


def test_a_slider_shows_the_block_as_it_would_be_and_what_goes(shared_office: Office) -> None:
    browser = shared_office.signed_in("reader", Role.READER)
    as_it_is = browser.get(at())
    before = slots_on(as_it_is.text)
    assert len(before) > 1
    assert "Its block as it is" in as_it_is.text
    fewer = browser.get(at(slots=1))
    assert slots_on(fewer.text) == before[:1]
    goes = re.findall(r'goes</span> <a class="headline" href="/desk/stories/([^"]+)"', fewer.text)
    assert goes == before[1:]
    assert shared_office.newsroom.settings.slots == 5
    assert [slot.story.id for slot in shared_office.newsroom.block(STORY).slots] == before


def test_without_a_script_what_was_moved_counts_the_slider_or_the_number(shared_office: Office) -> None:
    browser = shared_office.signed_in("reader", Role.READER)
    same = {"slots-was": "5", "slots": "5", "slots-slider": "5"}
    assert "Its block as it is" in browser.get(at(**same)).text
    assert len(slots_on(browser.get(at(**same | {"slots-slider": "2"})).text)) == 2
    assert len(slots_on(browser.get(at(**same | {"slots": "2"})).text)) == 2


def test_parts_of_the_page_are_had_alone(shared_office: Office) -> None:
    browser = shared_office.signed_in("reader", Role.READER)
    block, figure = browser.get(at(slots=1, part="block")), browser.get(at(slots=1, part="figure"))
    assert "<html" not in block.text
    assert "<html" not in figure.text
    assert len(slots_on(block.text)) == 1
    assert "Of 18 stories Now Tried" in text_of(figure)


def test_many_blocks_are_compared_on_the_same_stories(shared_office: Office) -> None:
    page = text_of(shared_office.signed_in("reader", Role.READER).get(at(slots=1)))
    now, tried = re.search(r"Slots shown ([\d.]+) ([\d.]+)", page).groups()  # type: ignore[union-attr]
    assert float(now) > float(tried) <= 1


def test_an_impossible_value_is_told_and_nothing_is_tried(shared_office: Office) -> None:
    browser = shared_office.signed_in("reader", Role.READER)
    for value in ("0", "2.5", "nan", "x", "1e400"):
        page = browser.get(at(slots=value))
        assert page.status_code == 422
        assert "Setting slots is" in text_of(page)
    assert browser.get(f"{AT}?story=nobody").status_code == 404


def test_where_others_wait_the_block_is_shown_and_the_figure_is_asked_for_later(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "WAITING", 0)
    page = office.signed_in("reader", Role.READER).get(at(slots=1))
    assert page.status_code == 200
    assert "Ask again in a moment" in page.text
    assert len(slots_on(page.text)) == 1


def test_an_admin_saves_with_a_note_and_puts_back(office: Office) -> None:
    before = [slot.story.id for slot in office.newsroom.block(STORY).slots]
    admin = office.signed_in("chief-desk", Role.ADMIN)
    form = {"act": "save", "story": STORY, "after": "0", "slots": "2", "note": "a narrow page <b>"}
    answer = admin.post(AT, on=AT, **form)
    assert answer.status_code == 303
    assert office.newsroom.settings.slots == 2
    page = admin.get(answer.headers["location"])
    assert "Saved: slots 2" in text_of(page)
    assert "a narrow page &lt;b&gt;" in page.text
    assert "chief-desk" in text_of(page)
    assert [slot.story.id for slot in office.newsroom.block(STORY).slots] == before[:2]
    again = admin.post(AT, on=AT, act="put-back", num="1", after="1", story=STORY)
    assert again.status_code == 303
    assert office.newsroom.settings.slots == 5
    assert [slot.story.id for slot in office.newsroom.block(STORY).slots] == before
    assert [choice.by for choice in office.newsroom.settings_desk.choices()] == ["chief-desk"] * 2


def test_what_was_not_moved_is_not_chosen_and_numbers_keep_their_digits(tmp_path: Path) -> None:
    for office in make_office(tmp_path / "archive"):
        office.newsroom.settings_desk.choose({"least_score": 0.012345678}, "night-desk")
        admin = office.signed_in("chief-desk", Role.ADMIN)
        page = admin.get(at()).text
        as_it_is = dict(re.findall(r'name="([\w-]+)"[^>]* value="([^"]+)" data-held', page))
        assert as_it_is["least_score"] == "0.012345678"
        assert "Its block as it is" in admin.get(at(**as_it_is)).text
        tried = admin.get(at(**as_it_is | {"slots": 2})).text
        sent = dict(re.findall(r'name="(\w+)" value="([^"]+)" data-copies', tried))
        assert sent == {"slots": "2"}
        assert admin.post(AT, on=AT, act="save", after="1", **sent).status_code == 303
        assert office.newsroom.settings_desk.choices()[-1].values == {"least_score": 0.012345678, "slots": 2}


def test_who_is_no_admin_tries_and_does_not_save(office: Office) -> None:
    for role in (Role.READER, Role.EDITOR):
        browser = office.signed_in(f"{role}-desk", role)
        assert "Save for all blocks" not in browser.get(at(slots=2)).text
        assert browser.post(AT, on=AT, act="save", slots="2").status_code == 403
    assert office.newsroom.settings.slots == 5


def test_who_saves_after_another_is_told_and_nothing_is_saved(office: Office) -> None:
    office.newsroom.settings_desk.choose({"slots": 3}, "night-desk")
    admin = office.signed_in("chief-desk", Role.ADMIN)
    late = admin.post(AT, on=AT, act="save", after="0", slots="2")
    assert late.status_code == 409
    assert "night-desk" in late.text
    assert office.newsroom.settings.slots == 3


def test_what_the_environment_sets_cannot_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELATED_SLOTS", "4")
    for office in make_office(tmp_path / "archive"):
        page = office.signed_in("reader", Role.READER).get(at(slots=1))
        assert "Set by the environment (RELATED_SLOTS)" in text_of(page)
        assert "Its block as it is" in page.text


def test_another_process_follows_at_once(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    shutil.copytree(f"{_published().name}/archive", path)
    with (
        Newsroom.open(path, embedder=HashEmbedder()) as one,
        Newsroom.open(path, embedder=HashEmbedder()) as other,
    ):
        assert len(other.block(STORY).slots) > 1
        one.settings_desk.choose({"slots": 1}, "chief-desk")
        assert len(other.block(STORY).slots) == 1
        assert other.backlog().stale == one.backlog().stale > 0


def test_an_archive_without_stories_says_so(tmp_path: Path) -> None:
    for office in make_office(tmp_path / "archive"):
        for story in STORIES:
            office.newsroom.delete(story["id"])
        page = office.signed_in("reader", Role.READER).get(f"{AT}?slots=2")
        assert "No story is public yet" in page.text


def test_an_admin_lets_readers_compare_what_is_tried_and_ends_that(tmp_path: Path) -> None:
    for office in make_office(tmp_path / "archive", ServiceSettings(beacon=True)):
        admin, reader = office.signed_in("chief-desk", Role.ADMIN), office.signed_in("reader", Role.READER)
        assert "Let readers compare it" in admin.get(at(recency=1)).text
        begun = admin.post(AT, on=AT, act="compare", recency="1", note="fresher", story=STORY)
        assert begun.headers["location"].endswith("#comparison")
        for path in (at(), "/desk/clicks"):
            page = text_of(reader.get(path))
            assert "Not decided yet . Tried: age 1; begun by chief-desk : fresher" in page
            assert "End the comparison" not in page
        assert admin.post(AT, on=AT, act="save", recency="2").status_code == 409
        assert reader.post(AT, on=AT, act="end").status_code == 403
        assert admin.post(AT, on=AT, act="end").status_code == 303
        assert "(ended)" in reader.get("/desk/clicks").text


def test_nothing_is_compared_where_no_block_counts_clicks(shared_office: Office) -> None:
    page = shared_office.signed_in("chief-desk", Role.ADMIN).get(at(recency=1)).text
    assert "Save for all blocks" in page
    assert "Let readers compare it" not in page
