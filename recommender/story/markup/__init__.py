"""Text out of markup: what a body is, its paragraphs, its links, and the related stories that stand in it.

Knows HTML and nothing of stories; the one place where a body that a CMS, a feed or a page sends is read.
"""

from recommender.story.content_type import ContentType
from recommender.story.markup.body import Anchor, Body, read_body, reads_as_markup
from recommender.story.markup.headings import headings_of
from recommender.story.markup.shortcodes import without_templates

__all__ = [
    "Anchor",
    "Body",
    "ContentType",
    "headings_of",
    "read_body",
    "reads_as_markup",
    "without_templates",
]
