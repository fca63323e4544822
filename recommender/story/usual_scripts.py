"""The scripts of languages that are known by two letters, so that no library is read for them. Knows no text.

Each is the key of itself (see `languages.language_key`) and mostly written in that script, as CLDR has it;
the tests hold all of them to what langcodes and Babel say, which take a twentieth of a second each to read.
"""

from __future__ import annotations

_LANGUAGES = {
    "Latn": "aa af ak an az bm br ca co cs cy da de ee en eo es et eu ff fi fo fr fy ga gd gl gn gv ha ht hu "
    "ia id ie ig io is it jv ki kl ku kw la lb lg ln lt lu lv mg mi ms mt nd nl no nr nv ny oc om pi pl pt "
    "qu rm rn ro rw sc se sg sk sl sn so sq ss st su sv sw tk tn to tr ts uz ve vi vo wa wo xh yo za zu",
    "Cyrl": "ab ba be bg ce cu cv kk ky mk mn os ru tg tt uk",
    "Arab": "ar fa ks ps sd ug ur",
    "Armn": "hy", "Beng": "as bn", "Cans": "iu", "Deva": "hi mr ne sa", "Ethi": "am ti", "Geor": "ka",
    "Grek": "el", "Gujr": "gu", "Guru": "pa", "Hans": "zh", "Hebr": "he yi", "Jpan": "ja", "Khmr": "km",
    "Knda": "kn", "Kore": "ko", "Laoo": "lo", "Mlym": "ml", "Mymr": "my", "Orya": "or", "Sinh": "si",
    "Taml": "ta", "Telu": "te", "Thaa": "dv", "Thai": "th", "Tibt": "bo dz", "Yiii": "ii",
}  # fmt: skip

SCRIPTS = {language: script for script, named in _LANGUAGES.items() for language in named.split()}
"""Script (ISO 15924) by language (ISO 639-1)."""

RIGHT_TO_LEFT = frozenset({"Arab", "Hebr", "Thaa"})
"""Those of them that are written from right to left."""
