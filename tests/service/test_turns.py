"""Requests are begun a few at a time and in their order; who asks whether the service lives does not wait."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from recommender.service.turns import AT_ONCE, Turns


@given(st.lists(st.lists(st.booleans(), max_size=3 * AT_ONCE), max_size=6))
def test_few_are_begun_between_two_looks_and_all_in_their_order(crowds: list[list[bool]]) -> None:
    """A crowd comes in each turn of the loop; who is ahead is begun as it comes."""
    begun: list[int] = []
    came: list[int] = []

    async def play() -> None:
        turns = Turns(["/health"])
        for crowd in crowds:
            for is_ahead in crowd:
                number = len(came) + len(begun_ahead)
                if is_ahead:
                    turns.begin("/health", lambda number=number: begun_ahead.append(number))
                    assert begun_ahead[-1] == number
                else:
                    came.append(number)
                    turns.begin("/stories", lambda number=number: begun.append(number))
            before = len(begun)
            await asyncio.sleep(0)
            assert len(begun) - before <= AT_ONCE
        while len(turns):
            before = len(begun)
            await asyncio.sleep(0)
            assert 0 < len(begun) - before <= AT_ONCE

    begun_ahead: list[int] = []
    asyncio.run(play())
    assert begun == came
