"""What an embedder is: texts in, unit vectors out. Knows no model, no runtime and no archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

OnDone = Callable[[int], None]
"""Called with how many more texts are done, as they are done: what a progress bar needs."""

WINDOW = 4096
"""Texts in memory at once: enough to sort by length well, 6 MB of vectors at 384 dimensions."""


class Chunker(Protocol):
    """Cuts a text into pieces that a model can read whole."""

    def chunks(self, text: str) -> list[str]:
        """Return the pieces of `text` in order; none for a text without words."""
        ...


class Embedder(Chunker, Protocol):
    """Turns texts into unit vectors whose inner product is their similarity.

    Attributes
    ----------
    name : str
        The model's name, as `open_embedder` takes it.
    dimension : int
        Length d of a vector.
    weights_hash : str
        SHA-256 of the weights file and of what else makes a vector, in hex: vectors of two embedders may be
        compared iff these agree.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 (documented above)
    @property
    def dimension(self) -> int: ...  # noqa: D102
    @property
    def weights_hash(self) -> str: ...  # noqa: D102

    def encode(self, texts: Sequence[str], on_done: OnDone | None = None) -> NDArray[np.float32]:
        """Return the vectors of `texts`, float32 (n, d), each of length 1, in the order of `texts`."""
        ...


@runtime_checkable
class Asked(Protocol):
    """An embedder that was taught to read a question otherwise than what answers it."""

    def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of what readers ask in a few words, float32 (n, d), each of length 1."""
        ...


def encode_questions(embedder: Embedder, texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the vectors of what readers ask in a few words, float32 (n, d), each of length 1."""
    return embedder.encode_questions(texts) if isinstance(embedder, Asked) else embedder.encode(texts)


def encode_iter(
    embedder: Embedder, texts: Iterable[str], on_done: OnDone | None = None, window: int = WINDOW
) -> Iterator[NDArray[np.float32]]:
    """Encode a stream of any length in bounded memory.

    Parameters
    ----------
    embedder : Embedder
        What encodes.
    texts : iterable of str
        Read one window at a time, so that a generator over a large file is fine.
    on_done : callable, optional
        Called with the number of texts just done.
    window : int
        How many texts are held, sorted by length and encoded together.

    Yields
    ------
    NDArray[np.float32]
        (at most `window`, d), in the order of `texts`.
    """
    source = iter(texts)
    while some := list(islice(source, window)):
        yield embedder.encode(some, on_done)
