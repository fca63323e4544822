"""The words of the desk in a person's language: a gettext catalog for each, English for what one lacks.

Knows no page. Readers' words are `recommender.analysis.wording`'s.
"""

from __future__ import annotations

import functools
import gettext
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from starlette.requests import Request

from recommender.analysis.languages import ENGLISH
from recommender.analysis.wording import is_right_to_left, read_translations
from recommender.story.languages import language_key

COOKIE = "related_desk_language"  # what a person chose in this browser
_LOCALES = resources.files("recommender") / "data" / "locale" / "desk"
_MOST_ASKED = 50  # languages that a browser may name


@dataclass(frozen=True, slots=True)
class Words:
    """Says messages in one language.

    Attributes
    ----------
    tag : str
        The language, as HTML has it.
    catalog : NullTranslations
        Its messages.
    """

    tag: str = ENGLISH
    catalog: gettext.NullTranslations = gettext.NullTranslations()  # noqa: RUF009 (it holds nothing)

    @property
    def direction(self) -> str:
        """``rtl`` or ``ltr``."""
        return "rtl" if is_right_to_left(self.tag) else "ltr"

    def __call__(self, message: str, **values: str | int) -> str:
        """Return a message with its values."""
        said = self.catalog.gettext(message) if message else ""
        return said % values if values else said


PLAIN = Words()
"""English."""


def N_(message: str) -> str:
    """Mark a message that is said later, for who collects messages."""
    return message


@functools.cache
def languages() -> tuple[str, ...]:
    """Return the languages that the desk speaks, by their keys; English first."""
    names = (file.name for file in _LOCALES.iterdir())
    return (ENGLISH, *sorted(name.removesuffix(".po") for name in names if name.endswith(".po")))


@functools.cache
def words_of(key: str) -> Words:
    """Return the words for one of `languages`, English for any other."""
    if key == ENGLISH or key not in languages():
        return PLAIN
    return Words(key, read_translations((_LOCALES / f"{key}.po").read_bytes(), f"{key}.po"))


def words_for(request: Request, usual: str) -> Words:
    """Return the words for who asks: as they chose, as their browser says, or in the usual language."""
    asked = (request.cookies.get(COOKIE, ""), *_accepted(request.headers.get("accept-language", "")), usual)
    return next((words_of(key) for tag in asked if (key := language_key(tag)) in languages()), PLAIN)


def _accepted(header: str) -> Sequence[str]:
    """Return the languages that a browser names, the dearest first (RFC 9110, 12.5.4)."""
    weighed = []
    for part in header.split(",")[:_MOST_ASKED]:
        tag, _, weight = part.partition(";")
        text = weight.strip().removeprefix("q=")
        share = float(text) if text.replace(".", "", 1).isdecimal() and text.isascii() else 1.0
        if tag.strip() and share > 0:
            weighed.append((share, tag.strip()))
    return [tag for _, tag in sorted(weighed, key=lambda each: -each[0])]
