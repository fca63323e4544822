"""Stories as another system has them by now: what it hides is hidden, whatever its clock says.

Knows no kind of system. The name of a story is that which the archive has for its page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from recommender.catalog import Outcome
from recommender.ingest.base import Found, Origin, linked
from recommender.newsroom.events import Published
from recommender.newsroom.newsroom import Newsroom
from recommender.story.story import Status, Story

PUBLIC = frozenset({Status.PUBLISHED, Status.CORRECTED, Status.EMBARGOED})


def as_held(newsroom: Newsroom, story: Story) -> Story:
    """Return a story under the id that the archive has for its page."""
    now = newsroom.engine.clock()
    held = newsroom.archive.catalog.by_url(story.url, now) if story.url else None
    return story if held is None or held[1].id == story.id else replace(story, id=held[1].id)


def take(newsroom: Newsroom, item: Found) -> Published:
    """Publish a story that another system has sent, and keep where it came from."""
    story = as_held(newsroom, linked(item))
    published = newsroom.publish(story, undelete=False, origins=known({story.id: item.origin}))
    if published.outcome is Outcome.OLDER and story.status not in PUBLIC:
        published = restate(newsroom, story.id, story.status) or published
    return published


def restate(newsroom: Newsroom, id: str, status: Status) -> Published | None:
    """Publish what is held of a story in another state, as its system would; None where nothing is held.

    What an editor decided of it here stays.
    """
    held = newsroom.archive.catalog.get(id)
    if held is None:
        return None
    return newsroom.publish(replace(held[1], status=status), undelete=False)


def known(origins: Mapping[str, Origin]) -> dict[str, Origin]:
    """Return where stories came from, as far as that is known."""
    return {id: origin for id, origin in origins.items() if origin.id or origin.type}
