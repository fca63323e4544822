"""What is said to readers and editors, in their language. Knows no story.

A message is known by its English; `recommender/data/locale` has a gettext catalog for each other language,
and a file of a newsroom's own stands before it, in English too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from gettext import NullTranslations
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.analysis.languages import ENGLISH
from recommender.errors import SettingsError
from recommender.story.languages import language_key
from recommender.story.usual_scripts import RIGHT_TO_LEFT, SCRIPTS

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

_ISOLATE, _END = "\u2068", "\u2069"  # first strong isolate, and the end of it (UAX 9)
_ENGLISH_OF = "en-"  # and a region
AND, COMMA = "{several} and {last}", ", "


class Wording:
    """Says messages in one language.

    Parameters
    ----------
    messages : mapping of str to str
        By their English; others stay English.
    right_to_left : bool
        Whether the language is written so: what is named is set apart then, for it may be written otherwise.
    """

    def __init__(self, messages: Mapping[str, str], *, right_to_left: bool = False) -> None:
        self._messages, self.right_to_left = dict(messages), right_to_left

    def __call__(self, message: str, **values: str | int) -> str:
        """Return a message with its values."""
        said = self._messages.get(message, message)
        if self.right_to_left:
            values = {name: f"{_ISOLATE}{value}{_END}" for name, value in values.items()}
        return said.format(**values) if values else said

    def listed(self, things: Sequence[str]) -> str:
        """Return things as one phrase."""
        if len(things) == 1:
            return things[0]
        several, last = self(COMMA).join(things[:-1]), things[-1]
        return self.template(AND).format(several=several, last=last)

    def template(self, message: str) -> str:
        """Return how a message is said, with its values still to be put in."""
        return self._messages.get(message, message)

    @property
    def version(self) -> str:
        """What changes with any message; nothing for plain English."""
        known = sorted(self._messages.items())
        return hashlib.blake2b(repr(known).encode(), digest_size=6).hexdigest() if known else ""


PLAIN = Wording({})
"""English."""


def wording_of(tag: str, own: str = "") -> Wording:
    """Return the words for a language tag; those of a newsroom's own file come first.

    Raises
    ------
    SettingsError
        When the file is no catalog, or a message of it has other values than the English one.
    """
    messages = dict(_shipped(language_key(tag)))
    if own:
        try:
            messages |= _checked(_read(Path(own).read_bytes(), own), own)
        except OSError as error:
            raise SettingsError(f"{own}: {error.strerror}; check the setting page.words") from error
    return Wording(messages, right_to_left=is_right_to_left(tag))


def is_right_to_left(tag: str) -> bool:
    """Return whether a language is written from right to left."""
    if tag in SCRIPTS or tag.startswith(_ENGLISH_OF):
        return SCRIPTS.get(tag) in RIGHT_TO_LEFT
    from babel import Locale, UnknownLocaleError  # read only for others: it takes a twentieth of a second

    try:
        return str(Locale.parse(tag, sep="-").character_order) == "right-to-left"
    except (UnknownLocaleError, ValueError):
        return False


@lru_cache(1)
def languages_said() -> tuple[str, ...]:
    """Return the keys of the languages that there are words in."""
    files = (resources.files("recommender") / "data" / "locale").iterdir()
    return tuple(sorted({ENGLISH, *(file.name.removesuffix(".po") for file in files if file.is_file())}))


@lru_cache(1)
def messages_said() -> tuple[str, ...]:
    """Return all messages, by their English."""
    return tuple(sorted({message for key in languages_said() for message in _shipped(key)}))


@lru_cache(16)
def _shipped(key: str) -> Mapping[str, str]:
    file = resources.files("recommender") / "data" / "locale" / f"{key}.po"
    return {} if key == ENGLISH or not file.is_file() else _read(file.read_bytes(), file.name)


def read_translations(data: bytes, where: str) -> NullTranslations:
    """Return the messages of a catalog, those with plurals among them, as the standard library says them."""
    from babel.messages.mofile import write_mo
    from babel.support import Translations

    compiled = BytesIO()
    write_mo(compiled, _catalog(data, where))
    compiled.seek(0)
    return Translations(compiled)


def _catalog(data: bytes, where: str) -> Catalog:
    from babel.messages.pofile import PoFileError, read_po  # only where there is such a file

    try:
        return read_po(BytesIO(data), abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise SettingsError(f"{where}: no gettext catalog: {error}; check it with: msgfmt -c") from error


def _read(data: bytes, where: str) -> dict[str, str]:
    catalog = _catalog(data, where)
    return {str(one.id): str(one.string) for one in catalog if one.id and one.string and not one.fuzzy}


def _checked(messages: dict[str, str], file: str) -> dict[str, str]:
    values = {name: "" for name in ("thing", "things", "column", "author", "tags", "part", "section", "year")}
    for message, said in messages.items():
        try:
            said.format(**values, several="", last="")
        except (KeyError, IndexError, ValueError) as error:
            raise SettingsError(f"{file}: {message!r} is said as {said!r}: no value {error}") from error
    return messages


@lru_cache(512)
def own_name(tag: str) -> str:
    """Return what a language calls itself, or its tag where that is not known.

    >>> [own_name(tag) for tag in ("bn", "fr-CA", "tlh")]
    ['বাংলা', 'français (Canada)', 'tlh']
    """
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(tag, sep="-").get_display_name() or tag
    except (UnknownLocaleError, ValueError):
        return tag
