"""The scripts that a text is written in, by ISO 15924. Knows no languages."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache

_LEAST_LETTERS = 4  # that tell a script
_ASCII = bytes(range(0x80))
_NO_ASCII_LETTERS = bytes(byte for byte in range(0x100) if not (byte < 0x80 and chr(byte).isalpha()))
_SHARED_SCRIPTS = {"HIRAGANA": "Jpan", "KATAKANA": "Jpan", "CJK": "Hani", "HANGUL": "Kore"}
_SCRIPTS = {
    "LATIN": "Latn", "CYRILLIC": "Cyrl", "GREEK": "Grek", "ARABIC": "Arab", "HEBREW": "Hebr",
    "DEVANAGARI": "Deva", "BENGALI": "Beng", "GURMUKHI": "Guru", "GUJARATI": "Gujr", "ORIYA": "Orya",
    "TAMIL": "Taml", "TELUGU": "Telu", "KANNADA": "Knda", "MALAYALAM": "Mlym", "SINHALA": "Sinh",
    "THAI": "Thai", "LAO": "Laoo", "TIBETAN": "Tibt", "MYANMAR": "Mymr", "GEORGIAN": "Geor",
    "ETHIOPIC": "Ethi", "KHMER": "Khmr", "ARMENIAN": "Armn", "MONGOLIAN": "Mong",
    "THAANA": "Thaa", **_SHARED_SCRIPTS,
}  # fmt: skip
_HAN_WORTH = 4  # one Han character is a word or two; four Latin letters are one
HAN = frozenset({"Hani", "Hans", "Hant", "Jpan", "Kore"})  # may share all of a short text's characters


def letters_by_script(text: str) -> Counter[str]:
    """Return how many letters of a text are of each script; kana make Japanese of the Han around them."""
    raw = text.encode("utf-8", "ignore")
    latin = len(raw.translate(None, _NO_ASCII_LETTERS))
    counts: Counter[str] = Counter()
    if latin:
        counts["Latn"] = latin
    if text.isascii():
        return counts
    for letter, count in Counter(raw.translate(None, _ASCII).decode()).items():
        if letter.isalpha() and (script := _script(letter)):
            counts[script] += count
    if "Jpan" in counts:
        counts["Jpan"] += counts.pop("Hani", 0)
    return counts


def main_script(counts: Counter[str]) -> str | None:
    """Return the script of most letters, or None where there are too few to tell."""
    script, count = max(counts.items(), key=lambda item: item[1], default=(None, 0))
    return script if script and count * worth(script) >= _LEAST_LETTERS else None


def worth(script: str) -> int:
    """Return to how many letters of an alphabet a letter of a script amounts."""
    return _HAN_WORTH if script in HAN else 1


@lru_cache(4096)
def _script(letter: str) -> str | None:
    return _SCRIPTS.get(unicodedata.name(letter, "").partition(" ")[0])
