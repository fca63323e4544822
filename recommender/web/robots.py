"""What a site's robots.txt lets us ask for (RFC 9309), read by protego. Knows no HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from protego import Protego

from recommender.web.credentials import origin_of

AGENT = "related-stories"
"""What a robots.txt calls us."""
LARGEST = 500 << 10  # bytes that are read: RFC 9309 asks for no fewer
_KEPT_SECONDS = 24 * 3600.0  # RFC 9309: no longer than a day
_LONGEST_DELAY = 60.0  # seconds that a Crawl-delay may ask for


class _Rules(NamedTuple):
    rules: Protego
    until: float


class Robots:
    """The rules of each site, read when they are first needed.

    Parameters
    ----------
    read : callable
        Returns the bytes of an address; none where there is no such file, which allows everything. It
        raises where the file may be there: then nothing is known to be allowed.
    """

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self._known: dict[str, _Rules] = {}

    def allows(self, url: str) -> bool:
        """Return whether an address may be asked for."""
        return bool(self._of(url).can_fetch(url, AGENT))

    def delay(self, url: str) -> float:
        """Return the seconds that the site wants between requests."""
        return min(float(self._of(url).crawl_delay(AGENT) or 0), _LONGEST_DELAY)

    def _of(self, url: str) -> Protego:
        place = origin_of(url)
        if place is None:
            return Protego.parse("")
        scheme, host, port = place
        site = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
        held = self._known.get(site)
        if held is None or held.until < time.monotonic():
            text = self._read(f"{site}/robots.txt").decode("utf-8", "replace")
            held = self._known[site] = _Rules(Protego.parse(text), time.monotonic() + _KEPT_SECONDS)
        return held.rules
