"""A story, or a text that is asked about, as arrays. Knows no words: only their codes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FOREVER = 2**63 - 1
"""The `visible_until` of a story without an end (epoch seconds)."""


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """The terms of one text: ``ids`` (m,) uint32 ascending, unique; ``counts`` (m,) uint8, capped at 255."""

    ids: NDArray[np.uint32]
    counts: NDArray[np.uint8]

    @classmethod
    def none(cls) -> Terms:
        """Return no terms."""
        return cls(np.zeros(0, np.uint32), np.zeros(0, np.uint8))

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Encoded:
    """One story, or one free text, as arrays.

    Attributes
    ----------
    published : int or None
        Epoch seconds; None for a free text.
    words, bigrams, headline, entities : Terms
        Words and bigrams of the whole story with the headline counted three times; words of the headline
        alone; names, acronyms and version numbers.
    sequence : (m,) uint16
        The body in its order, without the headline: which of ``words`` stands there. Of a text without a body
        the headline.
    authors, tags, facts : (m,) uint32
        Codes, ascending; the last are of what a story says alike in every language (`analysis.facts`).
    opening : int
        Code of the first three words of the headline.
    label : int
        Code of the headline before a colon; 0 when it has none.
    series, part : int
        Code of the headline without its number, and the number: 2 in "Open data, part 2"; 0 without one.
    figures : int
        Code of the numbers in the headline; 0 when it has none.
    kind, section, language : int
        Codes; 0 is unknown.
    linkable : int
        1 where other stories may link to it at all; 0 for what is sensitive or never to be linked to.
    pictured : int
        1 where there is a picture to be shown.
    visible_from, visible_until : int
        Readers may see the story while ``visible_from <= now < visible_until`` (epoch seconds).
    vectors : (1 + n, d) float16
        Unit vectors of the headline (row 0) and of the chunks.
    mean : (d,) float32
        Unit vector of the mean of all rows: the story as a whole.
    """

    published: int | None
    words: Terms
    bigrams: Terms
    headline: Terms
    entities: Terms
    vectors: NDArray[np.float16]
    authors: NDArray[np.uint32]
    tags: NDArray[np.uint32]
    opening: int = 0
    label: int = 0
    series: int = 0
    part: int = 0
    figures: int = 0
    kind: int = 0
    section: int = 0
    language: int = 0
    linkable: int = 1
    pictured: int = 0
    visible_from: int = 0
    visible_until: int = FOREVER
    sequence: NDArray[np.uint16] = field(default_factory=lambda: np.zeros(0, np.uint16))
    facts: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))

    @property
    def mean(self) -> NDArray[np.float32]:  # noqa: D102 (documented above)
        mean = self.vectors.astype(np.float32).mean(0)
        return np.asarray(mean / (np.linalg.norm(mean) or 1), np.float32)
