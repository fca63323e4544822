"""The beacon counts what readers see, where it is on: nobody who asks not to be counted, and no crawler."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from recommender.catalog.clicks import ClickRow, ClicksTable
from recommender.errors import ArchiveBusyError
from recommender.newsroom import Newsroom
from recommender.newsroom.comparing import ComparisonEntry
from recommender.service import click_counts
from recommender.service.app import app_of
from recommender.service.bodies import SHORT
from recommender.service.click_counts import HOLD_SECONDS, MOST_HELD, ClickCounts
from recommender.service.keys import Keyring, Right
from recommender.service.service import Service
from recommender.service.settings import ServiceSettings
from recommender.story.story import Story
from tests.fakes import HashEmbedder
from tests.service.cases import story

NOW = 1_740_000_000.0
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SEEN = {"source": "ferry-3", "shown": [["ferry-2", 1], ["ferry-1", 2]], "clicked": [["ferry-2", 1]]}


class Place:
    """A service whose clock is set."""

    def __init__(self, newsroom: Newsroom, *, beacon: bool = True) -> None:
        self.now, self.newsroom = NOW, newsroom
        settings = ServiceSettings(beacon=beacon, open_reads=True, public_url="https://related.example")
        self.service = Service(newsroom, settings, lambda: self.now)
        self.app = app_of(self.service)
        self.http = TestClient(self.app, headers={"user-agent": BROWSER})

    def counts(self) -> list[tuple[str, int, int, int]]:
        self.service.clicks.close()
        rows = ClicksTable(self.newsroom.archive.catalog).since("2000-01-01")
        return [(row.target, row.position, row.shown, row.clicked) for row in rows]


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    with Newsroom.create(tmp_path / "archive", embedder=HashEmbedder(), clock=lambda: NOW) as newsroom:
        for _ in newsroom.publish_many(Story.from_json(story(f"ferry-{n}", day=n)) for n in range(1, 5)):
            pass
        yield newsroom


@pytest.fixture
def place(newsroom: Newsroom) -> Iterator[Place]:
    place = Place(newsroom)
    yield place
    place.service.close()


def test_what_is_shown_and_clicked_is_counted(place: Place) -> None:
    for _ in range(2):
        answer = place.http.post("/beacon", json=SEEN)
        assert (answer.status_code, answer.text) == (204, "")
        assert "set-cookie" not in answer.headers
    assert place.counts() == [("ferry-2", 1, 2, 2), ("ferry-1", 2, 2, 0)]


def test_a_browser_sends_it_as_text(place: Place) -> None:
    kind = {"content-type": "text/plain;charset=UTF-8"}
    body = '{"source": "ferry-3", "shown": [["ferry-2", 1], ["ferry-2", 1]]}'
    assert place.http.post("/beacon", content=body, headers=kind).status_code == 204
    assert place.counts() == [("ferry-2", 1, 1, 0)], "a slot is shown once a page"


@pytest.mark.parametrize(
    "headers",
    [
        {"dnt": "1"},
        {"sec-gpc": "1"},
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"user-agent": "curl/8.5.0"},
        {"user-agent": ""},
    ],
)
def test_who_is_not_to_be_counted_is_not(place: Place, headers: dict[str, str]) -> None:
    assert place.http.post("/beacon", json=SEEN, headers=headers).status_code == 204
    assert place.counts() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"source": ""},
        {"source": "a", "shown": [["b", 0]]},
        {"source": "a", "shown": [["b"]]},
        {"source": "a", "shown": [["b", 1]] * 51},
        {"source": "a", "reader": "x"},
    ],
)
def test_what_tells_of_no_slots_is_refused(place: Place, body: dict[str, object]) -> None:
    assert place.http.post("/beacon", json=body).status_code == 422


def test_stories_that_are_not_held_are_passed_over(place: Place) -> None:
    place.http.post("/beacon", json={"source": "nobody", "shown": [["ferry-1", 1]]})
    place.http.post("/beacon", json={"source": "ferry-1", "shown": [["nobody", 1]]})
    assert place.counts() == []


def test_one_address_tells_so_much(place: Place) -> None:
    answers = {place.http.post("/beacon", json=SEEN).status_code for _ in range(120)}
    assert answers == {204, 429}


def test_off_nothing_is_counted_and_no_script_is_in_a_block(newsroom: Newsroom) -> None:
    off = Place(newsroom, beacon=False)
    html = {"accept": "text/html"}
    assert "<script" not in off.http.get("/stories/ferry-3/related", headers=html).text
    assert off.http.post("/beacon", json=SEEN).status_code == 204, "pages in caches go on to tell"
    assert off.counts() == []
    off.service.close()


def test_on_a_block_names_the_script_and_its_slots(place: Place) -> None:
    block = place.http.get("/stories/ferry-3/related", headers={"accept": "text/html"}).text
    assert '<script src="https://related.example/related-stories.js"' in block
    assert 'data-source="ferry-3"' in block
    assert "<script" not in place.newsroom.block("ferry-3").to_html()
    script = place.http.get("/related-stories.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"


def test_counts_are_written_after_some_seconds(newsroom: Newsroom) -> None:
    now = [NOW]
    counts = ClickCounts(ClicksTable(newsroom.archive.catalog), None, 10, lambda: now[0])
    assert not counts.count("ferry-3", [("ferry-2", 1)], [])
    now[0] += HOLD_SECONDS
    assert counts.count("ferry-3", [("ferry-2", 1)], [])
    assert not counts.count("ferry-3", [("ferry-2", 1)], []), "one at a time writes"
    counts.write()
    (row,) = ClicksTable(newsroom.archive.catalog).since("2025-02-19")
    assert row.shown == 3
    now[0] += 11 * 86_400
    counts.count("ferry-3", [("ferry-1", 1)], [])
    counts.write()
    (row,) = ClicksTable(newsroom.archive.catalog).since("2025-02-19")
    assert row.target == "ferry-1", "what is older than the days is forgotten"


def test_memory_is_bounded(newsroom: Newsroom) -> None:
    counts = ClickCounts(ClicksTable(newsroom.archive.catalog), None, 10, lambda: NOW)
    for n in range(MOST_HELD + 10):
        counts.count(f"story-{n}", [("ferry-2", 1)], [])
    assert len(counts._held) == MOST_HELD


class Browser:
    """A browser, or a sender of anything, that lets the service wait for its body."""

    def __init__(self, place: Place, address: str = "10.0.0.1") -> None:
        self.place, self.address, self.status = place, address, 0
        self.asked = 0

    async def send(self, path: str, body: bytes, *, whole: bool = True, **headers: str) -> int:
        given = {"user-agent": BROWSER, "content-type": "text/plain"} | headers
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "client": (self.address, 1),
        }

        async def receive() -> dict[str, object]:
            self.asked += 1
            if self.asked == 1:
                return {"type": "http.request", "body": body, "more_body": not whole}
            await asyncio.Event().wait()
            return {}

        async def hear(message: dict[str, object]) -> None:
            self.status = int(str(message.get("status", self.status)))

        await self.place.app(scope, receive, hear)  # type: ignore[arg-type]
        return self.status


def test_half_sent_ones_leave_room_for_who_has_a_key(place: Place) -> None:
    key = Keyring(place.newsroom.archive.catalog, lambda: NOW).add("cms", [Right.READ, Right.PUBLISH])
    bearer = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    half = b" " * (place.service.settings.max_beacon - 1)
    told = json.dumps(story("ferry-9", day=9)).encode()

    async def all_at_once() -> None:
        senders = [Browser(place, f"10.0.{n}.1") for n in range(SHORT + 10)]
        tasks = [asyncio.create_task(each.send("/beacon", half, whole=False)) for each in senders]
        await asyncio.sleep(0)
        while any(each.asked < 2 and not each.status for each in senders):
            await asyncio.sleep(0)
        assert 503 in {each.status for each in senders}, "their own room is full"
        assert await Browser(place).send("/stories", told, **bearer) == 201
        for task in tasks:
            task.cancel()

    asyncio.run(all_at_once())


def test_one_is_counted_before_it_is_read(place: Place) -> None:
    async def too_many() -> Sequence[tuple[int, int]]:
        senders = [Browser(place) for _ in range(110)]
        tasks = [asyncio.create_task(each.send("/beacon", b" ", whole=False)) for each in senders]
        await asyncio.wait(tasks, timeout=60, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        return [(each.status, each.asked) for each in senders]

    assert (429, 0) in asyncio.run(too_many())


def test_one_is_short(place: Place) -> None:
    long = " " * (place.service.settings.max_beacon + 1)
    answer = place.http.post("/beacon", content=long, headers={"content-type": "text/plain"})
    assert answer.status_code == 413
    assert "max_beacon" in answer.json()["detail"]


@pytest.mark.parametrize("headers", [{}, {"dnt": "1"}])
def test_one_that_counts_for_nothing_is_not_read(newsroom: Newsroom, headers: dict[str, str]) -> None:
    place = Place(newsroom, beacon=bool(headers))
    browser = Browser(place)
    assert asyncio.run(browser.send("/beacon", b"", whole=False, **headers)) == 204
    assert browser.asked == 0
    place.service.close()


def test_what_cannot_be_written_waits(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def busy(_: object, rows: Sequence[ClickRow]) -> int:
        raise ArchiveBusyError("another writer holds it")

    with monkeypatch.context() as broken, caplog.at_level(logging.WARNING, "related.service"):
        broken.setattr(ClicksTable, "add", busy)
        for _ in range(3):
            assert place.http.post("/beacon", json=SEEN).status_code == 204
            place.now += HOLD_SECONDS
            place.service.clicks.write()
    assert len([1 for record in caplog.records if "clicks wait" in record.message]) == 1
    assert place.counts() == [("ferry-2", 1, 3, 3), ("ferry-1", 2, 3, 0)]


def test_no_reader_waits_until_it_is_written(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, add = threading.Event(), ClicksTable.add

    def slow(table: ClicksTable, rows: Sequence[ClickRow]) -> int:
        assert goes_on.wait(60)
        return add(table, rows)

    async def tell() -> None:
        place.now += HOLD_SECONDS
        assert await Browser(place).send("/beacon", json.dumps(SEEN).encode()) == 204
        goes_on.set()
        while place.service.clicks._held:
            await asyncio.sleep(0.01)

    monkeypatch.setattr(ClicksTable, "add", slow)
    asyncio.run(asyncio.wait_for(tell(), 60))
    place.service.work.close()
    assert place.counts() == [("ferry-2", 1, 1, 1), ("ferry-1", 2, 1, 0)]


def test_a_click_counts_for_the_settings_that_put_the_slot_there(place: Place) -> None:
    for n in range(1, 5):
        fresh = story(f"fresh-{n}", published=f"2025-02-1{n}T06:00:00Z")
        place.newsroom.publish(Story.from_json(fresh))
    block = place.http.get("/stories/fresh-3/related", headers={"accept": "text/html"}).text
    assert "data-compared" not in block
    place.newsroom.comparison_desk.start({"recency": 1}, "sports-desk")
    place.newsroom.refresh()
    block = place.http.get("/stories/fresh-3/related", headers={"accept": "text/html"}).text
    compared = json.loads(unescape(re.search(r'data-compared="([^"]+)"', block)[1]))  # type: ignore[index]
    slots = json.loads(unescape(re.search(r'data-slots="([^"]+)"', block)[1]))  # type: ignore[index]
    assert compared["num"] == 1
    assert sorted(compared["now"] + compared["tried"]) == sorted(id for id, _ in slots)
    clicked = [slot for slot in slots if slot[0] in compared["tried"]][:1]
    for seen in ({"shown": slots}, {"clicked": clicked}):
        sent = {"source": "fresh-3", "compared": compared} | seen
        assert place.http.post("/beacon", json=sent).status_code == 204
    late = {"source": "fresh-3", "clicked": slots, "compared": compared | {"num": 2}}
    assert place.http.post("/beacon", json=late).status_code == 204
    empty = {"source": "junk", "compared": {"num": 1}}
    assert place.http.post("/beacon", json=empty).status_code == 204
    assert {(num, source) for num, _, source, _, _ in place.service.clicks._teams} == {(1, "fresh-3")}
    place.service.clicks.close()
    found = place.newsroom.comparison_desk.latest()
    assert found is not None
    assert (found.wins, found.losses, found.clicks, found.clicks_now) == (1, 0, 1, 0)


def test_what_no_story_is_called_counts_for_neither_settings_and_takes_no_room_from_others(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(click_counts, "MOST_STRANGERS", 3)
    for n in range(1, 5):
        fresh = story(f"fresh-{n}", published=f"2025-02-1{n}T06:00:00Z")
        place.newsroom.publish(Story.from_json(fresh))
    place.newsroom.comparison_desk.start({"recency": 1}, "sports-desk")
    teams = {"num": 1, "now": ["fresh-1"], "tried": ["fresh-2", "no-story", "fresh-4"]}
    every = [["fresh-1", 1], ["fresh-2", 2], ["no-story", 3], ["fresh-4", 4]]

    def tell(source: str, clicked: list[list[object]], **more: object) -> None:
        sent = {"source": source, "shown": every, "clicked": clicked, "compared": teams | more}
        assert place.http.post("/beacon", json=sent).status_code == 204

    def written() -> ComparisonEntry:
        while place.service.clicks.write():
            pass
        found = place.newsroom.comparison_desk.latest()
        assert found is not None
        return found

    tell("fresh-3", every[1:3])
    tell("fresh-3", every[3:], now=["fresh-1", "fresh-4"])  # both are said to have put it there
    assert (written().clicks, written().clicks_now) == (1, 0)
    for n in range(50):
        tell(f"no-story-{n}", every)
    sources = {source for _, _, source, _, _ in place.service.clicks._teams}
    assert len(sources) == 3, "so many of which nobody knows whether they take part"
    tell("fresh-3", every[:1])
    assert (written().clicks, written().clicks_now) == (1, 1)
    tell("fresh-2", every[3:])  # there is room for strangers again
    assert written().clicks == 2


def test_invented_slots_of_one_story_keep_nobody_out(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click_counts, "MOST_HELD", 30)
    monkeypatch.setattr(click_counts, "MOST_OF_ONE", 20)
    monkeypatch.setattr(click_counts, "MOST_STRANGERS", 3)
    clicks = place.service.clicks
    for n in range(50):
        clicks.count_teams(1, "ferry-3", {"now": [f"no-story-{n}"]}, ([(f"no-story-{n}", 1)], []))
    assert len(clicks._teams) == 20, "so many as a block may have"
    for n in range(50):
        clicks.count_teams(1, f"no-story-{n}", {"now": ["ferry-1"]}, ([("ferry-1", 1)], []))
    while clicks.write():
        pass
    assert not clicks._strangers
    clicks.count_teams(1, "ferry-2", {"now": ["ferry-1"]}, ([("ferry-1", 1)], []))
    assert {key[2] for key in clicks._teams} == {"ferry-2"}


def test_what_was_counted_for_two_settings_alone_is_written_in_time(place: Place) -> None:
    clicks = place.service.clicks
    clicks.count_teams(1, "ferry-3", {"now": ["ferry-1"]}, ([("ferry-1", 1)], []))
    assert not clicks.count("ferry-3", [], [])
    place.now += HOLD_SECONDS
    assert clicks.count("ferry-3", [], [])
