"""Calls to a server: tried again while that may help, and not even begun just after it was away."""

from __future__ import annotations

import pytest

from index.errors import IndexSlow, IndexUnavailable
from index.servers import calls
from index.servers.calls import Calls


class Away(Exception):
    """The server is away."""


class Wrong(Exception):
    """What was asked is wrong."""


@pytest.fixture
def server() -> Calls:
    return Calls("PostgreSQL at db", lambda error: isinstance(error, Away), (Away, Wrong), seconds=0.2)


def test_a_call_is_made_again_until_it_succeeds(server: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "FIRST_PAUSE", 0.0)
    failures = iter([Away(), Away()])

    def work() -> str:
        if (failure := next(failures, None)) is not None:
            raise failure
        return "done"

    patient = Calls("", lambda error: isinstance(error, Away), (Away,), seconds=60.0)
    assert patient(work) == "done"


def test_what_is_wrong_is_not_tried_again_and_leaves_the_server_asked(server: Calls) -> None:
    tries = []

    def work() -> None:
        tries.append(1)
        raise Wrong("no such column\nat line 1")

    with pytest.raises(
        IndexUnavailable, match=r"^PostgreSQL at db does not answer: no such column; start it"
    ):
        server(work)
    assert len(tries) == 1
    assert server(lambda: "answered") == "answered"


def test_nobody_waits_for_a_server_that_was_just_away(server: Calls) -> None:
    def work() -> None:
        raise Away("connection refused")

    with pytest.raises(IndexUnavailable, match="connection refused"):
        server(work)
    with pytest.raises(IndexUnavailable, match="connection refused"):
        server(lambda: pytest.fail("it was asked"))


def test_one_that_is_there_and_slow_is_told_from_one_that_is_away() -> None:
    def work() -> None:
        raise Wrong("canceling statement due to statement timeout")

    errors = (Away, Wrong)
    server = Calls("", lambda _: True, errors, 0.0, lambda error: isinstance(error, Wrong))
    for _ in range(2):  # also while it is not asked
        with pytest.raises(IndexSlow, match="statement timeout"):
            server(work)


def test_a_server_that_was_away_is_asked_again_after_a_rest(
    server: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "REST", 0.0)

    def work() -> None:
        raise Away("connection refused")

    with pytest.raises(IndexUnavailable):
        server(work)
    assert server(lambda: "back") == "back"
