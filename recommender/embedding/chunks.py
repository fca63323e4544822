"""Cuts a story into units that the model can read whole. Knows the tokenizer, and nothing of the model."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.embedding.base import Chunker, Embedder, encode_questions
from recommender.embedding.metering import METER, Kind

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FORMAT = 1
"""Of what is cut from a text; raised with every change of it: vectors are kept outside of archives, too."""

CHUNK_TOKENS = 250
"""Most tokens in a chunk: what the default model reads (256), less `_ROOM`."""

_ROOM = 6
"""Two special tokens, and a word at an end that is split anew into more."""

STORY_TOKENS = 1024
"""How much of a text is embedded: whole stories find more of the editors' links than their leads do."""

_FIRST_CHARACTERS = 8 * STORY_TOKENS
"""Holds `STORY_TOKENS` tokens of ordinary prose (4 to 6 characters each): a long text is not read."""

_MOST_CHARACTERS = 4 * _FIRST_CHARACTERS
"""That are looked at: what has fewer tokens to so many is no prose, and nothing else runs while it is cut."""


def cutting() -> str:
    """Return what tells ways to cut a text apart, beside the model that reads it."""
    return f"{FORMAT}/{CHUNK_TOKENS}/{STORY_TOKENS}"


def story_units(headline: str, text: str, chunker: Chunker) -> list[str]:
    """Return what is embedded of one story: the headline first, then the chunks of its text."""
    return [headline, *chunker.chunks(text)]


def text_vectors(headline: str, text: str, embedder: Embedder) -> NDArray[np.float32]:
    """Return the vectors of a text that is asked about, as those of a story; a line alone is a question."""
    units = story_units(headline, text, embedder)
    with METER.measuring(Kind.QUESTION, 1, len(units)):
        return embedder.encode(units) if text else encode_questions(embedder, units)


class TokenChunker:
    """Cuts a text at word ends into chunks of a bounded number of the model's own tokens.

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
        The model's. Where it truncates sooner than after `chunk_tokens`, chunks are that much shorter.
    chunk_tokens, story_tokens : int
        Most tokens in a chunk, and in all chunks together, special tokens not counted.
    prompt : str
        What the model is told before each chunk: that needs room, too.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        chunk_tokens: int = CHUNK_TOKENS,
        story_tokens: int = STORY_TOKENS,
        *,
        prompt: str = "",
    ) -> None:
        if tokenizer.truncation is not None:
            room = _ROOM + len(tokenizer.encode(prompt, add_special_tokens=False))
            chunk_tokens = min(chunk_tokens, max(1, tokenizer.truncation["max_length"] - room))
        if tokenizer.padding is not None:  # what fills a row up would be cut like words
            tokenizer = type(tokenizer).from_str(tokenizer.to_str())
            tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._chunk_tokens, self._story_tokens = chunk_tokens, story_tokens

    def chunks(self, text: str) -> list[str]:
        """Return the chunks of the first `story_tokens` tokens of `text`, in order; none without a token."""
        text = text.lstrip()
        if not text:
            return []
        words, offsets = self._first_tokens(text)
        last = _word_end(words, 0, self._story_tokens)
        pieces: list[str] = []
        start = 0
        while start < last:
            end = min(_word_end(words, start, start + self._chunk_tokens), last)
            pieces.append(text[offsets[start][0] : offsets[end - 1][1]])
            start = end
        return pieces

    def _first_tokens(self, text: str) -> tuple[list[int | None], list[tuple[int, int]]]:
        """Return of each token its word, and where it stands; no more of a text is read than is needed."""
        length = _FIRST_CHARACTERS
        while True:
            tokens = self._tokenizer.encode(text[:length], add_special_tokens=False)
            parts = (
                tokens,
                *tokens.overflowing,
            )  # what it truncates: a copy that does not takes 35 ms to make
            words = list(chain.from_iterable(part.word_ids for part in parts))
            # One chunk more than is used, so that a word cut at `length` is never among those used.
            enough = len(words) >= self._story_tokens + self._chunk_tokens
            if enough or length >= min(len(text), _MOST_CHARACTERS):
                return words, list(chain.from_iterable(part.offsets for part in parts))
            length *= 2


def _word_end(words: list[int | None], start: int, end: int) -> int:
    """Move `end` (exclusive) back to the end of a word, unless one word fills all from `start` on."""
    if end >= len(words):
        return len(words)
    cut = end
    while cut > start and words[cut - 1] == words[cut]:
        cut -= 1
    return cut if cut > start else end
