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
        Rows scored again with their float16 vectors, for each neighbour asked for; see `scored`. Where the
        lists that are visited hold few rows, all of these are.
    least_candidates : int
        And at least so many, for small ``k``.
    least_probes : int
        Lists that are visited at least.
    small : int
        Filters that pass up to so many rows are scanned exactly, fewer in a smaller index (see `scanned`).
    tail : int
        Rows that were added after the lists were built are scanned, up to so many: about a millisecond.
    bytes_from : int
        From so many rows on those of lists are held as bytes, too, which take the place of estimates.
    """

    name: str
    bits: int = 1
    candidates: int = 6
    least_candidates: int = 400
    least_probes: int = 4
    small: int = 20_000
    tail: int = 10_000
    bytes_from: int = 250_000

    def scored(self, neighbours: int) -> int:
        """Return how many rows are scored again for so many neighbours: half as many for each further one.

        Of 700 neighbours of 100,000 rows so many find .9996 of what twice as many find, in .75 of the time,
        and the same of the 200 nearest: farther from the question, estimates seldom miss by so much.
        """
        further = max(neighbours - _ALL_OF, 0)
        return max(
            self.candidates * (neighbours - further) + self.candidates * further // 2, self.least_candidates
        )

    def scanned(self, rows: int) -> int:
        """Return how many passing rows of all ``rows`` are scanned in no more time than the lists take."""
        return min(self.small, _SCANNED + rows // _SCANNED_PART)


_ALL_OF = 200
"""Neighbours for each of whom all candidates are scored again: those that the recall is measured for."""

_SCANNED, _SCANNED_PART = 5000, 64
"""Measured on one core, 584 dimensions: 7,000 rows of 100,000 are scanned in .65 ms and 20,000 of 1M in 5;
the lists take 1.1 and 10, and visit more of them the fewer rows pass."""

FAST = Profile("fast")
"""One bit: the least work while the float16 vectors stay in the page cache. 200,000 x 584, half of the rows
passing, the same lists visited, ms on one core before scoring again: 1 bit 1.5 (recall .986 with 1,000 rows
scored again), 2 bits 2.2 (.991 with 500), 4 bits 4.3 (.992 with 300), 4-bit scalars 5.0 (.972 with 1,000),
float16 twice as much for half of the lists. RaBitQ in FAISS's FastScan takes a sixth to a third more."""

COMPACT = Profile("compact", bits=2, candidates=2, least_candidates=200)
"""Two bits: reads a third of the vectors, for archives whose vectors do not stay in the page cache."""

EXACT_UP_TO = 50_000
"""Rows up to which all are scanned: 2 to 3 ms a question at dimension 584 on one core."""

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
