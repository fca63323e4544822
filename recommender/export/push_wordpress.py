"""WordPress as a target: a block becomes a meta value of its post, over the REST API.

Knows how posts are written (developer.wordpress.org/rest-api/reference/posts), and asks for one value alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from recommender.errors import ExportError, shown
from recommender.export.cms_requests import CmsRequests
from recommender.export.push import RefusedError
from recommender.export.story_block import StoryBlock
from recommender.ingest.live.wordpress import Api, find
from recommender.story.story import Story

KIND = "wordpress"
META = "related_stories"
LOGIN = (
    "make an application password (Users, Profile, Application Passwords) and give it as "
    "https://name:password@host in RELATED_WEB_CREDENTIALS"
)
RIGHTS = "give the user the role Editor, and register the meta key with an auth_callback that lets it in"
_NUMBER = re.compile(r"[?&]p=(\d+)\Z")  # the guid of a post
_POST = "post"


@dataclass(kw_only=True)
class WordPress:
    """A site of WordPress.

    Parameters
    ----------
    url : str
        Of the site, or of its API.
    requests : CmsRequests
    write : callable or None
        Makes the value, a text; None: the numbers of the posts.
    meta : str
        The key, registered with ``show_in_rest``.
    """

    kind = KIND

    url: str
    requests: CmsRequests
    write: Callable[[StoryBlock], str] | None
    meta: str = META

    def place(self, one: StoryBlock) -> str:
        """Return type and number of a post; empty where it has none."""
        number = self._number(one, one.story)
        return f"{one.origin(one.story).type or _POST}/{number}" if number else ""

    def value(self, one: StoryBlock) -> object:
        """Return a text, or the numbers of the posts that have one."""
        if self.write is not None:
            return self.write(one)
        numbers = (self._number(one, slot.story) for slot in one.block.slots)
        return [int(number) for number in numbers if number]

    def put(self, place: str, value: object) -> None:
        """Write the meta value, and see that it is kept: of an unknown key WordPress says nothing."""
        type_, _, number = place.partition("/")
        route = self._api.types.get(type_)
        if route is None:
            raise RefusedError(f"{self.url} has no route for type {shown(type_)}: its show_in_rest is off")
        url = self._api.route(f"{route}/{number}", _fields="id,meta")
        answer = self.requests.send("POST", url, {"meta": {self.meta: value}})
        kept = answer.document.get("meta") if isinstance(answer.document, Mapping) else None
        if not isinstance(kept, Mapping) or self.meta not in kept:
            problem = f"{self.url} does not know the meta key {shown(self.meta)} of type {shown(type_)}"
            raise ExportError(f"{problem}; register it with show_in_rest, see docs/export.md")

    @cached_property
    def _api(self) -> Api:
        return find(self.requests.web, self.url)

    @staticmethod
    def _number(one: StoryBlock, story: Story) -> str:
        """Return the number of a post: as it was imported, else as its guid says."""
        origin = one.origin(story)
        if origin.kind == KIND and origin.id.isdecimal():
            return origin.id
        named = _NUMBER.search(story.id) or _NUMBER.search(story.url or "")
        return named[1] if named else ""
