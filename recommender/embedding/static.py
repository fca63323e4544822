"""Vectors out of a table: one for each word piece, summed. For the first minutes of an archive in English.

The table is the default model's, read piece by piece and without context (`scripts/distill_static.py`): some
sixty times as fast, nothing to compile and nothing to install, and less good. Knows no archive.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.embedding.base import OnDone
from recommender.embedding.chunks import TokenChunker
from recommender.embedding.models import STATIC_MODEL, STATIC_WEIGHTS
from recommender.embedding.provenance import Made
from recommender.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FILE = "static.npz"
UNKNOWN = "[UNK]"
SPECIAL = ("[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]")
"""Pieces that are no words: they weigh nothing."""

_LONGEST = 256
"""Pieces of a text that are read, as the default model reads them."""

_TOGETHER = 512
"""Texts that are cut into pieces at once."""


class StaticEmbedder:
    """An `Embedder` that looks pieces up and sums them. Threads may share one.

    A text of which no piece is known has the first axis for its vector: one that says nothing.

    Raises
    ------
    ModelError
        When the file is not the one that was shipped.
    """

    name = STATIC_MODEL
    weights_hash = STATIC_WEIGHTS

    def __init__(self) -> None:
        data = (resources.files("recommender") / "data" / FILE).read_bytes()
        if (found := hashlib.sha256(data).hexdigest()) != STATIC_WEIGHTS:
            raise ModelError(
                f"model {STATIC_MODEL!r}: data/{FILE} has SHA-256 {found}, expected {STATIC_WEIGHTS}; "
                "it is damaged: reinstall the package related-stories"
            )
        with np.load(io.BytesIO(data)) as arrays:
            self._vectors, self._scales = arrays["vectors"], arrays["scales"]
            self._tokenizer = tokenizer_of(arrays["pieces"].tobytes().decode().split("\n"))
        self._tokenizer.enable_truncation(_LONGEST)
        self._chunker = TokenChunker(self._tokenizer)
        self.dimension = int(self._vectors.shape[1])

    @property
    def provenance(self) -> Made:
        """What makes its vectors."""
        return {"precision": "a table in int8"}

    def encode(self, texts: Sequence[str], on_done: OnDone | None = None) -> NDArray[np.float32]:
        """Return the vectors of `texts`, float32 (n, d), each of length 1, in the order of `texts`.

        Each is summed alone, in one order: it is the same to the last bit in whatever company.
        """
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), _TOGETHER):
            some = self._tokenizer.encode_batch_fast(
                list(texts[start : start + _TOGETHER]), add_special_tokens=False
            )
            for row, tokens in enumerate(some, start):
                ids = np.array(tokens.ids, np.intp)
                np.einsum("n,nd->d", self._scales[ids], self._vectors[ids], out=vectors[row])
            if on_done is not None:
                on_done(len(some))
        lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
        vectors[lengths == 0, 0] = lengths[lengths == 0] = 1
        vectors /= lengths[:, None]
        return vectors

    def chunks(self, text: str) -> list[str]:
        """Return the pieces of `text` in order; none for a text without words."""
        return self._chunker.chunks(text)


def tokenizer_of(pieces: Sequence[str]) -> Tokenizer:
    """Return BERT's tokenizer for lower-case English, by its word pieces in the order of their ids."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    vocabulary = {piece: id for id, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


@cache
def static_embedder() -> StaticEmbedder:
    """Return the one of this process: its table is 8 MB, and nothing of it changes."""
    return StaticEmbedder()
