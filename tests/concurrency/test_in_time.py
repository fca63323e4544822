"""Who waits for work waits no longer than told, and hears of all that it did in time."""

from __future__ import annotations

import threading

import pytest

from recommender.concurrency.in_time import InTime


def fail() -> str:
    raise KeyError("why")


def test_what_is_done_in_time_is_returned_and_what_fails_is_raised() -> None:
    in_time = InTime[str](60)
    assert in_time.run(lambda: "done") == "done"
    with pytest.raises(KeyError, match="why"):
        in_time.run(fail)
    assert in_time.run(lambda: "again") == "again"


def test_while_one_piece_is_late_no_other_is_begun_and_then_they_are_again() -> None:
    in_time, goes_on, ended = InTime[str](0.01), threading.Event(), threading.Event()

    def late() -> str:
        goes_on.wait(60)
        ended.set()
        return "late"

    assert in_time.run(late) is None
    assert in_time.run(fail) is None
    goes_on.set()
    assert ended.wait(60)
    assert "done" in (in_time.run(lambda: "done") for _ in range(10_000))
