"""The background waits for what somebody waits for, and not for ever."""

from __future__ import annotations

import threading
import time

from recommender.newsroom.publish_priority import SETTLED, Precedence


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


def test_it_lets_the_next_of_several_come_but_waits_for_nothing_of_its_own_thread() -> None:
    precedence, begin = Precedence(), time.monotonic()
    with precedence:
        assert precedence.is_wanted
    found: list[float] = []
    other = threading.Thread(target=lambda: found.append(precedence.give_way(10) and time.monotonic()))
    other.start()
    other.join()
    assert found[0] - begin >= SETTLED
    assert precedence.give_way(0.0)
    assert not precedence.is_wanted
