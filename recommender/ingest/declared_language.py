"""Which language a story is in, of what it says itself and what is said of its site.

Knows texts, and no kind of source.
"""

from __future__ import annotations

import re

from recommender.story.languages import detect, language_key, may_meet

_ANY_TAG = re.compile(r"<[^>]*>")
_GLANCE, _SAMPLE = 400, 2_000  # characters of a body whose language is looked at
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")


def believed(own: str, site: str, headline: str, body: str, notes: list[str]) -> str | None:
    """Return what a story says, else what its site does, where its text is not surely in another language.

    Parameters
    ----------
    own, site : str
        Language tags; empty where nothing is said.
    headline, body : str
    notes : list of str
        What is not believed is added to it.
    """
    own, tag = own.strip(), own.strip() or site.strip()
    if not tag:
        return None
    if not _LANGUAGE.fullmatch(tag):
        notes.append(f"language {tag[:40]!r} dropped: no language tag")
        return None
    other = "" if own else _other_language(headline, body, language_key(tag))
    if other:
        notes.append(f"language {tag} of the site not believed: the text is in {other}")
        return None
    return tag


def _other_language(headline: str, body: str, key: str) -> str:
    """Return the other language that a text is surely in; of most a glance shows that there is none."""
    seen = detect("", _ANY_TAG.sub(" ", body[:_GLANCE]))
    if not (seen.confidence and may_meet(seen.key, key)):
        seen = detect(headline, _ANY_TAG.sub(" ", body[:_SAMPLE]))
    return seen.key if seen.confidence and not may_meet(seen.key, key) else ""
