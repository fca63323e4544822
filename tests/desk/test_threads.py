"""The desk's pages of running stories: told to whoever is signed in, whatever stands in the headlines."""

from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest

from recommender.desk import soon
from recommender.desk.roles import Role
from recommender.desk.threads import BARS, FEWEST_BARS, HEIGHT, Strip
from recommender.newsroom import Report, Thread, ThreadState
from recommender.story.story import Story
from tests.desk.conftest import Office
from tests.service.cases import story


def wreck(n: int, **more: object) -> Story:
    text = "Wreck of the Delta Queen found off Bhola; divers search the hull for the captain's log"
    body = f"{text}. {text}. Day {n}: divers found item{n} and piece{n} in cabin{n}."
    given = story(f"wreck/{n}", day=20 + n, headline=f"Delta Queen wreck, day {n} off Bhola", body=body)
    return Story.from_json({**given, **more})


@pytest.fixture
def running(office: Office) -> Office:
    office.newsroom.archive.add([wreck(n) for n in range(4)])
    return office


def test_threads_and_their_timelines_are_told(running: Office) -> None:
    browser = running.signed_in(role=Role.READER)
    page = browser.whole("/desk/threads?least=3&at=2025-01-31")
    assert page.status_code == 200
    assert "Delta Queen wreck, day 3 off Bhola" in page.text
    (link,) = re.findall(r'href="(/desk/threads/wreck[^"]*)"', page.text)
    one = browser.whole(link).text
    days = [one.index(f"/desk/stories/wreck%2F{n}") for n in (3, 2, 1, 0)]
    assert days == sorted(days), "the newest stands first"


def test_where_nothing_goes_on_the_page_leads_to_the_day_of_the_newest_story(running: Office) -> None:
    running.newsroom.archive.add([wreck(9, published="2025-02-20T06:00:00Z", status="draft")])
    browser = running.signed_in(role=Role.READER)
    empty = browser.whole("/desk/threads?at=2020-01-01").text
    (link,) = re.findall(r'href="(/desk/threads\?at=[^"]*)"', empty)
    assert unescape(link) == "/desk/threads?at=2025-01-23&least=2"
    assert "day 3 off Bhola" in browser.whole(unescape(link)).text


def test_what_readers_may_not_see_stands_on_no_page(running: Office) -> None:
    running.newsroom.withdraw("wreck/2")
    browser = running.signed_in(role=Role.READER)
    assert "day 2 off" not in browser.whole("/desk/threads?least=2&at=2025-01-31").text
    assert "day 2 off" not in browser.whole("/desk/threads/wreck%2F0?at=2025-01-31").text
    assert browser.whole("/desk/threads/wreck%2F2").status_code == 404


def test_who_looks_while_events_are_found_is_told_and_then_sees_them_as_of_then(
    running: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, threads = threading.Event(), running.newsroom.threads

    def slow(at: str | None, least: int | None) -> list[Thread]:
        found = threads(at, least)
        assert may_end.wait(120)
        return found

    monkeypatch.setattr(soon, "GRACE_SECONDS", 0)
    monkeypatch.setattr(running.newsroom, "threads", slow)
    browser, path = running.signed_in(role=Role.READER), "/desk/threads?least=2&at=2025-01-31"
    assert "The events are being found." in browser.get(path).text
    assert "The events are being found." in browser.get(path).text
    running.newsroom.withdraw("wreck/2")
    may_end.set()
    page = browser.whole(path).text
    assert "day 3 off Bhola" in page
    assert "day 2 off" not in page


@pytest.mark.parametrize("query", ["least=x", "least=0", "least=10000", "at=soon", f"least={'9' * 5000}"])
def test_a_question_that_makes_no_sense_is_refused_in_words(office: Office, query: str) -> None:
    assert office.signed_in().whole(f"/desk/threads?{query}").status_code == 422


def test_nobody_is_told_without_signing_in(office: Office) -> None:
    assert office.browser().get("/desk/threads").status_code == 303


def test_a_strip_has_a_bar_for_each_day_with_reports() -> None:
    noon = datetime(2025, 1, 1, 12, tzinfo=UTC)
    hours = (0, 3, 30, 24 * 200)

    def thread(*some: int) -> Thread:
        stories = [
            Story(id=str(n), headline=str(n), body="", published=noon + timedelta(hours=n)) for n in some
        ]
        return Thread(about=(), state=ThreadState.OVER, reports=tuple(map(Report, stories)))

    strip = Strip.of(thread(*hours[:3]), UTC)  # type: ignore[arg-type]
    assert [(bar.x, bar.day, bar.reports) for bar in strip.bars] == [
        (FEWEST_BARS - 2, date(2025, 1, 1), 2),
        (FEWEST_BARS - 1, date(2025, 1, 2), 1),
    ]
    assert [bar.height for bar in strip.bars] == [HEIGHT, HEIGHT / 2]
    assert [(bar.x, bar.reports) for bar in Strip.of(thread(*hours), UTC).bars] == [(BARS - 1, 1)]  # type: ignore[arg-type]
