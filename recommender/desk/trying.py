"""Asks the sample of the page "What if" piece by piece, behind whoever waits for a page, within bounds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from recommender.evaluation.settings_sample import SampleAnswer, SampleFigures, SettingsSample, figures
from recommender.newsroom import Newsroom
from recommender.service.problems import busy
from recommender.settings import Settings

PIECE = 6  # stories that are asked about in one turn: a tenth of a second
SECONDS = 6.0  # after which a figure is told of what was asked until then
WAITING = 4  # who may wait for a figure; more are turned away
KEPT = 16  # settings whose answers are kept
FRESH = 1800.0  # seconds for which a sample is kept: what editors move it by is small beside what is tried

Aside = Callable[..., Awaitable[Any]]


class Trying:
    """Tries settings on the sample, one after the other. Lives on the event loop.

    Parameters
    ----------
    newsroom : Newsroom
    behind : callable
        Runs a costly read after those that pages wait for; see `Work.read_behind`.
    ticks : callable
        Returns seconds of a clock that never goes back.
    """

    def __init__(
        self, newsroom: Newsroom, behind: Aside, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._newsroom, self._behind, self._ticks = newsroom, behind, ticks
        self._one, self._waiting = asyncio.Lock(), 0
        self._sample: SettingsSample | None = None
        self._made: tuple[object, float] = (None, 0.0)
        self._answers: dict[Settings, dict[int, SampleAnswer]] = {}

    async def figures(self, settings: Settings) -> tuple[SettingsSample, SampleFigures]:
        """Return what settings would do beside those that hold, of as many stories as the time allows.

        Raises
        ------
        Problem
            503 when too many wait, or the archive has more to do than it can.
        """
        if self._waiting >= WAITING:
            raise busy("others are trying settings; try again in a moment")
        self._waiting += 1
        try:
            async with self._one:
                return await self._figures(settings)
        finally:
            self._waiting -= 1

    async def _figures(self, settings: Settings) -> tuple[SettingsSample, SampleFigures]:
        ends = self._ticks() + SECONDS
        sample, held = await self._drawn(), self._newsroom.settings
        tried, now = self._kept(settings), self._kept(held)
        for start in range(0, len(sample.nums), PIECE):
            piece = sample.nums[start : start + PIECE]
            for answers, chosen in ((now, held), (tried, settings)):
                lacking = [num for num in piece if num not in answers]
                if lacking:
                    answers |= await self._behind(sample.answers, lacking, chosen)
            if self._ticks() > ends:
                break
        return sample, await self._behind(figures, tried, now)

    async def _drawn(self) -> SettingsSample:
        """Return the sample, drawn anew where it is old, or what it was asked of is another."""
        engine = self._newsroom.engine
        hybrid = engine.archive.view.hybrid
        of, now = (hybrid.version if hybrid else "", engine.ranker), self._ticks()
        made, at = self._made
        if self._sample is None or made != of or now - at > FRESH or not self._sample.holds():
            self._sample = await self._behind(SettingsSample, engine)
            self._made, self._answers = (of, now), {}
        return self._sample

    def _kept(self, settings: Settings) -> dict[int, SampleAnswer]:
        """Return the answers under some settings, those known so far; the oldest of others are let go."""
        found = self._answers.pop(settings, {})
        while len(self._answers) >= KEPT:
            del self._answers[next(iter(self._answers))]
        self._answers[settings] = found
        return found
