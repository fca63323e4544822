"""The tag by which a page names the language of a story. Knows no page."""

from __future__ import annotations

from recommender.story.languages import Written, language_of


def tag_of(story: Written) -> str:
    """Return the tag by which a page names a story's language: as declared where that is believed.

    Else as it was found; empty where it is not known.
    """
    found = language_of(story)
    return (story.language or "") if found.declared else found.tag
