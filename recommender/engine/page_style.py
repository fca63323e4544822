"""What an operator may choose about how blocks are shown: table `[page]` of `related.toml`, environment.

Nothing here has a part in which stories a block holds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from recommender.analysis.languages import ENGLISH
from recommender.analysis.wording import Wording, languages_said, wording_of
from recommender.engine.dates import is_language
from recommender.errors import SettingsError, shown
from recommender.setting_sources import load_table
from recommender.settings import time_zone

TABLE = "page"
PREFIX = "RELATED_PAGE_"
UTC = "UTC"
_LONGEST_DECK = 100_000  # characters
_OLDEST = 1_000_000  # days
USUAL_LANGUAGE, AS_STORY = "en-GB", "story"
LEAVE_OUT, AS_TEXT = "leave-out", "text"


@dataclass(frozen=True, kw_only=True)
class PageStyle:
    """How a block is shown to readers. Every field has a default that works.

    Parameters
    ----------
    heading : str
        The heading of the block.
    language : str
        Language of the heading, of dates, reasons and roles, a tag such as ``bn`` or ``pt-BR``; ``story``:
        that of the story whose block it is where there are words in it, else English.
    words : str
        A gettext catalog (``.po``) whose words stand before ours in headings, reasons and roles; a path, as
        seen from the archive.
    zone : str
        IANA zone that dates are shown in; empty: the archive's `zone`, else UTC.
    age_label_after : int
        A story that was published so many days before the one it stands beside is labelled with its year,
        such as ``From 2019``; 0: none is.
    deck_length : int
        How many characters (grapheme clusters) of a deck or caption are shown; a longer one is cut after a
        sentence or a word. JSON has the whole text.
    unlinked : {"leave-out", "text"}
        A slot whose story has no address: ``leave-out`` leaves it out of the HTML, unless no slot has one;
        ``text`` shows it without a link.
    templates : str
        Directory of your own templates, from the archive's directory on: one of the name of ours stands in
        for it. Read when the archive is opened. Empty: ours.
    """

    heading: str = "RELATED STORIES"
    language: str = USUAL_LANGUAGE
    words: str = ""
    zone: str = ""
    age_label_after: int = 365
    deck_length: int = 200
    unlinked: str = LEAVE_OUT
    templates: str = ""

    def __post_init__(self) -> None:
        if not self.heading.strip():
            raise SettingsError("setting page.heading is blank; give what stands above a block")
        if self.language == AS_STORY and self.words:
            raise SettingsError(
                "setting page.words is for one language; take it out, or give page.language instead of story"
            )
        if self.language != AS_STORY and not is_language(self.language):
            raise SettingsError(
                f"setting page.language is {self.language!r}; give a language tag such as en, bn or pt-BR"
            )
        if self.zone:
            time_zone("page.zone", self.zone)
        if not 0 <= self.age_label_after <= _OLDEST:
            raise SettingsError(
                f"setting page.age_label_after is {shown(self.age_label_after)}; give days, 0 to {_OLDEST:,}"
            )
        if self.deck_length < 1:
            raise SettingsError(
                f"setting page.deck_length is {self.deck_length}; give a whole number from 1 up"
            )
        if self.deck_length > _LONGEST_DECK:
            raise SettingsError(
                f"setting page.deck_length is {shown(self.deck_length)}; give {_LONGEST_DECK:,} at most"
            )
        if self.unlinked not in (LEAVE_OUT, AS_TEXT):
            raise SettingsError(f"setting page.unlinked is {self.unlinked!r}; give {LEAVE_OUT} or {AS_TEXT}")

    @cached_property
    def say(self) -> Wording:
        """Says what is said to readers and editors in that language."""
        return wording_of(self.language, self.words)

    def beside(self, language: str) -> PageStyle:
        """Return how the block of a text is shown that is read as some language."""
        return _said_in(self, language) if self.language == AS_STORY else self

    @cached_property
    def version(self) -> str:
        """What changes with any message that may be said."""
        if self.language != AS_STORY:
            return self.say.version
        return AS_STORY + "".join(wording_of(key).version for key in languages_said())

    @cached_property
    def timezone(self) -> ZoneInfo:
        """The zone that dates are shown in."""
        return time_zone("page.zone", self.zone or UTC)


@lru_cache(64)
def _said_in(look: PageStyle, key: str) -> PageStyle:
    is_said = key in languages_said() and key != ENGLISH
    said = replace(look, language=key if is_said else USUAL_LANGUAGE)
    return replace(said, heading=said.say(said.heading))


def load_page_style(archive: Path, zone: str, env: Mapping[str, str] | None = None) -> PageStyle:
    """Read how an archive's blocks are shown; the environment counts before the file.

    Parameters
    ----------
    archive : Path
        The archive's directory.
    zone : str
        The archive's zone, for dates where the table names none.
    env : mapping, optional
        Stands for `os.environ`.

    Raises
    ------
    SettingsError
        For an unknown name, a wrong type or an impossible value.
    """
    look = load_table(PageStyle, archive, os.environ if env is None else env, PREFIX, TABLE)
    look = look if look.zone else replace(look, zone=zone)
    if look.words:
        look = replace(look, words=str((archive / Path(look.words).expanduser()).absolute()))
    look = replace(look, heading=look.say(look.heading))  # of the usual one there is a translation
    return replace(look, templates=_directory(archive, look.templates)) if look.templates else look


def _directory(archive: Path, templates: str) -> str:
    """Return where templates are, whatever directory the process works in."""
    path = (archive / Path(templates).expanduser()).absolute()
    if not path.is_dir():
        raise SettingsError(f"setting page.templates is {shown(templates)}: {path} is no directory; make it")
    return str(path)
