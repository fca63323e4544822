"""Runs any model through sentence-transformers, on CPU or GPU. Imports torch: not for the daily path."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from recommender.concurrency.fork_guard import ForkGuard
from recommender.embedding.base import OnDone
from recommender.embedding.chunks import TokenChunker
from recommender.embedding.models import ModelFiles, install
from recommender.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

_STEP = 512
"""Texts between two reports of progress: sixteen of sentence-transformers' own batches."""


def load(files: ModelFiles, device: str | None = None) -> SentenceTransformer:
    """Load a model from its files after checking them, quietly and without the network.

    Raises
    ------
    ModelError
        When the weights are not the pinned ones, or sentence-transformers cannot read the files.
    """
    files.verify()
    if importlib.util.find_spec("sentence_transformers") is None:
        raise ModelError(
            f"model {files.name!r}: what runs it uncompiled is not installed; run: "
            f"{install(files.name)}, or name the setting runtime 'compiled'"
        )
    # Set before the import, which reads it: a progress bar on the way to JSON output would spoil it.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        with files.laid_out() as directory:
            return SentenceTransformer(str(directory), device=device, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(
            f"model {files.name!r} in {files.directory} cannot be loaded: {error}; "
            "it needs sentence-transformers' layout (modules.json) or a plain transformers encoder"
        ) from error


def fast_tokenizer(model: SentenceTransformer, name: str) -> Tokenizer:
    """Return a copy of the model's own fast tokenizer that truncates where the model does.

    Raises
    ------
    ModelError
        When the model has only a slow (pure Python) tokenizer.
    """
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError(f"model {name!r} has no fast tokenizer (tokenizer.json); use another model")
    tokenizer = cast("Tokenizer", type(backend).from_str(backend.to_str()))
    tokenizer.no_padding()
    if model.max_seq_length is not None:
        tokenizer.enable_truncation(int(model.max_seq_length))
    return tokenizer


def encode_with(model: SentenceTransformer, texts: Sequence[str]) -> NDArray[np.float32]:
    """Return unit vectors, float32 (n, d), of the texts as they are, by the original's `encode`."""
    vectors = model.encode(list(texts), prompt="", normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(vectors, np.float32)


class SentenceTransformerEmbedder:
    """An `Embedder` for every model that sentence-transformers loads.

    Parameters
    ----------
    files : ModelFiles
        The model.
    device : str, optional
        As torch names it ("cpu", "cuda"); the best there is by default.

    Raises
    ------
    ModelError
        See `load`.
    """

    def __init__(self, files: ModelFiles, device: str | None = None) -> None:
        self._model = load(files, device)
        self._prompts = files.prompts
        self._chunker = TokenChunker(fast_tokenizer(self._model, files.name), prompt=self._prompts.story)
        self.name = files.name
        self.weights_hash = files.weights_hash
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self._fork_guard = ForkGuard(self, "the embedding model")

    @property
    def provenance(self) -> Mapping[str, object]:
        """What makes its vectors: the original itself."""
        return {"precision": "sentence-transformers"}

    def encode(self, texts: Sequence[str], on_done: OnDone | None = None) -> NDArray[np.float32]:
        """Return the vectors of `texts`, float32 (n, d), each of length 1, in the order of `texts`."""
        return self._encode(texts, self._prompts.story, on_done)

    def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of what readers ask in a few words, float32 (n, d), each of length 1."""
        return self._encode(texts, self._prompts.question)

    def _encode(self, texts: Sequence[str], told: str, on_done: OnDone | None = None) -> NDArray[np.float32]:
        self._fork_guard.check()
        unique = sorted(set(texts), key=len, reverse=True)
        place = {text: row for row, text in enumerate(unique)}
        vectors = np.empty((len(unique), self.dimension), np.float32)
        for start in range(0, len(unique), _STEP):
            step = unique[start : start + _STEP]
            vectors[start : start + _STEP] = encode_with(self._model, [told + text for text in step])
            if on_done is not None:
                on_done(len(step))
        if on_done is not None and len(texts) > len(unique):
            on_done(len(texts) - len(unique))
        return vectors[[place[text] for text in texts]]

    def chunks(self, text: str) -> list[str]:
        """Return the pieces of `text` in order; none for a text without words."""
        return self._chunker.chunks(text)
