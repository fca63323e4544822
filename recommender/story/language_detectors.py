"""Asks two libraries which language a text is in. What they say is weighed elsewhere; knows no stories."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

try:
    import pycld2
except ImportError:  # no wheel of it for this Python, and no compiler when this was installed
    pycld2 = None

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

HAS_CLD2 = pycld2 is not None


def first_look(sample: str) -> tuple[bool, int, Sequence[tuple[str, str, int, float]]]:
    """Return what CLD2 says: whether it is sure, of how many bytes, and the languages with their shares."""
    if pycld2 is None:
        return False, 0, ()
    try:
        reliable, size, found = pycld2.detect(sample.encode("utf-8", "ignore"))
    except pycld2.error:  # it refuses some code points that are text to Unicode
        return False, 0, ()
    return reliable, size, found


def second_look(sample: str) -> tuple[str, float]:
    """Return the tag that the second look gives a text, and how sure it is; none where it cannot be had."""
    try:
        code, confidence = _identifier().classify(sample)
    except OSError:  # its model is unpacked to a temporary file, for which a full disk has no room
        return "", 0.0
    return code, float(confidence)


@lru_cache(1)
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # reads a model: only where it is needed

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
