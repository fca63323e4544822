"""Blocks as templates make them: AMP without a script, and the two parts of a newsletter."""

from __future__ import annotations

from recommender.engine.render import on_page
from recommender.engine.templates import rendered
from recommender.export.story_block import StoryBlock


def amp(one: StoryBlock) -> str:
    """Return an HTML fragment for an AMP page: no script, no style, pictures as ``amp-img``."""
    return rendered("amp.html", one.look, {"slots": on_page(one.block)})


def newsletter(one: StoryBlock) -> str:
    """Return an HTML fragment for a mail: tables and inline styles, which is what mail programs show."""
    return rendered("newsletter.html", one.look, {"slots": one.linked})


def newsletter_text(one: StoryBlock) -> str:
    """Return the text of a mail, in lines of at most 72 columns; an address stands whole on a line."""
    return (
        rendered("newsletter-text.txt", one.look, {"slots": one.linked}).rstrip() + "\n" if one.linked else ""
    )
