"""When a site is asked again: pure arithmetic, in whole seconds."""

from __future__ import annotations

import random

SLOWER, FASTER = 1.5, 0.5  # of the pause before: nothing was new, something was
FIRST_FAILURE, GROWTH, LONGEST_FAILURE = 60, 2.0, 6 * 3600  # pauses after errors in a row
JITTER = 0.1  # of a pause, so that many sites do not come due together
FIRST_CHECK = 600  # after its last change a story is looked at, then at ages that grow
AGEING = 0.5  # of its age, until the next look
DAY = 86_400
NEVER = 2**62


def pause(before: int, news: bool, least: int, most: int) -> int:
    """Return the pause until the next look at a site, after one that found something new, or nothing."""
    return round(min(max(before * (FASTER if news else SLOWER), least), most))


def failure_pause(failures: int, wished: float) -> int:
    """Return the pause after so many errors in a row; `wished` is what the site asked for."""
    grown = min(FIRST_FAILURE * GROWTH ** min(failures - 1, 30), LONGEST_FAILURE)
    return round(max(grown, wished))


def jittered(pause: int) -> int:
    """Return a pause that is a little longer or shorter, but no shorter than a site wished."""
    return round(pause * (1 + JITTER * random.random()))


def next_check(now: int, changed: int, days: int) -> int:
    """Return when it is looked next whether a story is there that changed at `changed`; never when old."""
    age = now - changed
    return NEVER if age > days * DAY else now + max(FIRST_CHECK, round(age * AGEING))
