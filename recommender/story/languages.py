"""The language of a story: as its newsroom declared it, else as its text shows. Knows no archive and rules.

Who compares languages compares keys: `language_of(story).key`, and asks `may_meet(key, key)`; a search that
filters asks `linked_keys(key)` for the keys that may come up. A held story carries its `Language` (set where
it is written), so reading detects nothing. A key is one of

- ``"en"``, ``"zh"``, ``"no"``: a language, whatever the region, script or alias in the tag (BCP 47);
- ``"und-Latn"``: not known, but written in that script, as three words of a headline are;
- ``""``: not known at all.

What was declared is not believed where the text is written in a script that the language is never written
in: a page of a site that declares English on all of its pages.

Detected by CLD2 (pycld2), which settles most texts in 30 microseconds and is wrong of one in 500; where it
leaves a text of some length open, by py3langid, whose model takes a second and 80 MB to read. Measured on
texts in 33 languages, 40 of each, of some 100, 200 and 600 characters: CLD2 alone has .92, .97 and .99
right, and leaves every third Russian one open; with py3langid after it .94, .99 and 1.00. py3langid alone
has .99, 1.00 and 1.00, but calls 16 % of English headlines another language, which CLD2 leaves open. A
text that holds several languages is of the one that most of its paragraphs are in. Where CLD2 cannot be had
(from CPython 3.14 on it has no wheel yet), py3langid alone is asked, and short texts stay open.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from recommender.story.language_detectors import first_look, second_look
from recommender.story.scripts import HAN, letters_by_script, main_script, worth
from recommender.story.usual_scripts import SCRIPTS

UNKNOWN = ""
_UNDETERMINED = "und-"  # before a script
_SAMPLE = 1_000  # characters of a text that are looked at: some five times what settles its language
_PIECES = 3  # of which they are taken, so that an opening in another language does not decide
_MIXED = 8_000  # characters of a text that is looked at by paragraphs
_WHOLE = 85  # per cent of a text in one language: what is not is a name, a quotation, an address
# Bytes of text from which a detection counts in full. Below half of it one headline in 250 was taken for
# another language; from there on one in 3,707.
_SETTLED = 100
_LEAST_CONFIDENCE = 0.5
_LEAST_LEFT_OPEN = 60  # letters of a text that a second look is taken at, which is wrong of shorter ones
_LEAST_PROBABLE = 0.9  # what the second look must say
_CLEAR_LETTERS = 12  # in a script that is not the declared language's: more than a name or two
# One standard for readers, which ISO 639-3 calls a macrolanguage or a tag may name by its parts. Detection
# cannot tell Bosnian, Croatian and Serbian apart by a few paragraphs, and their readers need not.
_ONE = {
    "nb": "no", "nn": "no", "bs": "sh", "hr": "sh", "sr": "sh", "cnr": "sh", "yue": "zh",
    "wuu": "zh", "hak": "zh", "arz": "ar", "ary": "ar", "apc": "ar", "aeb": "ar", "afb": "ar", "acm": "ar",
}  # fmt: skip
_NO_TONGUE = ("xx-", "zz", "un")  # codes of the detector for scripts, and for jokes
# No language, several, one that has no code: ISO 639-2. "root" is CLDR's.
_NONE = frozenset({"und", "mul", "mis", "zxx", "root", "art"})
_SEVERAL = frozenset({"mul", "zxx"})  # said on purpose: the text is not asked
_LOCAL_USE = re.compile(r"q[a-t][a-z]")  # qaa to qtz
# The detector refuses controls and code points that are no characters.
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_SCRIPT = 4  # letters of its name, ISO 15924
_SEVERAL_LANGUAGES = 2


@dataclass(frozen=True, slots=True)
class Language:
    """What a story is written in.

    Attributes
    ----------
    key : str
        See the module.
    confidence : float
        0 to 1; 1 where it was declared.
    declared : bool
        Whether the newsroom said so.
    """

    key: str
    confidence: float
    declared: bool

    @property
    def tag(self) -> str:
        """The key where it names a language, else nothing."""
        return "" if _undetermined(self.key) else self.key


class Written(Protocol):
    """What the language of a story is read from."""

    @property
    def headline(self) -> str:
        """The headline."""

    @property
    def text(self) -> str:
        """All that is said below it."""

    @property
    def language(self) -> str | None:
        """The tag that was declared."""

    @property
    def spoken(self) -> Language | None:
        """What was found out before."""


def language_of(story: Written) -> Language:
    """Return the language of a story: what is kept with it, else declared, else detected."""
    return story.spoken or find_language(story)


def find_language(story: Written) -> Language:
    """Return the language of a story: declared, where its script does not say otherwise, else detected."""
    if story.language:
        key = language_key(story.language)
        if _primary(story.language) in _SEVERAL:
            return Language(UNKNOWN, 1.0, declared=True)
        if key and not _contradicted(key, story):
            return Language(key, 1.0, declared=True)
    return detect(story.headline, story.text)


def _contradicted(key: str, story: Written) -> bool:
    """Return whether a text is clearly in a script that the language of ``key`` is not written in.

    Every language can be written in Latin letters, as on telephones.
    """
    counts = letters_by_script(_sample(story.headline, story.text))
    script, own = main_script(counts), _scripts_of(key)
    if script in (None, "Latn") or script in own or (script in HAN and own & HAN):
        return False
    return counts[script] >= _CLEAR_LETTERS


def may_meet(key: str, other: str) -> bool:
    """Return whether two keys may be of one language, as far as is known."""
    if key == other or UNKNOWN in (key, other):
        return True
    if not (_undetermined(key) or _undetermined(other)):
        return False
    scripts = {_script_of(key), _script_of(other)}
    return len(scripts) == 1 or scripts <= HAN


def linked_keys(key: str) -> frozenset[str] | None:
    """Return the keys that `key` may meet, or None where they cannot be named beforehand."""
    if key == UNKNOWN or _undetermined(key):
        return None
    scripts = HAN if _script_of(key) in HAN else {_script_of(key)}
    return frozenset({key, UNKNOWN, *(f"{_UNDETERMINED}{script}" for script in scripts)})


@lru_cache(4096)
def language_key(tag: str) -> str:
    """Return the key of a BCP 47 tag: aliases, regions and scripts folded, `UNKNOWN` where it names none.

    >>> [language_key(tag) for tag in ("eng", "en_US", "iw", "nb", "zh-Hans", "und", "mul", "x-klingon")]
    ['en', 'en', 'he', 'no', 'zh', '', '', '']
    """
    first = _primary(tag)
    if first in SCRIPTS:
        return first
    from langcodes import Language as Tag  # read in 40 ms, and only for the languages that few write in
    from langcodes import tag_parser

    try:
        # A grandfathered tag, as i-klingon, is one name.
        first = Tag.get(tag if first == "i" else first).prefer_macrolanguage().language or first
    except tag_parser.LanguageTagError:
        return UNKNOWN  # a private or made up tag
    if first in _NONE or len(first) == 1 or _LOCAL_USE.fullmatch(first):
        return UNKNOWN
    return _ONE.get(first, first)


def detect(headline: str, text: str) -> Language:
    """Return the language that a text is mostly written in, as far as it is long enough to tell."""
    found, share = _detected(_sample(headline, text))
    if share >= _WHOLE:
        return found
    by_paragraph: Counter[str] = Counter()
    for paragraph in (headline, *text[:_MIXED].split("\n")):
        key = _detected(_NO_TEXT.sub(" ", paragraph))[0].key
        if key and not _undetermined(key):
            by_paragraph[key] += sum(letters_by_script(paragraph).values())
    if len(by_paragraph) < _SEVERAL_LANGUAGES:
        return found
    key, letters = max(by_paragraph.items(), key=lambda item: item[1])
    return Language(key, round(letters / by_paragraph.total(), 2), declared=False)


def guessed_key(headline: str, text: str) -> str:
    """Return the key of the language that a text is most likely in, however short; nothing where none is."""
    sample = _sample(headline, text)
    script = main_script(letters_by_script(sample))
    _, _, found = first_look(sample)
    code = found[0][1] if found else second_look(sample)[0]
    key = UNKNOWN if code.startswith(_NO_TONGUE) else language_key(code)
    return key if script and may_meet(key, f"{_UNDETERMINED}{script}") else UNKNOWN


def is_undetermined(key: str) -> bool:
    """Return whether a key names no language."""
    return key == UNKNOWN or _undetermined(key)


def _sample(headline: str, text: str) -> str:
    """Return what a text's language is read from: its headline, and pieces from all over it."""
    if len(text) <= _SAMPLE:
        pieces = [text]
    else:
        size = _SAMPLE // _PIECES
        pieces = [text[at : at + size] for at in range(0, len(text), len(text) // _PIECES)][:_PIECES]
    return _NO_TEXT.sub(" ", "\n".join([headline, *pieces]))


class _LeftOpen(Exception):
    """The second look could not be had, so that the language of a text stays open for now."""


def _detected(sample: str) -> tuple[Language, int]:
    """Return the language of a text without controls, and what share of it is in that (per cent).

    Of a text that tells no language all is in that.
    """
    try:
        return _looked_at(sample)
    except _LeftOpen:
        script = main_script(letters_by_script(sample))
        return Language(f"{_UNDETERMINED}{script}", 0.0, declared=False), 100


@lru_cache(512)  # on its way in, the language of a story is asked for by all who handle it
def _looked_at(sample: str) -> tuple[Language, int]:
    counts = letters_by_script(sample)
    script = main_script(counts)
    if script is None:
        return Language(UNKNOWN, 0.0, declared=False), 100
    written = f"{_UNDETERMINED}{script}"
    reliable, size, found = first_look(sample)
    share = max(found[0][2], 1) if found else 100
    for _, code, _, _ in found[:1] if reliable else ():
        key = UNKNOWN if code.startswith(_NO_TONGUE) else language_key(code)
        confidence = share / 100 * min(1.0, size / _SETTLED)
        if key and confidence >= _LEAST_CONFIDENCE and may_meet(key, written):
            return Language(key, round(confidence, 2), declared=False), share
    if sum(counts.values()) * worth(script) >= _LEAST_LEFT_OPEN:
        code, confidence = second_look(sample)
        if not code:
            raise _LeftOpen
        key = language_key(code)
        if key and confidence >= _LEAST_PROBABLE and may_meet(key, written):
            return Language(key, round(confidence, 2), declared=False), share
    return Language(written, 0.0, declared=False), 100


def _primary(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].lower()


def _undetermined(key: str) -> bool:
    return key.startswith(_UNDETERMINED)


@lru_cache(4096)
def _script_of(key: str) -> str:
    """Return the script that a language is mostly written in, or that the key names."""
    if _undetermined(key):
        return key.removeprefix(_UNDETERMINED)
    if key in SCRIPTS:
        return SCRIPTS[key]
    from langcodes import Language as Tag

    return Tag.get(key).maximize().script or ""


@lru_cache(256)
def _scripts_of(key: str) -> frozenset[str]:
    """Return the scripts that a language is written in (CLDR has Serbian, Punjabi and the like in two)."""
    from babel.localedata import locale_identifiers

    parts = (name.split("_") for name in locale_identifiers())
    others = {
        part[1]
        for part in parts
        if len(part) > 1 and len(part[1]) == _SCRIPT and language_key(part[0]) == key
    }
    return frozenset({_script_of(key), *others})
