"""What is no longer at a followed site: looked at twice before it is believed, and then withdrawn.

A site that is down, closed or changed withdraws nothing: only a page that is gone (404, 410) counts, or a
post that WordPress no longer lists, while the site itself answers; and not where most are gone at once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import groupby

from recommender.catalog.web_sources import WebSourceRow, WebSources, WebStoryRow
from recommender.errors import SourceError
from recommender.following.intake import GONE, Intake
from recommender.following.schedule import next_check
from recommender.following.settings import FollowSettings
from recommender.ingest.base import Found
from recommender.ingest.live.base import Reader
from recommender.ingest.live.pages import PageSite, SitemapSite, page_at
from recommender.ingest.live.wordpress import PAGE, WordPressSite, find, kept, missing
from recommender.newsroom import Newsroom
from recommender.newsroom.arrivals import restate
from recommender.story.story import Status
from recommender.web.errors import WebError

PAGES = 20  # that are looked at after one look at the site
MANY, MOST = 5, 0.5  # as many pages, and such a share of those that were looked at, are a fault of the site
LATER = 3600  # seconds until a page is looked at again that could not be

log = logging.getLogger("related.follow")


class Absence:
    """Looks whether stories of one site are still there.

    Parameters
    ----------
    newsroom, sources, settings
        Where they are withdrawn; what is kept of them; how long is waited.
    source : WebSourceRow
        The site.
    reader : Reader
        Asks it.
    intake : Intake
        Takes what a page has by now, where there is no list that tells of changes.
    """

    def __init__(
        self,
        newsroom: Newsroom,
        sources: WebSources,
        settings: FollowSettings,
        source: WebSourceRow,
        reader: Reader,
        intake: Intake,
    ) -> None:
        self._newsroom, self._sources, self._settings = newsroom, sources, settings
        self._source, self._reader, self._intake = source, reader, intake

    def look(self, now: int) -> int:
        """Look at the stories that are due; withdraw those that stay gone, and return how many.

        Raises
        ------
        SourceError
            When so many are gone that the site must be at fault.
        """
        if self._source.kind == WordPressSite.kind:
            rows = self._sources.due_stories(self._source.url, now, PAGE)
            gone = self._listed(rows) if rows else {}
        else:
            rows = self._sources.due_stories(self._source.url, now, PAGES)
            gone = dict(self._found(rows))
        found_gone = sum(gone.values())
        if found_gone >= MANY and found_gone > MOST * len(rows):
            raise SourceError(
                f"{self._source.url}: {found_gone} of {len(rows)} stories are gone at once; nothing was "
                "withdrawn: check the site, or withdraw them with: related withdraw"
            )
        return sum(self._settle(row, gone.get(row.story), now) for row in rows)

    def _listed(self, rows: Sequence[WebStoryRow]) -> dict[str, bool]:
        """Return of stories whether their posts are gone from WordPress's list."""
        api = kept(self._source.state) or find(self._reader.web, self._source.url)
        gone: dict[str, bool] = {}
        for type_, group in groupby(sorted(rows, key=_type), key=_type):
            ids = {row.cms_id.partition("/")[2]: row.story for row in group}
            if route := api.types.get(type_):
                lacking = missing(self._reader.web, api, route, list(ids))
                gone |= {story: id in lacking for id, story in ids.items()}
        return gone

    def _found(self, rows: Sequence[WebStoryRow]) -> Iterator[tuple[str, bool]]:
        """Yield of stories whether their pages are gone; of a page that cannot be read nothing is known."""
        for row in rows:
            try:
                page = page_at(self._reader.web, row.url, self._reader.options)
            except WebError as error:
                if error.is_gone:
                    yield row.story, True
                else:
                    log.info("%s: %s", self._source.url, error)
                continue
            if isinstance(page, Found) and self._source.kind in (PageSite.kind, SitemapSite.kind):
                self._intake.take(page)
                self._intake.seen(row.url, row.modified)
            yield row.story, False

    def _settle(self, row: WebStoryRow, is_gone: bool | None, now: int) -> bool:
        """Keep what a look at a story found; withdraw it the second time, and return whether it was."""
        if is_gone is None:
            self._sources.put_story(row._replace(due=now + LATER))
            return False
        row = row._replace(due=next_check(now, row.seen, self._settings.watch_days))
        was_withdrawn = row.digest.startswith(GONE)
        if not is_gone:
            if was_withdrawn:
                self._set(row.story, Status.PUBLISHED, "is back there, and here")
            self._sources.put_story(row._replace(digest=row.digest.removeprefix(GONE), missed=None))
            return False
        since = now if row.missed is None else row.missed
        is_believed = row.missed is not None and now - since >= self._settings.gone_seconds
        if was_withdrawn or not is_believed:
            due = row.due if was_withdrawn else since + self._settings.gone_seconds
            self._sources.put_story(row._replace(missed=since, due=due))
            return False
        is_new = self._set(row.story, Status.RETRACTED, "is gone there, and withdrawn")
        self._sources.put_story(row._replace(digest=GONE + row.digest, missed=since))
        return is_new

    def _set(self, id: str, status: Status, words: str) -> bool:
        """Publish a story in another state, as its site would have: what an editor decided of it stays.

        Return whether it was in another one before.
        """
        published = restate(self._newsroom, id, status)
        if published is None or not published.taken:
            return False
        log.warning("%s: %s %s", self._source.url, id, words)
        return True


def _type(row: WebStoryRow) -> str:
    return row.cms_id.partition("/")[0]
