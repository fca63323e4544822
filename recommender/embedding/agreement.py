"""Whether a model as it runs gives its original's vectors, at every width. Knows no runtime and no files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from recommender.embedding.batches import WIDTH_STEP, width
from recommender.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

CHECK = 1
"""Version of the check. `related status` tells of vectors by a model that passed an older one, or none."""

LEAST_COSINE = 0.99
"""Least cosine with the original's vector, for each text of each width. int8 on AVX512-VNNI: .995 at its
worst of 192 texts, .998 in the mean; bf16 1.000; int8 where a processor gets a width wrong .59 to .93."""

MOST_SPREAD = 1e-3
"""Most that any number of a vector may differ when the same text is computed alone and in company."""

_SHORTER = (0, 1, 3, 5)
"""Tokens by which the texts of a width fall short of it: a full row, and rows with more and more padding."""

_TRIES = 50
"""Places of the sample from which a text is cut: one that is cut at a word's end may be a token too long."""


class Encodes(Protocol):
    """What is checked."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of `texts`, float32 (n, d)."""
        ...


class Reference(msgspec.Struct, frozen=True):
    """Texts of each width with the original's vectors: all that a check needs, without the original.

    Parameters
    ----------
    texts : list of str
        Some of each width.
    widths : list of int
        Of each text.
    data : bytes
        Their vectors, float32 little endian (n, d).
    """

    texts: list[str]
    widths: list[int]
    data: bytes

    @property
    def vectors(self) -> NDArray[np.float32]:
        """The original's vectors (n, d)."""
        return np.frombuffer(self.data, "<f4").reshape(len(self.texts), -1)


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How well a model as it runs agrees with its original.

    Parameters
    ----------
    least : dict
        Least cosine with the original of any text, alone or in company, by padded width in tokens.
    spread : float
        Most that a number of any vector differs between the text alone and the text in company.
    """

    least: dict[int, float]
    spread: float

    @property
    def worst(self) -> float:
        """The least cosine of all widths."""
        return min(self.least.values())

    @property
    def faults(self) -> str:
        """What is wrong with it, "" where nothing is."""
        wrong = [at for at, cosine in self.least.items() if not cosine >= LEAST_COSINE]
        if wrong:
            at = min(wrong, key=self.least.__getitem__)
            return (
                f"at {len(wrong)} of {len(self.least)} widths its least cosine with the original is below "
                f"{LEAST_COSINE}: {self.least[at]:.4f} at {at} tokens"
            )
        if not self.spread <= MOST_SPREAD:
            return f"a text alone and in company differs by {self.spread:.1e}, more than {MOST_SPREAD}"
        return ""


def agreement(engine: Encodes, reference: Reference) -> Agreement:
    """Compare a model as it runs with its original; a vector that is no number counts as cosine 0."""
    alone = np.concatenate([engine.encode([text]) for text in reference.texts])
    together = engine.encode(reference.texts)
    cosines = [np.einsum("nd,nd->n", vectors, reference.vectors) for vectors in (alone, together)]
    worst = np.nan_to_num(np.minimum(*cosines))
    widths = np.array(reference.widths)
    return Agreement(
        least={at: round(float(worst[widths == at].min()), 5) for at in sorted(set(reference.widths))},
        spread=float(np.abs(alone - together).max()),
    )


def texts_of_each_width(
    tokenizer: Tokenizer, sample: Sequence[str], longest: int
) -> tuple[list[str], list[int]]:
    """Return texts that are cut out of a sample, some of each padded width up to `longest`, and their widths.

    Raises
    ------
    ModelError
        When the sample gives no text of some width.
    """
    plain = type(tokenizer).from_str(tokenizer.to_str())
    plain.no_truncation()
    plain.no_padding()
    passage = "\n".join(sample)
    passage = f"{passage}\n{passage}"  # the longest text may begin at the sample's end
    tokens = plain.encode(passage, add_special_tokens=False)
    starts, special = _word_starts(tokens), len(plain.encode("").ids)
    texts: list[str] = []
    widths: list[int] = []
    for at in range(WIDTH_STEP, width(longest) + 1, WIDTH_STEP):
        for shorter in _SHORTER:
            length = min(at, longest) - shorter - special
            for text in _cut(passage, tokens, starts, length):
                if width(len(plain.encode(text).ids)) == at:
                    texts.append(text)
                    widths.append(at)
                    break
        if at not in widths:
            raise ModelError(f"no text of {at} tokens can be cut out of the sample; give more sample texts")
    return texts, widths


def _word_starts(tokens: Encoding) -> NDArray[np.intp]:
    """Return where words begin in the first half, in an order that is fixed and jumps about."""
    words = tokens.word_ids[: len(tokens) // 2]
    starts = np.flatnonzero([at == 0 or word != words[at - 1] for at, word in enumerate(words)])
    return np.random.default_rng(0).permutation(starts)


def _cut(passage: str, tokens: Encoding, starts: NDArray[np.intp], length: int) -> Iterator[str]:
    """Yield pieces of `length` tokens, for a while."""
    for start in starts[(length * _TRIES) % max(len(starts) - _TRIES, 1) :][:_TRIES] if length > 0 else ():
        end = min(start + length, len(tokens)) - 1
        yield passage[tokens.offsets[start][0] : tokens.offsets[end][1]]
