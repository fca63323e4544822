"""How often anybody may try to sign in: by name and by address, so that guessing is slow. Knows no HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable

from recommender.service.limits import Limiter

BY_NAME = (1 / 20, 10)  # tries a second in the long run, and at once: a person mistypes a few times
BY_ADDRESS = (1 / 5, 30)  # a newsroom behind one address signs in together in the morning


class Throttle:
    """Tries to sign in, counted.

    Parameters
    ----------
    clock : callable
        Returns seconds of a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._by_name, self._by_address = Limiter(*BY_NAME), Limiter(*BY_ADDRESS)

    def wait(self, address: str, name: str | None = None) -> float:
        """Count a try and return 0, or return the seconds until the next one may be made."""
        now = self._clock()
        seconds = self._by_address.wait(address, now)
        if not seconds and name is not None:
            seconds = self._by_name.wait(name.casefold(), now)
        return seconds
