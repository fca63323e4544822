"""Many blocks at once: nothing before it was said, resumed, taken back as one, and by a name."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from recommender.desk.roles import Role
from recommender.newsroom import EditorAct
from recommender.newsroom.bulk import BulkKind
from recommender.story.story import Story
from tests.desk.conftest import STORIES, Browser, Office, make_office, text_of
from tests.service.cases import story

DAY = "2025-01-03"
OF_DAY = ["ferry-3", "budget-3", "cricket-3"]


def version_on(browser: Browser, address: str) -> str:
    """Return what the page of a plan says of what it shows."""
    found = re.search(r'name="version" value="(\w+)"', browser.get(address).text)
    return found[1] if found else ""


def begun(office: Office, browser: Browser, **fields: str) -> int:
    """Begin an act by the form of its page, and return its number."""
    address = "/desk/bulk?" + "&".join(f"{name}={value}" for name, value in fields.items())
    answer = browser.post("/desk/bulk", on=address, version=version_on(browser, address), **fields)
    assert answer.status_code == 303, text_of(answer)
    return int(answer.headers["location"].rpartition("/")[2])


def finish(office: Office) -> None:
    while office.newsroom.bulk.work(10):
        pass


def shown(office: Office, id: str) -> list[str]:
    return [slot.story.id for slot in office.newsroom.block(id).slots]


def test_a_day_is_approved_by_a_name_and_taken_back_as_one(office: Office) -> None:
    browser = office.signed_in("night-desk", Role.EDITOR)
    before = {id: shown(office, id) for id in OF_DAY}
    page = browser.get(f"/desk/bulk?kind=approve&day={DAY}")
    assert "Not done yet. 3 blocks" in text_of(page)
    assert not any(office.newsroom.history(id) for id in OF_DAY)
    num = begun(office, browser, kind="approve", day=DAY)
    finish(office)
    for id in OF_DAY:
        assert office.newsroom.decisions(id).frozen == tuple(before[id])
        assert office.newsroom.history(id)[0].by == f"night-desk, act {num} on many"
    assert "All 3 blocks are done" in text_of(browser.get(f"/desk/bulk/{num}"))
    undone = begun(office, browser, kind="undo", act=str(num))
    finish(office)
    for id in OF_DAY:
        assert office.newsroom.decisions(id).frozen is None
        assert office.newsroom.history(id)[0].undone_by == f"night-desk, act {undone} on many"
    assert f"taken back by act {undone}" in text_of(browser.get(f"/desk/bulk/{num}"))
    assert browser.get(f"/desk/bulk?kind=undo&act={num}").status_code == 409


def test_what_a_process_left_half_done_goes_on_and_is_done_once(office: Office) -> None:
    bulk, newsroom = office.newsroom.bulk, office.newsroom
    num = bulk.begin(bulk.planned(BulkKind.APPROVE, DAY, OF_DAY), "night-desk")
    assert bulk.work(0)  # one block at least
    assert bulk.act(num).done == 1
    newsroom.freeze(
        OF_DAY[1], f"night-desk, act {num} on many"
    )  # done, and the process ended before the note
    finish(office)
    assert bulk.act(num).done == 3
    assert [len(newsroom.history(id)) for id in OF_DAY] == [1, 1, 1]
    assert all(row.event for row in bulk.blocks(num))


def test_blocks_are_made_anew_and_frozen_again_as_they_were(office: Office) -> None:
    newsroom, bulk = office.newsroom, office.newsroom.bulk
    newsroom.freeze("ferry-3", "sports-desk")
    frozen = newsroom.decisions("ferry-3").frozen
    newsroom.pin("budget-3", "cricket-1", 1, "sports-desk")
    pinned = shown(office, "budget-3")
    num = bulk.begin(bulk.planned(BulkKind.REDO, DAY, OF_DAY), "night-desk")
    finish(office)
    assert newsroom.decisions("ferry-3").frozen is None
    assert shown(office, "budget-3") == pinned
    bulk.begin(bulk.undoing(num), "night-desk")
    finish(office)
    assert newsroom.decisions("ferry-3").frozen == frozen
    assert shown(office, "budget-3") == pinned


def test_what_a_publish_changed_is_put_back(office: Office) -> None:
    newsroom, browser = office.newsroom, office.signed_in("night-desk", Role.EDITOR)
    before = {each["id"]: shown(office, each["id"]) for each in STORIES}
    new = Story.from_json(story("ferry-new", "ferry", 6))
    newsroom.publish(new)
    newsroom.refresh(1000, 120)
    after = {id: shown(office, id) for id in before}
    changed = [id for id in before if after[id] != before[id]]
    assert changed
    page = browser.whole("/desk/attention").text
    link = re.search(r'href="(/desk/bulk\?kind=put\+back&amp;change=(\d+))"', page)
    assert link, page
    plan = text_of(browser.get(link[1].replace("&amp;", "&")))
    assert "frozen as it was before" in plan
    assert "ferry-new was published" in plan
    num = begun(office, browser, kind="put back", change=link[2])
    finish(office)
    assert {id: shown(office, id) for id in changed} == {id: before[id] for id in changed}
    assert newsroom.archive.catalog.get("ferry-new") is not None  # what was published stays
    begun(office, browser, kind="undo", act=str(num))
    finish(office)
    assert {id: shown(office, id) for id in changed} == {id: after[id] for id in changed}


def test_what_editors_froze_stays_whatever_is_done_to_many(office: Office) -> None:
    newsroom, bulk = office.newsroom, office.newsroom.bulk
    newsroom.freeze("ferry-3", "sports-desk")
    num = bulk.begin(bulk.planned(BulkKind.APPROVE, DAY, OF_DAY), "night-desk")
    finish(office)
    assert [row.note for row in bulk.blocks(num) if row.source == "ferry-3"] == ["it was frozen already"]
    bulk.begin(bulk.undoing(num), "night-desk")
    finish(office)
    assert newsroom.decisions("ferry-3").frozen is not None
    assert [event.act for event in newsroom.history("ferry-3")] == [EditorAct.FREEZE]


def test_what_was_not_shown_is_shown_before_it_is_done(office: Office) -> None:
    browser, address = office.signed_in("night-desk", Role.EDITOR), f"/desk/bulk?kind=approve&day={DAY}"
    fields = {"kind": "approve", "day": DAY, "version": version_on(browser, address)}
    office.newsroom.publish(Story.from_json(story("ferry-new", "ferry", 3)))
    answer = browser.post("/desk/bulk", on=address, **fields)
    assert answer.status_code == 409
    assert "Nothing was done" in text_of(answer)
    assert "4 blocks" in text_of(answer)
    assert office.newsroom.bulk.latest(5) == []
    begun(office, browser, kind="approve", day=DAY)
    assert office.newsroom.bulk.latest(5)[0].blocks == 4


def test_the_day_of_the_form_is_the_day_of_which_stories_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELATED_PAGE_ZONE", "Pacific/Pago_Pago")
    for office in make_office(tmp_path / "archive"):
        office.clock.now = datetime.fromisoformat(f"{DAY}T05:00:00Z").timestamp()
        page = office.signed_in().get("/desk/bulk").text
        day = re.search(r'name="day" type="date" value="([^"]+)"', page)
        assert day
        assert day[1] == DAY  # where the page's dates are, it is the day before


def test_readers_look_and_begin_nothing(office: Office) -> None:
    browser = office.signed_in("guest", Role.READER)
    assert browser.get("/desk/bulk").status_code == 200
    answer = browser.post("/desk/bulk", on="/desk/bulk", kind="approve", day=DAY)
    assert answer.status_code == 403
    assert office.newsroom.bulk.latest(5) == []


def test_what_is_no_day_and_no_act_is_told(office: Office) -> None:
    browser = office.signed_in()

    def says(path: str) -> httpx.Response:
        return browser.get(f"/desk/bulk{path}")

    assert says("?kind=approve&day=soon").status_code == 422
    assert says("?kind=burn&day=2025-01-03").status_code == 422
    assert says("?kind=put+back&change=999").status_code == 404
    assert says("/999").status_code == 404
    assert says("/one").status_code == 422
    assert "No block would be changed" in text_of(says("?kind=approve&day=2020-01-01"))
