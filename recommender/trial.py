"""Whether all that reads a story's text can read this one: tried before a story is kept. Knows no archive.

A story that fails is kept and set aside (see `catalog/quarantine.py`): that our code fails on it is no
fault of the newsroom, which need not send it twice.
"""

from __future__ import annotations

import traceback
from pathlib import Path

import numpy as np

from recommender.errors import TEXT_FAILURES
from recommender.lexical import encode
from recommender.publish import Standing
from recommender.ranking.reasons import Told, why
from recommender.story import Story

_NO_VECTORS = np.zeros((1, 1), np.float16)


def text_problem(story: Story) -> str:
    """Return what fails when a story is read, or nothing."""
    try:
        encode(story, _NO_VECTORS)
        Standing.of(story)
        told = Told.of(story)
        why(told, told, {}, _rare)  # with itself it shares all that it could share with another
    except TEXT_FAILURES as error:
        return failure("its text cannot be read", error)
    return ""


def failure(what: str, error: Exception) -> str:
    """Return a problem in one line: what fails and where, and nothing of the text: no log may hold it."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{what} ({type(error).__name__} in {Path(last.filename).name}, line {last.lineno})"


def _rare(_: str) -> float:
    """Return the rarity of a term that is told of wherever it stands."""
    return 9.0
