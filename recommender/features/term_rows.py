"""The terms and codes of many stories as arrays, as the feature store is read. Knows no SQL and no text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import taken
from index.storage.kernels.asks import Ask, Found
from index.storage.parts import Parts
from index.storage.ragged_rows import FoundRows
from recommender.analysis.encoded import Terms


@dataclass(frozen=True, slots=True, eq=False)
class TermRows:
    """The terms of many texts: row ``i`` is ``ids[offsets[i]:offsets[i + 1]]`` with its ``counts``."""

    ids: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def rows(self, places: NDArray[np.int64]) -> TermRows:
        """Return the rows ``places``, in that order."""
        starts = self.offsets[places]
        lengths = self.offsets[places + 1] - starts
        ids, offsets = taken(Parts.of(self.ids), starts, lengths)
        return TermRows(ids, taken(Parts.of(self.counts), starts, lengths)[0], offsets)


@dataclass(frozen=True, slots=True, eq=False)
class TermSpans:
    """The terms of many texts where they lie: row ``i`` is ``values[starts[i]:ends[i]]``.

    Its counts are the bytes of ``values`` from ``beside[i]`` on.
    """

    values: Parts
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    beside: NDArray[np.int64]

    def item(self, place: int) -> Terms:
        """Return one row."""
        start, end, beside = int(self.starts[place]), int(self.ends[place]), int(self.beside[place])
        counts = self.values.bytes.run(beside, beside + end - start)
        return Terms(self.values.run(start, end), counts)

    def of(self, places: NDArray[np.int64]) -> TermSpans:
        """Return the rows ``places``, in that order, where they lie."""
        return TermSpans(self.values, self.starts[places], self.ends[places], self.beside[places])

    def rows(self, places: NDArray[np.int64]) -> TermRows:
        """Return a copy of the rows ``places``, in that order."""
        starts, lengths = self.starts[places], self.ends[places] - self.starts[places]
        ids, offsets = taken(self.values, starts, lengths)
        return TermRows(ids, taken(self.values.bytes, self.beside[places], lengths)[0], offsets)


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Terms and codes of many stories, all that they have."""

    found: FoundRows

    def spans(self, channel: str) -> TermSpans:
        """Return the terms in one of `TERM_CHANNELS` where they lie, or codes, which have no counts."""
        return TermSpans(self.found.values, *self.found.runs(channel))

    def met(self, asks: Sequence[tuple[str, Ask]]) -> list[Found]:
        """Return what each ask finds in the terms or codes of one channel, in one walk: see `asks`."""
        return self.found.met(asks)

    def terms(self, channel: str) -> TermRows:
        """Return the terms in one of `TERM_CHANNELS`."""
        codes, offsets = self.found.codes(channel)
        return TermRows(codes, self.found.counts(channel), offsets)

    def lists(self, channel: str) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Return the codes in one of `LIST_CHANNELS`, and the offsets of the rows."""
        return self.found.codes(channel)
