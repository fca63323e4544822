"""How much is given for speed: exact, fast or compact, chosen by the number of rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """What an approximate index keeps in memory and looks at.

    Parameters
    ----------
    name : str
        As `status` shows it.
    bits : int
        Bits a component of the RaBitQ codes in memory.
    candidates : int
        Rows scored again with their float16 vectors, for each neighbour asked for.
    least_candidates : int
        And at least so many, for small ``k``.
    least_probes : int
        Lists that are visited at least.
    small : int
        Filters that pass up to so many rows are scanned exactly: at 1M x 584, that and the lists take 7 ms.
    tail : int
        Rows that were added after the lists were built are scanned, up to so many: about a millisecond.
    """

    name: str
    bits: int = 1
    candidates: int = 6
    least_candidates: int = 400
    least_probes: int = 4
    small: int = 20_000
    tail: int = 10_000


FAST = Profile("fast")
"""One bit: the least work while the float16 vectors stay in the page cache. 1M x 584, one core, recall@200
of .988: 3.9 ms with 1 bit and 1,600 rows scored again, 5 ms or more with 2 or 4 bits."""

COMPACT = Profile("compact", bits=2, candidates=2, least_candidates=200)
"""Two bits: reads a third of the vectors, for archives whose vectors do not stay in the page cache."""

EXACT_UP_TO = 50_000
"""Rows up to which all are scanned: under 5 ms a query at dimension 584 on one core."""

FAST_UP_TO = 4_000_000
"""Rows up to which float16 vectors of dimension 584 (4.7 GB) are expected to stay in the page cache."""

PROFILES = {profile.name: profile for profile in (FAST, COMPACT)}
EXACT = "exact"
AUTO = "auto"


def chosen(wanted: str | Profile, rows: int) -> Profile | None:
    """Return the profile for so many rows, None for an exact scan. ``wanted`` "auto" goes by their number."""
    if isinstance(wanted, Profile):
        return wanted
    if wanted == AUTO:
        return None if rows <= EXACT_UP_TO else FAST if rows <= FAST_UP_TO else COMPACT
    return PROFILES.get(wanted)
