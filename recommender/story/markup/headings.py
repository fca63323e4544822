"""The headings of a body, where no link is set. Knows HTML and nothing of stories."""

from __future__ import annotations

from recommender.story.markup.detection import Form, form_of
from recommender.story.text_safety import decoded

_TAGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def headings_of(body: str) -> tuple[str, ...]:
    """Return the texts of the headings of a body, as they stand among its paragraphs; a plain text has none.

    >>> headings_of("<h2>What is <em>next</em></h2><p>Nothing.</p>")
    ('What is next',)
    """
    form = form_of(body)
    if form not in (Form.HTML, Form.ESCAPED):
        return ()
    from recommender.story.markup.tree import tree_of  # lxml: only where a body is HTML

    root = tree_of(decoded(body) if form is Form.ESCAPED else body)
    if root is None:
        return ()
    texts = ("".join(map(str, each.itertext())) for each in root.iter(*_TAGS))
    return tuple(" ".join(text.split()) for text in texts if text.strip())
