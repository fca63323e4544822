"""Whether all that reads a story's text can read this one: tried before a story is kept. Knows no archive.

A story that fails is kept and set aside (see `catalog/quarantine.py`): that our code fails on it is no
fault of the newsroom, which need not send it twice.
"""

from __future__ import annotations

import numpy as np

from recommender.analysis.words import encode
from recommender.errors import TEXT_FAILURES, failure
from recommender.ranking.reader_text import ReaderText
from recommender.ranking.reasons import why
from recommender.story.link_policy import Standing
from recommender.story.story import Story

_NO_VECTORS = np.zeros((1, 1), np.float16)


def text_problem(story: Story) -> str:
    """Return what fails when a story is read, or nothing."""
    try:
        encode(story, _NO_VECTORS)
        reader_text = ReaderText.of(story)
        why(reader_text, reader_text, {}, _rare)  # with itself it shares all that it could share with another
    except TEXT_FAILURES as error:
        return failure("its text cannot be read", error)
    return Standing.of(story).set_aside


def _rare(_: str) -> float:
    """Return the rarity of a term that is told of wherever it stands."""
    return 9.0
