"""When sites and stories are looked at again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recommender.following.schedule import (
    DAY,
    FIRST_CHECK,
    LONGEST_FAILURE,
    NEVER,
    failure_pause,
    jittered,
    next_check,
    pause,
)

SECONDS = st.integers(1, 10**6)


@given(SECONDS, SECONDS, SECONDS)
def test_news_brings_the_next_look_nearer_and_silence_puts_it_off(before: int, one: int, other: int) -> None:
    least, most = sorted((one, other))
    assert least <= pause(before, True, least, most) <= pause(before, False, least, most) <= most


@given(st.integers(1, 10**4), st.floats(0, 10**6))
def test_errors_in_a_row_put_it_off_more_and_more_and_a_wish_is_heard(failures: int, wished: float) -> None:
    assert failure_pause(failures, 0) <= failure_pause(failures + 1, 0) <= LONGEST_FAILURE
    assert failure_pause(failures, wished) >= int(wished)
    assert jittered(failure_pause(failures, wished)) >= int(wished)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 400))
def test_a_story_is_looked_at_less_and_less_and_in_the_end_no_more(changed: int, age: int, days: int) -> None:
    due = next_check(changed + age, changed, days)
    assert (due == NEVER) == (age > days * DAY)
    assert due >= changed + age + FIRST_CHECK
