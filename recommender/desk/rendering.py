"""The templates of the desk, with those of blocks beside them. All values are escaped."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

import jinja2
from markupsafe import Markup, escape

from recommender.analysis.languages import ENGLISH
from recommender.desk import elsewhere, static_files
from recommender.desk.explaining import minute
from recommender.desk.wording import N_, languages, words_of
from recommender.engine.page_style import USUAL_LANGUAGE, PageStyle
from recommender.engine.templates import configured
from recommender.story.languages import language_key
from recommender.story.timestamps import format_time
from recommender.suggestions.answer import AROUND

GERMAN = "de"
ENDED = N_("%(sentence)s.")


@functools.cache
def environment(language: str = ENGLISH) -> jinja2.Environment:
    """Return the desk's templates in a language, one of `languages`; `parts.html` of blocks is there, too."""
    words = words_of(language)
    loaders = [jinja2.PackageLoader("recommender.desk"), jinja2.PackageLoader("recommender")]
    found = configured(jinja2.ChoiceLoader(loaders))
    found.add_extension("jinja2.ext.i18n")
    found.install_gettext_translations(words.catalog, newstyle=True)  # type: ignore[attr-defined]
    found.globals |= {"words": words, "languages": languages(), "apart": apart, "code": code, "keys": keys}
    found.globals["static"] = static_files.address
    found.globals["around"] = AROUND
    found.filters["path"] = path_part
    found.filters["minute_of"] = functools.partial(minute, language=language)
    found.filters["clock_of"] = functools.partial(clock, language=language)
    found.filters["said"] = words
    found.filters["elsewhere"] = functools.partial(elsewhere.said, words=words)
    found.filters["by_whom"] = functools.partial(elsewhere.who, words=words)
    found.filters["elsewhere_in_parts"] = functools.partial(elsewhere.said_in_parts, words=words)
    found.filters["iso"] = format_time
    found.filters["within"] = functools.partial(within, language=language)
    found.filters["counted"] = functools.partial(counted, language=language)
    found.filters["sentence"] = sentence
    found.filters["ended"] = functools.partial(ended, language=language)
    return found


@functools.lru_cache(64)
def read_in(look: PageStyle, language: str) -> PageStyle:
    """Return how dates and roles are shown to who reads in a language, whatever the pages are in."""
    if language_key(look.language) == language:
        return look
    return replace(look, language=USUAL_LANGUAGE if language == ENGLISH else language, words="")


def clock(at: float, look: PageStyle, now: float, language: str = ENGLISH) -> str:
    """Return a moment in epoch seconds, in the zone of the page."""
    return minute(datetime.fromtimestamp(at, look.timezone), now, language)


def counted(number: int, language: str = ENGLISH) -> str:
    """Return a number with its thousands set apart as a language sets them."""
    if language == ENGLISH or -1000 < number < 1000:
        return f"{number:,}"
    from babel.numbers import format_decimal  # read in 20 ms, and only for other languages

    return format_decimal(number, locale=language)


def within(words: str, language: str) -> str:
    """Return a label as it stands within a sentence: German nouns keep their capitals."""
    return words if language == GERMAN else words.lower()


def sentence(words: str) -> str:
    """Return words with the first letter of a sentence."""
    return words[:1].upper() + words[1:]


def ended(text: str, language: str) -> Markup:
    """Return a sentence with the mark that ends one in a language."""
    return escape(words_of(language)(ENDED)) % {"sentence": text}


def apart(text: str) -> Markup:
    """Return what others wrote, kept apart by direction, to stand in a message."""
    return Markup("<bdi>{}</bdi>").format(text)


def code(text: str) -> Markup:
    """Return what is typed, to stand in a message."""
    return Markup('<code dir="ltr">{}</code>').format(text)


def keys(*chords: str) -> Markup:
    """Return keys that are pressed together, to stand in a message."""
    each = [Markup(" + ").join(Markup("<kbd>{}</kbd>").format(key) for key in one.split()) for one in chords]
    return Markup('<bdi dir="ltr">{}</bdi>').format(Markup(" / ").join(each))


def path_part(text: str) -> str:
    """Return a text, such as a story's id, as one part of an address."""
    return quote(text, safe="")
