"""Background work goes on whatever it raises; what is told of it holds no word of what it failed on."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.concurrency.retries import BUSY_TRIES, LONGEST_PAUSE, Endurance, attempt, told
from recommender.errors import ArchiveBusyError, ArchiveError, StoryError


def fails(error: Exception) -> int:
    raise error


KINDS = [KeyError, ValueError, ZeroDivisionError, RecursionError, MemoryError, UnicodeError, OSError]


@given(st.lists(st.none() | st.sampled_from(KINDS), max_size=30))
def test_it_goes_on_counts_and_recovers(outcomes: list[type[Exception] | None]) -> None:
    work, failed = Endurance("work", lambda: 5.0), 0
    for kind in outcomes:
        if kind is None:
            assert work.run(lambda: 7) == 7
            assert (work.trouble, work.pause) == (None, 0)
        else:
            before, failed = work.pause, failed + 1
            assert work.run(lambda kind=kind: fails(kind("secret"))) is None
            assert work.trouble is not None
            assert work.pause == min(max(1.0, 2 * before), LONGEST_PAUSE)
            assert str(work.trouble).startswith("failing since 1970-01-01T00:00:05Z")
            assert "secret" not in str(work.trouble)
            assert "test_retries.py" in str(work.trouble)
        assert work.failures == failed


def test_ours_are_told_whole_unless_they_quote_a_story() -> None:
    assert told(ArchiveError("the disk is full")) == "the disk is full"
    assert "Zanzibar" not in told(StoryError("s", "headline", "Zanzibar", "is wrong", "send another"))


def test_another_writer_in_the_way_now_and_then_is_no_failure() -> None:
    work = Endurance("work")
    for times in range(1, BUSY_TRIES + 1):
        work.run(lambda: fails(ArchiveBusyError("busy")))
        assert (work.trouble is not None) is (times == BUSY_TRIES)
        assert work.pause


def test_who_is_told_to_stop_does_not_wait() -> None:
    work, stopping = Endurance("work"), threading.Event()
    work.run(lambda: fails(KeyError()))
    stopping.set()
    assert not work.wait(stopping)


def test_errors_that_are_to_pass_do() -> None:
    assert attempt(lambda: 3) == (3, None)
    error = KeyError()
    assert attempt(lambda: fails(error)) == (None, error)
    with pytest.raises(KeyError):
        attempt(lambda: fails(error), passing=(KeyError,))
