"""A site of Ghost by its Content API (docs.ghost.org/content-api), which gives what is published alone.

The key is the password that is set for the site; its name does not matter.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import msgspec

from recommender.ingest.documents import objects, text
from recommender.ingest.ghost import KIND, Ghost
from recommender.ingest.live.base import Item, Reached, Reader, items_of, json_of
from recommender.web.errors import WebError

PAGE = 100  # posts an answer: the most that Ghost gives since its version 6
_API = "/ghost/api/content/"
_VERSION = {"accept-version": "v5.0"}


class GhostSite:
    """Posts."""

    kind = KIND

    def read(self, url: str, reader: Reader) -> Iterator[Item]:
        """Yield the posts that have changed since, the oldest change first; all of them at first."""
        site = f"{url.partition('/ghost/api')[0].rstrip('/')}"
        login = reader.web.settings.logins.of(site)
        if login is None:
            way_out = "set RELATED_WEB_CREDENTIALS=https://content:KEY@HOST (Ghost: Settings, Integrations)"
            raise WebError(url, "needs the key of its Content API", way_out)
        options = reader.options if reader.options.url else replace(reader.options, url=f"{site}/")
        since, page = reader.text("since"), max(reader.number("page"), 1)
        newest = reader.text("newest") or since
        while True:
            query = {"key": login.password, "limit": PAGE, "page": page, "include": "tags,authors"}
            query |= {"formats": "html", "order": "updated_at asc, id asc"}
            if since:
                query["filter"] = f"updated_at:>='{since}'"
            answer, _ = json_of(reader.web, f"{site}{_API}posts/?{urlencode(query)}", _VERSION)
            # The API leaves out what each of its posts is: published.
            posts = [{"status": "published", **post} for post in objects(answer, "posts")]
            if posts:
                body = io.BytesIO(msgspec.json.encode({"posts": posts}))
                yield from items_of(Ghost(), body, options, f"{site}{_API}posts/?page={page}")
            newest = max([newest, *(text(post, "updated_at") for post in posts)])
            if not posts or not text(answer, "meta", "pagination", "next"):
                break
            page += 1
            yield Reached({"since": since, "newest": newest, "page": page})
        yield Reached({"since": newest} if newest else {})
