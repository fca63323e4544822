"""Asks two libraries which language a text is in. What they say is weighed elsewhere; knows no stories."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import regex

try:
    import pycld2
except ImportError:  # no wheel of it for this Python, and no compiler when this was installed
    pycld2 = None

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

log = logging.getLogger(__name__)

_LETTER_AND_MARKS = regex.compile(r"\p{L}[\p{M}\u1160-\u11ff]{1,4}")

HAS_CLD2 = pycld2 is not None
TRY_AGAIN = 600  # seconds after which a model that could not be read is tried again


def composed(sample: str) -> str:
    """Return a text with its letters in one piece, as both libraries have learned them; in linear time."""
    if sample.isascii():
        return sample
    return _LETTER_AND_MARKS.sub(lambda found: unicodedata.normalize("NFC", found.group()), sample)


def first_look(sample: str) -> tuple[bool, int, Sequence[tuple[str, str, int, float]]]:
    """Return what CLD2 says: whether it is sure, of how many bytes, and the languages with their shares."""
    if pycld2 is None:
        return False, 0, ()
    try:
        reliable, size, found = pycld2.detect(composed(sample).encode("utf-8", "ignore"))
    except pycld2.error:  # it refuses some code points that are text to Unicode
        return False, 0, ()
    return reliable, size, found


def second_look(sample: str) -> tuple[str, float]:
    """Return the tag that the second look gives a text, and how sure it is; none where it cannot be had."""
    identifier = _SECOND.identifier()
    if identifier is None:
        return "", 0.0
    code, confidence = identifier.classify(composed(sample))
    return code, float(confidence)


class _SecondLook:
    """py3langid's model, read when it is first needed. Where that fails, all go without for a while.

    It is unpacked to a temporary file, for which a full disk has no room: each try takes a second.
    """

    def __init__(self) -> None:
        self._held: LanguageIdentifier | None = None
        self._not_before, self._lock = 0.0, threading.Lock()

    def identifier(self) -> LanguageIdentifier | None:
        """Return the model; None where it cannot be read now."""
        if self._held is None:
            with self._lock:  # one reads it, the others wait
                if self._held is None and time.monotonic() >= self._not_before:
                    self._held = self._read()
        return self._held

    def _read(self) -> LanguageIdentifier | None:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier  # takes a second: only where it is needed

        try:
            return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        except OSError as error:
            self._not_before = time.monotonic() + TRY_AGAIN
            log.warning(
                "the languages of short texts stay open for %d minutes: the model that tells them cannot be "
                "unpacked to %s (%s); make room there, or set TMPDIR",
                TRY_AGAIN // 60, tempfile.gettempdir(), error.strerror or error,
            )  # fmt: skip
            return None


_SECOND = _SecondLook()
