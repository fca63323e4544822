"""What is said of a story that is old beside the one on whose page it stands. Knows no block.

It follows from the two stories alone: what is cached, or written to files, never becomes wrong.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from recommender.engine.dates import year
from recommender.engine.page_style import PageStyle


def age_label(published: datetime, beside: datetime | None, look: PageStyle) -> str:
    """Return what tells that a story is old, such as ``From 2019``; empty where it is not.

    Parameters
    ----------
    published : datetime
        When the story was, aware.
    beside : datetime or None
        When the story was on whose page it stands; None for a text.
    look : PageStyle
        How old is old, and in which language that is said.
    """
    if beside is None or not look.age_label_after:
        return ""
    if beside - published < timedelta(days=look.age_label_after):
        return ""
    return look.say("From {year}", year=year(published, look.language, look.timezone))
