"""What is said in a slot is of the words that both stories have now, none of a hidden or an old one."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from prometheus_client import generate_latest
from starlette.testclient import TestClient

from recommender import Block, Settings, Status, Story
from recommender.newsroom import Newsroom
from recommender.service.app import app_of
from recommender.service.service import Service
from recommender.service.settings import ServiceSettings
from recommender.service.signing import new_secret
from recommender.service.telemetry import JsonLogHandler
from recommender.service.webhook_sender import Destination, WebhookSender
from tests.newsroom.world import Clock, a_story, another, at, corrected, drain, fill, ids, make

PLACES = ["Bhola", "Sylhet", "Khulna", "Rangpur", "Barisal", "Comilla", "Jashore", "Tangail"]
NAMED = re.compile("|".join(PLACES))
NAMES = [f"s{n}" for n in range(6)]
IDS = re.compile(r"\bs[0-5]\b")
TIGHT = Settings(slots=3, diff_blocks=1, diff_seconds=60.0)


def about(name: str, *places: str, **more: object) -> Story:
    """Return a story that names places where a reason would take them from."""
    said = " ".join(f"The river rose in {place}, officials in {place} said." for place in places)
    url = f"https://a.example/{name}-{'-'.join(places)}"
    story = a_story(name, headline=f"Flood {name} in {' and '.join(places)}", url=url, **more)
    return replace(story, body=f"{said} {story.body}")


def said_in(block: Block) -> set[str]:
    """Return all places that any form of a block names."""
    return set(NAMED.findall(block.to_json() + block.to_html() + block.to_text()))


def reasons_of(block: Block, id: str) -> tuple[str, ...]:
    """Return what is said of a story in a block."""
    return next(slot.reasons for slot in block.slots if slot.story.id == id)


@pytest.fixture
def linked(newsroom: Newsroom) -> Newsroom:
    """Stories on the flood, two of which name one place, which is the reason of their link."""
    fill(newsroom, 9)
    newsroom.publish(about("withdrawn", "Bhola", hours=-30))
    newsroom.publish(about("apology", "Khulna", hours=-20))
    newsroom.publish(about("source", "Bhola", hours=-10))
    drain(newsroom)
    assert any("Bhola" in reason for reason in reasons_of(newsroom.block("source"), "withdrawn"))
    return newsroom


def test_a_withdrawn_storys_words_do_not_pass_to_its_successor(linked: Newsroom) -> None:
    linked.withdraw("withdrawn", successor="apology")
    acts = (
        lambda: None,
        lambda: drain(linked),
        lambda: linked.archive.rebuild(),
        lambda: all_anew(linked),
        lambda: linked.publish(corrected(about("source", "Bhola", hours=-10), deck="More.")),
        lambda: linked.pin("source", "withdrawn", 1, "ann"),
        lambda: linked.freeze("source", "ann"),
        lambda: linked.undo(linked.history("source")[-1].num, "ann"),
    )
    for act in acts:
        act()
        block = linked.block("source")
        assert "apology" in ids(block)
        slot = next(slot for slot in block.slots if slot.story.id == "apology")
        assert not [reason for reason in slot.reasons if NAMED.search(reason)]
        assert not slot.timeline
    with another(linked) as reader:
        assert "Bhola" not in str(reasons_of(reader.block("source"), "apology"))


def all_anew(newsroom: Newsroom) -> None:
    with newsroom.archive_pass() as work:
        work.run()


def test_a_corrected_storys_old_name_is_gone_before_the_worker_comes(linked: Newsroom) -> None:
    linked.archive.add([corrected(about("withdrawn", "Khulna", hours=-30))])
    assert "Bhola" not in str(reasons_of(linked.block("source"), "withdrawn"))
    drain(linked)
    linked.archive.add([corrected(about("source", "Khulna", hours=-10))])
    assert "Bhola" not in said_in(linked.block("source"))
    drain(linked)
    assert "Khulna" in str(reasons_of(linked.block("source"), "withdrawn")), "made anew of what they say now"


def test_a_change_of_standing_leaves_what_is_said(linked: Newsroom) -> None:
    before = reasons_of(linked.block("source"), "withdrawn")
    linked.archive.catalog.amend("withdrawn", lambda story: story, 0.0, ["status"])
    linked.amend("withdrawn", expires=at(500))
    assert reasons_of(linked.block("source"), "withdrawn") == before


@pytest.mark.parametrize("way", ["draft", "dry run", "restored"])
def test_a_page_that_is_taken_back_is_told_by_the_address_that_readers_know(
    linked: Newsroom, way: str
) -> None:
    draft = corrected(about("source", "Sylhet", hours=-10), status=Status.DRAFT)
    told = linked.publish(draft, dry_run=way == "dry run").changed
    assert [change.url for change in told if change.source == "source"] == ["https://a.example/source-Bhola"]
    if way == "restored":
        told = linked.amend("source", status=Status.PUBLISHED).changed
        assert [change.url for change in told if change.source == "source"] == [draft.url]


def test_a_successor_that_the_engine_chose_too_is_shown_with_what_is_said_of_it(newsroom: Newsroom) -> None:
    fill(newsroom, 9)
    newsroom.publish(about("withdrawn", "Bhola", hours=-30))
    newsroom.publish(about("apology", "Sylhet", hours=-20))
    newsroom.publish(about("source", "Bhola", "Sylhet", hours=-10))
    newsroom.withdraw("withdrawn", successor="apology")
    drain(newsroom)
    said = str(reasons_of(newsroom.block("source"), "apology"))
    assert ("Sylhet" in said, "Bhola" in said) == (True, False)


class Outside:
    """All that leaves a service over an archive: its answers, its posts, its metrics, its log."""

    def __init__(self, room: Newsroom, clock: Clock) -> None:
        self.service = Service(room, ServiceSettings(open_reads=True), clock)
        self.http = TestClient(app_of(self.service))  # without its threads
        self.posts: list[bytes] = []
        self.courier = WebhookSender(
            room.archive.catalog, Destination("https://cdn.example/purge", new_secret()), 3, clock=clock,
            transport=httpx.MockTransport(self._received),
        )  # fmt: skip
        self.lines: list[str] = []
        self.handler = JsonLogHandler()
        self.handler.emit = lambda record: self.lines.append(self.handler.format(record))  # type: ignore[method-assign]
        self.loggers = [logging.getLogger(name) for name in ("recommender", "related")]
        for logger in self.loggers:
            logger.addHandler(self.handler)
            logger.setLevel(logging.INFO)

    def _received(self, request: httpx.Request) -> httpx.Response:
        self.posts.append(request.content)
        return httpx.Response(500 if len(self.posts) % 3 == 1 else 204)  # what fails is posted again later

    def answers(self, names: list[str]) -> str:
        """Return what readers are answered about stories."""
        paths = [f"/stories/{name}/related" for name in names]
        kinds = ("application/json", "text/html")
        return " ".join(self.http.get(p, headers={"accept": kind}).text for p in paths for kind in kinds)

    def metrics(self) -> str:
        return generate_latest(self.service.metrics.registry).decode()

    def posted(self) -> list[dict[str, object]]:
        """Post what is due, and return the changes that were told."""
        self.posts.clear()
        while self.courier.step():
            pass
        return [change for post in self.posts for change in msgspec.json.decode(post)["changed"]]

    def close(self) -> None:
        for logger in self.loggers:
            logger.removeHandler(self.handler)
            logger.setLevel(logging.NOTSET)
        self.courier.close()
        self.service.close()


class Words(RuleBasedStateMachine):
    """Random days; each version of each story names places of its own."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.room = make(Path(self.folder.name) / "archive", self.clock, TIGHT)
        self.places: dict[str, tuple[str, ...]] = {}
        self.versions = 0
        self.outside = Outside(self.room, self.clock)
        self.aired: dict[str, set[str]] = {}  # the places that readers saw in a story's address
        for n, name in enumerate(NAMES):
            self.publish(name, [PLACES[n // 2], PLACES[n // 2 + 1]], Status.PUBLISHED)

    def teardown(self) -> None:
        if hasattr(self, "room"):
            self.outside.close()
            self.room.close()
            self.folder.cleanup()

    @rule(
        name=st.sampled_from(NAMES),
        places=st.lists(st.sampled_from(PLACES), min_size=1, max_size=2, unique=True),
        status=st.sampled_from([Status.PUBLISHED] * 3 + [Status.DRAFT]),
    )
    def publish(self, name: str, places: list[str], status: Status) -> None:
        self.versions += 1
        version = at(0).replace(microsecond=self.versions)
        story = about(name, *places, hours=-10 - int(name[1:]), updated=version, status=status)
        if self.room.publish(story).taken:
            self.places[name] = tuple(places)

    @rule(name=st.sampled_from(NAMES), heir=st.none() | st.sampled_from(NAMES))
    def withdraw(self, name: str, heir: str | None) -> None:
        if name in self.places and heir in (None, *self.places) and heir != name:
            self.room.withdraw(name, heir)

    @rule(name=st.sampled_from(NAMES), what=st.sampled_from(["restore", "delete", "freeze", "hide"]))
    def change(self, name: str, what: str) -> None:
        if name not in self.places:
            return
        if what == "restore":
            self.room.restore(name)
        elif what == "delete":
            self.room.delete(name)
            del self.places[name]
        elif what == "hide":
            self.room.amend(name, status=Status.EMBARGOED, embargo_until=at(900))
        elif name in self.shown():
            self.room.freeze(name, "ann")

    @rule(source=st.sampled_from(NAMES), pinned=st.sampled_from(NAMES))
    def pin(self, source: str, pinned: str) -> None:
        if source != pinned and {source, pinned} <= self.places.keys():
            self.room.pin(source, pinned, 1, "ann")

    @rule(what=st.sampled_from(["worker", "rebuild", "all"]))
    def work(self, what: str) -> None:
        {"worker": drain, "rebuild": lambda room: room.archive.rebuild(), "all": all_anew}[what](self.room)

    def shown(self) -> Iterator[str]:
        now = self.clock.now
        for name in self.places:
            known = self.room.archive.catalog.get(name)
            assert known is not None
            one = known[1]
            hidden = one.status in (Status.DRAFT, Status.RETRACTED) or (
                one.embargo_until is not None and one.embargo_until.timestamp() > now
            )
            if not hidden:
                yield name

    @invariant()
    def every_word_stands_in_what_is_shown_now(self) -> None:
        if not hasattr(self, "room"):
            return
        shown = list(self.shown())
        public = {place for name in shown for place in self.places[name]}
        for name in shown:
            block = self.room.block(name)
            assert said_in(block) <= public
            for slot in block.slots:
                both = {*self.places[name]} & {*self.places[slot.story.id]}
                assert set(NAMED.findall(str(slot.reasons))) <= both
        assert said_in(self.room.similar("flood river")) <= public
        assert set(NAMED.findall(self.outside.answers(NAMES))) <= public
        told = self.outside.metrics() + " ".join(self.outside.lines)
        assert not re.findall(f"{NAMED.pattern}|{IDS.pattern}", told)
        for name in shown:
            self.aired.setdefault(name, set()).update(self.places[name])

    @rule(hours=st.integers(1, 400))
    def post(self, hours: int) -> None:
        self.clock.now += hours * 3600
        for change in self.outside.posted():
            assert set(NAMED.findall(str(change))) <= self.aired[str(change["source"])]
            assert set(IDS.findall(str(change))) <= self.aired.keys()
            assert set(change["after"]) <= {*self.shown()}  # type: ignore[call-overload]


WordsTest = Words.TestCase
WordsTest.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
