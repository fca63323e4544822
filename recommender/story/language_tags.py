"""The tag by which a page names the language of a story. Knows no page."""

from __future__ import annotations

from recommender.story.languages import Written, language_of, may_meet


def tag_of(story: Written) -> str:
    """Return the tag by which a page names a story's language: as declared where that is believed.

    Else as it was found; empty where it is not known.
    """
    found = language_of(story)
    return (story.language or "") if found.declared else found.tag


def foreign_tag(story: Written, key: str) -> str:
    """Return the tag of a story's language where it is not that of ``key``, its readers', else nothing."""
    return "" if may_meet(language_of(story).key, key) else tag_of(story)
