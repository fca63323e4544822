"""What differs between languages when a text is cut into words: stop words, capitals. Knows no story."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from recommender.analysis.normalization import normalised
from recommender.analysis.writing_systems import folded

ENGLISH = "en"
_STOP_FILE = resources.files("recommender") / "data" / "stopwords.txt"
STOP_WORDS = frozenset(_STOP_FILE.read_text("utf-8").split())
"""English function words, and what is left of contractions ("ll", "don")."""

_BY_SCRIPT = {
    "Latn": ENGLISH, "Cyrl": "ru", "Arab": "ar", "Deva": "hi", "Beng": "bn", "Hebr": "he", "Hani": "zh",
    "Hans": "zh", "Hant": "zh", "Jpan": "ja", "Kore": "ko", "Grek": "el", "Taml": "ta", "Telu": "te",
    "Knda": "kn", "Mlym": "ml", "Gujr": "gu", "Guru": "pa", "Orya": "or", "Sinh": "si", "Thai": "th",
    "Laoo": "lo", "Khmr": "km", "Mymr": "my", "Geor": "ka", "Armn": "hy", "Ethi": "am", "Tibt": "bo",
    "Mong": "mn", "Thaa": "dv",
}  # fmt: skip
_UNDETERMINED = "und-"  # before a script (`recommender.story.languages`)

_NOUNS_IN_CAPITALS = frozenset({"de", "lb"})
NO_CAPITALS = frozenset({
    "am", "ar", "as", "bn", "bo", "ckb", "dv", "fa", "gu", "he", "hi", "ja", "ka", "km", "kn", "ko", "lo",
    "ml", "mr", "my", "ne", "or", "pa", "ps", "sa", "sd", "si", "ta", "te", "th", "ti", "ug", "ur", "yi",
    "zh",
})  # fmt: skip
"""Languages whose scripts have none."""

UNSPACED = frozenset({"ja", "km", "ko", "lo", "my", "th", "yue", "zh"})
"""Languages whose texts are cut into neighbouring letters, several of them a word."""


@dataclass(frozen=True, slots=True)
class Writing:
    """How a language is written.

    Attributes
    ----------
    language : str
        The language; of texts whose language is not known the one that is most written in their script.
    stop_words : frozenset of str
        Casefolded.
    capitals : bool
        Whether names begin with one.
    nouns_in_capitals : bool
        Whether all nouns do, so that one tells no name.
    """

    language: str
    stop_words: frozenset[str]
    capitals: bool
    nouns_in_capitals: bool


def spoken_of(key: str) -> str:
    """Return the language as which a text is read whose language has that key.

    >>> [spoken_of(key) for key in ("pt", "und-Beng", "und-Latn", "")]
    ['pt', 'bn', 'en', 'en']
    """
    if key.startswith(_UNDETERMINED):
        return _BY_SCRIPT.get(key.removeprefix(_UNDETERMINED), key)
    return key or ENGLISH


def undetermined_keys() -> dict[str, str]:
    """Return what texts are read as whose language is not known, by the key of that."""
    return {"": ENGLISH} | {f"{_UNDETERMINED}{script}": language for script, language in _BY_SCRIPT.items()}


@lru_cache(256)
def writing_of(language: str) -> Writing:
    """Return how a language is written."""
    return Writing(
        language,
        STOP_WORDS if language == ENGLISH else _stop_words(language),
        language not in NO_CAPITALS,
        language in _NOUNS_IN_CAPITALS,
    )


def _stop_words(language: str) -> frozenset[str]:
    import stopwordsiso  # reads all its lists: only where there are other languages

    if not stopwordsiso.has_lang(language):
        return frozenset()
    return frozenset(folded(normalised(word).casefold()) for word in stopwordsiso.stopwords(language))
