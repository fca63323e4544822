"""How much one caller may ask for: a token bucket each. Knows no HTTP and no clock but what it is told."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

CALLERS = (
    10_000  # buckets that are kept; the one that was used longest ago goes first, and had refilled long since
)


@dataclass(slots=True)
class Bucket:
    """Tokens, as of a time in seconds."""

    tokens: float
    at: float


class Limiter:
    """One token bucket a caller: it refills steadily, and a full one lets a burst through.

    Parameters
    ----------
    per_second : float
        Tokens that come back each second; a request takes one.
    burst : float
        Tokens that a full bucket holds, at least one.
    """

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second, self._burst = per_second, max(burst, 1.0)
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def wait(self, caller: str, now: float) -> float:
        """Take a token of `caller` and return 0, or return the seconds until there is one.

        Parameters
        ----------
        caller : str
            A key's id, or an address.
        now : float
            Seconds of a clock that never goes back.
        """
        bucket = self._refilled(caller, now)
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) / self._per_second

    def wait_behind(self, caller: str, count: int, now: float) -> float:
        """Take several tokens and return 0 where half a bucket is there, else the seconds until it is.

        So the other half is left to who does not go behind.
        """
        bucket, half = self._refilled(caller, now), self._burst / 2
        if bucket.tokens >= half:
            bucket.tokens -= count
            return 0.0
        return (half - bucket.tokens) / self._per_second

    def _refilled(self, caller: str, now: float) -> Bucket:
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = Bucket(self._burst, now)
            if len(self._buckets) > CALLERS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(caller)
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._per_second)
            bucket.at = now
        return bucket


class Together:
    """Counts what all who ask an archive ask for; outlives its closing, which would fill the bucket again."""

    def __init__(self) -> None:
        self._held: tuple[float, float, Limiter] | None = None

    def limiter(self, per_second: float, burst: float) -> Limiter:
        """Return the limiter, a new one where it was set anew."""
        if self._held is None or self._held[:2] != (per_second, burst):
            self._held = (per_second, burst, Limiter(per_second, burst))
        return self._held[2]
