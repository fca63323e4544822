"""Reasons in the language of who reads the desk, whatever language the archive's pages are in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from recommender.analysis.languages import spoken_of
from recommender.analysis.retelling import IsSaid, retelling
from recommender.analysis.wording import Wording, wording_of
from recommender.desk.wording import Words
from recommender.engine.page_style import PageStyle
from recommender.story.languages import language_key, language_of
from recommender.story.story import Story


@cache
def _spoken(key: str) -> Wording:
    return wording_of(key)


def said_by(style: PageStyle, story: Story) -> PageStyle:
    """Return how the block of a story is shown: in which language its reasons were said."""
    return style.beside(spoken_of(language_of(story).key))


def retold(
    reasons: Sequence[str], told: PageStyle, words: Words, stories: Sequence[Story]
) -> tuple[tuple[str, ...], str]:
    """Return reasons in a person's language, and the language that they are in now.

    Parameters
    ----------
    reasons : sequence of str
        As they are kept, or were given just now.
    told : PageStyle
        How the block is shown to readers.
    words : Words
        Of the person.
    stories : sequence of Story
        Those that the reasons are about.
    """
    if language_key(told.language) == words.tag:
        return tuple(reasons), told.language
    say = retelling(told.say, _spoken(words.tag))
    is_said = _in_all(stories)
    found = [say(reason, is_said) for reason in reasons]
    if None in found:  # of the newsroom's own words before they were changed
        return tuple(reasons), told.language
    return tuple(filter(None, found)), words.tag


def _in_all(stories: Sequence[Story]) -> IsSaid:
    """Return what tells whether all of some stories say a name."""
    texts: list[str] = []

    def is_said(name: str) -> bool:
        texts[:] = texts or [f"{each.headline}\n{each.text}\n{each.tags}".casefold() for each in stories]
        return all(name.casefold() in text for text in texts)

    return is_said
