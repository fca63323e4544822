"""Stand-ins that are fast and deterministic, for tests that are about something else than the model."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+")
_CHUNK_WORDS = 250
_MOST_WORDS = 1024


@cache
def _word_vector(word: str, dimension: int) -> NDArray[np.float32]:
    return np.random.default_rng(zlib.crc32(word.encode())).standard_normal(dimension, np.float32)


class HashEmbedder:
    """Each word is a fixed random direction, a text their sum: shared words mean a higher cosine."""

    def __init__(self, dimension: int = 64) -> None:
        self.name = f"hash-{dimension}"
        self.dimension = dimension
        self.weights_hash = f"{zlib.crc32(self.name.encode()):064x}"

    def encode(
        self, texts: Sequence[str], on_done: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in _WORD.findall(text.lower()) or [""]:
                row += _word_vector(word, self.dimension)
        if on_done is not None:
            on_done(len(texts))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    def chunks(self, text: str) -> list[str]:
        spans = [found.span() for found in _WORD.finditer(text)][:_MOST_WORDS]
        starts = range(0, len(spans), _CHUNK_WORDS)
        return [text[spans[i][0] : spans[min(i + _CHUNK_WORDS, len(spans)) - 1][1]] for i in starts]
