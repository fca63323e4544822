"""Drupal as a target: a block becomes a field of its node, over JSON:API.

Knows how nodes are written (drupal.org/docs/core-modules-and-themes/core-modules/jsonapi-module).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from recommender.export.cms_requests import CmsRequests
from recommender.export.push import GoneError
from recommender.export.story_block import StoryBlock
from recommender.ingest.documents import objects, text
from recommender.ingest.live.base import json_of
from recommender.story.story import Story

KIND = "drupal"
FIELD = "field_related_stories"
MEDIA_TYPE = "application/vnd.api+json"
LOGIN = (
    "enable the module HTTP Basic Authentication and give a user's name and password as "
    "https://name:password@host in RELATED_WEB_CREDENTIALS"
)
RIGHTS = (
    "let JSON:API accept all operations (/admin/config/services/jsonapi), and give the user the right "
    "to edit the content and the field"
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TRANSLATION = re.compile(rf"{_UUID.pattern}-[a-z]", re.IGNORECASE)  # see `ingest.drupal`
_ARTICLE = "article"


@dataclass(kw_only=True)
class Drupal:
    """A site of Drupal.

    Parameters
    ----------
    url : str
        Of the site, or of its API.
    requests : CmsRequests
    write : callable or None
        Makes the value, a text for a plain field; None: references to the nodes.
    field_name : str
        The field's machine name.
    """

    kind = KIND

    url: str
    requests: CmsRequests
    write: Callable[[StoryBlock], str] | None
    field_name: str = FIELD

    def place(self, one: StoryBlock) -> str:
        """Return type and UUID of a node, or its number; empty where it has none.

        A translation has that of its original, whose field is not its own.
        """
        return "" if _TRANSLATION.search(one.story.id) else self._name(one, one.story)

    def value(self, one: StoryBlock) -> object:
        """Return a text, or references to the nodes that have a UUID."""
        if self.write is not None:
            return self.write(one)
        names = (self._name(one, slot.story).partition("/") for slot in one.block.slots)
        return [{"type": f"node--{bundle}", "id": id} for bundle, _, id in names if _UUID.fullmatch(id)]

    def put(self, place: str, value: object) -> None:
        """Write the field."""
        bundle, _, id = place.partition("/")
        uuid = id if _UUID.fullmatch(id) else self._uuid_of(bundle, id)
        changed = (
            {"relationships": {self.field_name: {"data": value}}}
            if isinstance(value, list)
            else {"attributes": {self.field_name: value}}
        )
        node = {"type": f"node--{bundle}", "id": uuid}
        self.requests.send("PATCH", f"{self._root(bundle)}/{uuid}", {"data": node | changed})

    def _root(self, bundle: str) -> str:
        root = self.url.partition("/jsonapi")[0].rstrip("/")
        return f"{root}/jsonapi/node/{quote(bundle, safe='')}"

    def _uuid_of(self, bundle: str, number: str) -> str:
        """Return the UUID of a node by its number."""
        url = f"{self._root(bundle)}?filter[drupal_internal__nid]={number}&fields[node--{bundle}]=title"
        document, _ = json_of(self.requests.web, url, {"accept": MEDIA_TYPE})
        uuid = next((text(node, "id") for node in objects(document, "data")), "")
        if not uuid:
            raise GoneError(f"{self.url} has no node {number} of type {bundle}")
        return uuid

    @staticmethod
    def _name(one: StoryBlock, story: Story) -> str:
        origin = one.origin(story)
        if origin.kind != KIND:
            return ""
        named = _UUID.search(story.id) or _UUID.fullmatch(origin.id)
        id = named[0] if named else origin.id
        return f"{origin.type or _ARTICLE}/{id}" if id else ""
