"""The background waits for what somebody waits for, and not for ever."""

from __future__ import annotations

import threading
import time

from recommender.newsroom.publish_priority import Precedence


def test_nobody_waits_for_nothing() -> None:
    assert Precedence().give_way(0.0)


def test_it_goes_on_when_the_last_has_ended() -> None:
    precedence, entered, leave = Precedence(), threading.Event(), threading.Event()

    def publish() -> None:
        with precedence, precedence:
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=publish)
    thread.start()
    entered.wait(10)
    assert not precedence.give_way(0.01)
    leave.set()
    assert precedence.give_way(10)
    thread.join()


def test_it_waits_no_longer_than_it_has_patience() -> None:
    precedence = Precedence()
    with precedence:
        begin = time.monotonic()
        assert not precedence.give_way(0.05)
        assert time.monotonic() - begin >= 0.05


def test_an_error_ends_what_was_under_way() -> None:
    precedence = Precedence()
    try:
        with precedence:
            raise ValueError
    except ValueError:
        assert precedence.give_way(0.0)
