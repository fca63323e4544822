"""Stories of a followed site into the newsroom: each version once, in batches, and what came from where.

Knows no HTTP.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import replace

from recommender.catalog import Outcome
from recommender.catalog.refusals import KEPT
from recommender.catalog.web_sources import WebSources, WebStoryRow
from recommender.errors import StoryError
from recommender.following.schedule import NEVER, next_check
from recommender.following.settings import FollowSettings
from recommender.ingest.base import Found, linked
from recommender.newsroom import Newsroom
from recommender.newsroom.arrivals import as_held, known
from recommender.story.hashes import content_hash
from recommender.story.story import Status

BATCH = 32  # stories a transaction
GONE, NO_STORY = "gone:", "none"
"""Before the digest of a version: it was withdrawn, since its page is gone. Instead of it: no story."""
_PUBLIC = frozenset({Status.PUBLISHED, Status.CORRECTED})


class Intake:
    """Takes what one look at a site finds.

    Attributes
    ----------
    taken : int
        Versions that were new.
    refused : int
        What was no story.
    refusals : list of str
        Why the first of them were refused.
    errors : deque of StoryError
        What is wrong with the last of them.
    """

    def __init__(
        self, newsroom: Newsroom, sources: WebSources, source: str, settings: FollowSettings, now: int
    ) -> None:
        self._newsroom, self._sources, self._source = newsroom, sources, source
        self._settings, self._now = settings, now
        self._waiting: dict[str, tuple[Found, WebStoryRow]] = {}
        self._last: WebStoryRow | None = None
        self.taken = self.refused = 0
        self.refusals: list[str] = []
        self.errors: deque[StoryError] = deque(maxlen=KEPT)

    def take(self, item: Found) -> None:
        """Take a story, where it is not held as it is."""
        story = as_held(self._newsroom, linked(item))
        digest = hashlib.blake2b(content_hash(story).encode(), digest_size=16).hexdigest()
        held = self._sources.story(self._source, story.id)
        row = WebStoryRow(
            source=self._source,
            story=story.id,
            url=story.url or "",
            cms_id=f"{item.origin.type}/{item.origin.id}" if item.origin.id else "",
            digest=digest,
            modified=held.modified if held else "",
            seen=self._now,
            due=next_check(self._now, self._now, self._settings.watch_days) if story.url else NEVER,
        )
        if held is not None and held.digest.removeprefix(GONE) == digest:  # withdrawn, it stays so
            self._last = held if story.id not in self._waiting else row
            return
        self._waiting[story.id] = (replace(item, story=story), row)
        self._last = row
        if len(self._waiting) >= BATCH:
            self.flush()

    def seen(self, url: str, modified: str) -> None:
        """Note of which page, and as of when, what came last is."""
        last, self._last = self._last, None
        if last is None:  # a page without a story: it is not read again until it changes
            last = WebStoryRow(self._source, url, url, "", NO_STORY, modified, self._now, NEVER)
        row = last._replace(url=url, modified=modified)
        if row.story in self._waiting:
            self._waiting[row.story] = (self._waiting[row.story][0], row)
        elif row != last or row.digest == NO_STORY:
            self._sources.put_story(row)

    def flush(self) -> None:
        """Publish what waits, with where it came from."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, {}
        stories = [item.story for item, _ in waiting.values()]
        deleted = set()
        origins = known({id: item.origin for id, (item, _) in waiting.items()})
        for published in self._newsroom.publish_many(stories, undelete=False, origins=origins):
            self.taken += published.outcome.taken
            if published.outcome is Outcome.DELETED:
                deleted.add(published.id)
        for id, (item, row) in waiting.items():
            is_public = item.story.status in _PUBLIC and id not in deleted
            self._sources.put_story(row if is_public else row._replace(due=NEVER))
