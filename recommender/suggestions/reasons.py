"""Why a link belongs on a phrase, in words an editor accepts.

A reason is given only where it is true of both texts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recommender.analysis.languages import spoken_of
from recommender.analysis.phrases import Phrases
from recommender.story.languages import language_of
from recommender.story.story import Story

MOST_NAMED = 4
"""Words that are named in a reason."""


def reasons(phrase: str, draft: Story, story: Story, known: Mapping[str, float]) -> tuple[str, ...]:
    """Return why a phrase of a draft should lead to a story, the most telling first.

    Parameters
    ----------
    phrase : str
    draft, story : Story
    known : mapping of str to float
        What is known of the place; see `places.NAMES`.
    """
    found = []
    if led := round(float(np.expm1(known["led"]))):
        many = f"{led} earlier links on these words led there"
        found.append("An earlier link on these words led there" if led == 1 else many)
    language = spoken_of(language_of(draft).key)
    headline = _shared(phrase, story.headline, language)
    if known["whole"] and headline:
        found.append("The phrase is its headline")
    elif headline:
        found.append(f"Its headline says {_quoted(headline)}")
    elif text := _shared(phrase, story.text, language):
        found.append(f"It says {_quoted(text)}")
    return tuple(found) or ("It is on the same subject as the passage",)


def _shared(phrase: str, text: str, language: str) -> list[str]:
    """Return the words of a phrase, as they are written there, that a text says, too; no stop words."""
    said = {word.form for word in Phrases.of(text, language).words}
    words = Phrases.of(phrase, language).words
    return [phrase[word.start : word.end] for word in words if word.term and word.form in said]


def _quoted(words: list[str]) -> str:
    return ", ".join(f"\u201c{word}\u201d" for word in list(dict.fromkeys(words))[:MOST_NAMED])
