"""A job in the background that fails harms nobody, and is begun again after growing pauses."""

from __future__ import annotations

import logging

import pytest

from index import BackgroundJob, Check
from index.storage import background


class Clock:
    """Stands still until it is moved."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(background, "time", clock)
    return clock


def failing(_: Check) -> None:
    raise KeyError("what a story says")


def finished(jobs: BackgroundJob, job: object = failing) -> bool:
    """Return whether a job was started; when this returns it has ended."""
    started = jobs.start(job)  # type: ignore[arg-type]
    jobs.wait()
    return started


def test_a_job_that_fails_is_begun_again_after_pauses_that_double_up_to_an_hour(clock: Clock) -> None:
    jobs, pauses = BackgroundJob(), [10.0 * 2**n for n in range(9)] + [3600.0] * 3
    for pause in pauses:
        assert finished(jobs)
        assert not jobs.running
        clock.now += pause - 0.5
        assert not finished(jobs)
        clock.now += 0.5


def test_a_job_that_ends_well_makes_the_next_pause_short_again(clock: Clock) -> None:
    jobs = BackgroundJob()
    for pause in (10.0, 20.0, 40.0):
        assert finished(jobs)
        clock.now += pause
    assert finished(jobs, lambda _: None)
    assert finished(jobs, lambda _: None)  # one that ended well is followed by no pause
    assert finished(jobs)
    clock.now += 10.0
    assert finished(jobs)


def test_a_job_that_was_stopped_has_not_failed(clock: Clock) -> None:
    jobs = BackgroundJob()

    def endless(check: Check) -> None:
        while True:
            check()

    assert jobs.start(endless)
    assert not jobs.start(endless)  # one at a time
    jobs.stop()
    assert finished(jobs, lambda _: None)


def test_the_log_names_the_kind_of_a_failure_and_nothing_of_its_text(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert finished(BackgroundJob())
    assert "KeyError" in caplog.text
    assert "10 s" in caplog.text
    assert "story" not in caplog.text
