"""What is kept of all stories' terms under one lexical model. Knows no SQL and no index of vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.features.feature_store import Store
from recommender.features.hybrid_vectors import HybridModel
from recommender.features.norms import Lengths
from recommender.features.word_index import WordIndex


@dataclass(frozen=True, slots=True)
class StoryTerms:
    """The lengths of the stories' vectors of terms, and the stories by their rarer words."""

    lengths: Lengths
    words: WordIndex

    @classmethod
    def of(
        cls, hybrid: HybridModel, store: Store, nums: NDArray[np.int64], check: Callable[[], None]
    ) -> Self:
        """Return those of stories of the store; ``check`` is called between pieces of the work."""
        lengths = Lengths(hybrid)
        for part in store.blocks(nums):
            lengths.put_all(store, part)
            check()
        words = WordIndex.of(hybrid, store, nums)
        check()
        return cls(lengths, words)

    def save(self, directory: Path, size: int) -> None:
        """Write those of all nums below ``size`` to a directory, and map the words from there."""
        self.lengths.save(directory, size)
        self.words.save(directory)

    @classmethod
    def load(cls, directory: Path, hybrid: HybridModel) -> Self:
        """Map what `save` wrote.

        Raises
        ------
        FileNotFoundError
            When it is not there.
        """
        return cls(Lengths.load(directory, hybrid), WordIndex.load(directory, hybrid))
