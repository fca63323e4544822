"""The purge list, posted: signed, once a change, tried again, set aside; against a real receiver."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from recommender import Status, Story
from recommender.catalog import Catalog, StoryEntry
from recommender.catalog.deliveries import DEAD, DONE, LONGEST, Deliveries
from recommender.catalog.tables import purge
from recommender.service import webhook_sender
from recommender.service.signing import new_secret
from recommender.service.webhook_sender import (
    CHANGES,
    JITTER,
    LEASE,
    LONGEST_PAUSE,
    Destination,
    WebhookSender,
    pause,
    signature,
)

URL = "https://cdn.example/purge"
SHOWN = Story(id="b", headline="B", published=datetime(1970, 1, 2, tzinfo=UTC))


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Receiver:
    """Stands for the network: keeps what is posted, answers as it is told."""

    def __init__(self) -> None:
        self.posts: list[httpx.Request] = []
        self.answers: list[int | Exception] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.posts.append(request)
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer)

    def sources(self) -> list[list[str]]:
        return [[change["source"] for change in json.loads(post.content)["changed"]] for post in self.posts]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.create(tmp_path / "catalog.sqlite") as catalog:
        catalog.write([StoryEntry(SHOWN)], now=0)
        yield catalog


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def clock() -> Clock:
    return Clock()


SECRET = new_secret()


@pytest.fixture
def sender(catalog: Catalog, receiver: Receiver, clock: Clock) -> WebhookSender:
    return courier_of(catalog, receiver, clock)


def courier_of(catalog: Catalog, receiver: Receiver, clock: Clock, tries: int = 3) -> WebhookSender:
    transport = httpx.MockTransport(receiver)
    return WebhookSender(catalog, Destination(URL, SECRET), tries, clock=clock, transport=transport)


def change(catalog: Catalog, *sources: str) -> None:
    """Put changes of blocks in the outbox, as a publish does."""
    same = {"at": 999_999, "before": '["a"]', "after": '["b"]', "reason": "b was published"}
    rows = [{**same, "source": one, "url": f"https://news.example/{one}"} for one in sources]
    with catalog.transaction() as connection:
        connection.execute(insert(purge), rows)


def is_signed(post: httpx.Request, at: float) -> bool:
    """Tell whether a post is signed as of a time."""
    signed = signature(SECRET, post.headers["webhook-id"], int(at), post.content)
    return signed.items() <= dict(post.headers).items()


def run(sender: WebhookSender) -> int:
    """Post until nothing is due; return how often."""
    count = 0
    while sender.step():
        count += 1
    return count


def test_a_post_holds_the_changes_in_order_and_is_genuine(
    catalog: Catalog, receiver: Receiver, clock: Clock, sender: WebhookSender
) -> None:
    change(catalog, "s2", "s1")
    assert run(sender) == 1
    (post,) = receiver.posts
    assert is_signed(post, clock())
    told = json.loads(post.content)
    assert told["type"] == "blocks.changed"
    assert told["id"] == post.headers["webhook-id"]
    assert told["changed"][0] == {
        "at": "1970-01-12T13:46:39Z",
        "source": "s2",
        "url": "https://news.example/s2",
        "before": ["a"],
        "after": ["b"],
        "reason": "b was published",
    }
    assert [one["source"] for one in told["changed"]] == ["s2", "s1"]


@pytest.mark.parametrize("how", ["hidden", "deleted"])
def test_a_post_that_comes_late_names_only_what_is_shown_still(
    catalog: Catalog, receiver: Receiver, sender: WebhookSender, how: str
) -> None:
    change(catalog, "s1")
    if how == "hidden":
        catalog.amend("b", lambda story: replace(story, status=Status.RETRACTED), 0.0)
    else:
        catalog.remove(["b"], 0.0)
    run(sender)
    (told,) = json.loads(receiver.posts[0].content)["changed"]
    assert (told["before"], told["after"]) == (["a"], [])


def test_each_change_is_posted_once(catalog: Catalog, receiver: Receiver, sender: WebhookSender) -> None:
    assert run(sender) == 0
    change(catalog, "s1")
    run(sender)
    change(catalog, "s2", "s3")
    run(sender)
    assert run(sender) == 0
    assert receiver.sources() == [["s1"], ["s2", "s3"]]


def test_a_long_list_is_cut(
    catalog: Catalog, receiver: Receiver, sender: WebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_sender, "CHANGES", 2)
    change(catalog, *"abcde")
    run(sender)
    assert receiver.sources() == [["a", "b"], ["c", "d"], ["e"]]


@pytest.mark.parametrize(
    "trouble", [500, 404, 301, httpx.ConnectError("no route"), httpx.ReadTimeout("slow")]
)
def test_what_fails_is_tried_again_under_the_same_id(
    catalog: Catalog, receiver: Receiver, clock: Clock, sender: WebhookSender, trouble: int | Exception
) -> None:
    receiver.answers = [trouble]
    change(catalog, "s1")
    assert run(sender) == 1
    (waiting,) = Deliveries(catalog).list()
    assert (waiting.tries, waiting.state) == (1, "waiting")
    assert waiting.error
    clock.now += 60
    assert run(sender) == 1
    assert Deliveries(catalog).list() == []
    first, second = receiver.posts
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert is_signed(first, clock() - 60)
    assert is_signed(second, clock())


def test_a_post_that_fails_does_not_hold_up_the_next(
    catalog: Catalog, receiver: Receiver, sender: WebhookSender
) -> None:
    receiver.answers = [500]
    change(catalog, "s1")
    run(sender)
    change(catalog, "s2")
    assert run(sender) == 1
    assert receiver.sources()[-1] == ["s2"]


def test_what_keeps_failing_is_set_aside_until_somebody_asks(
    catalog: Catalog, receiver: Receiver, clock: Clock, sender: WebhookSender
) -> None:
    receiver.answers = [500, 500, 500]
    change(catalog, "s1")
    for _ in range(10):
        run(sender)
        clock.now += 10**6
    assert len(receiver.posts) == 3
    outbox = Deliveries(catalog)
    (dead,) = outbox.list(DEAD)
    assert dead.error == "the receiver answered 500"
    assert outbox.retry(int(clock()), dead.num) == 1
    assert run(sender) == 1
    assert outbox.list() == []
    assert [row.state for row in outbox.list(DONE)] == [DONE]


def test_two_services_post_each_change_once(catalog: Catalog, receiver: Receiver, clock: Clock) -> None:
    couriers = [courier_of(catalog, receiver, clock) for _ in range(2)]
    for n in range(20):
        change(catalog, f"s{n}")
    threads = [threading.Thread(target=run, args=(sender,)) for sender in couriers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(chain(*receiver.sources())) == sorted(f"s{n}" for n in range(20))


def test_who_dies_with_a_post_leaves_it_to_the_next(
    catalog: Catalog, receiver: Receiver, clock: Clock, sender: WebhookSender
) -> None:
    change(catalog, "s1")
    assert Deliveries(catalog).claim(int(clock()), webhook_sender.LEASE, webhook_sender.CHANGES) is not None
    assert run(sender) == 0
    clock.now += webhook_sender.LEASE
    assert run(sender) == 1
    assert receiver.sources() == [["s1"]]


def test_a_new_webhook_hears_nothing_of_the_past(
    catalog: Catalog, receiver: Receiver, sender: WebhookSender
) -> None:
    change(catalog, "s1")
    sender.begin()
    change(catalog, "s2")
    sender.begin()
    run(sender)
    assert receiver.sources() == [["s2"]]


def test_the_first_change_is_posted_though_the_service_ended_before(
    catalog: Catalog, receiver: Receiver, sender: WebhookSender
) -> None:
    sender.begin()
    change(catalog, "s1")
    sender.begin()
    run(sender)
    assert receiver.sources() == [["s1"]]


@given(st.integers(1, 12), st.floats(0, 1, exclude_max=True))
def test_pauses_grow_and_have_an_end(tries: int, chance: float) -> None:
    assert 4 <= pause(tries, chance) <= 1.2 * webhook_sender.LONGEST_PAUSE
    assert pause(tries + 1, chance) >= pause(tries, chance)


def test_a_clock_that_ran_ahead_and_came_back_puts_nothing_off(catalog: Catalog) -> None:
    assert LONGEST_PAUSE * (1 + JITTER) + LEASE < LONGEST
    deliveries = Deliveries(catalog)
    deliveries.begin_after_present()
    with catalog.transaction() as connection:
        row = {"at": 1, "source": "s", "url": None, "before": "[]", "after": "[]", "reason": "r"}
        connection.execute(insert(purge).values(row))
    far = deliveries.claim(10**9, LEASE, CHANGES)
    assert far is not None
    assert deliveries.claim(10**9, LEASE, CHANGES) is None
    again = deliveries.claim(10**6, LEASE, CHANGES)
    assert again is not None
    assert again.id == far.id
    assert deliveries.claim(10**6, LEASE, CHANGES) is None
