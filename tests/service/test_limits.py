"""The token bucket: what it lets through in the long run and at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.service import limits
from recommender.service.limits import Limiter


@given(st.floats(0.1, 1000), st.floats(1, 100), st.lists(st.floats(0, 2), min_size=1, max_size=200))
def test_no_span_of_time_lets_more_through_than_burst_and_rate(
    per_second: float, burst: float, gaps: list[float]
) -> None:
    limiter, now = Limiter(per_second, burst), 0.0
    passed: list[float] = []
    for gap in gaps:
        now += gap
        if limiter.wait("a", now) == 0:
            passed.append(now)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            most = burst + per_second * (passed[last] - passed[first])
            assert last - first + 1 <= most * (1 + 1e-9) + 1e-6


def test_whoever_waits_as_long_as_told_is_let_through() -> None:
    limiter = Limiter(0.5, 2)
    assert [limiter.wait("a", 0), limiter.wait("a", 0)] == [0, 0]
    assert limiter.wait("a", 0) == pytest.approx(2)
    assert limiter.wait("a", 1.99) > 0
    assert limiter.wait("a", 2.0) == 0


def test_callers_do_not_share_a_bucket() -> None:
    limiter = Limiter(1, 1)
    assert [limiter.wait("a", 0), limiter.wait("b", 0)] == [0, 0]


def test_only_so_many_buckets_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CALLERS", 2)
    limiter = Limiter(0.001, 1)
    for caller in "abc":
        assert limiter.wait(caller, 0) == 0
    assert limiter.wait("c", 0) > 0
    assert limiter.wait("a", 0) == 0  # the longest unused was forgotten, so it begins anew
