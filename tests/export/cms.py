"""WordPress and Drupal as they take what is written to them, on the loopback."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.web.site import Asked, Reply, Site

NAME, PASSWORD = "desk", "pass word"
LOGIN = f"Basic {base64.b64encode(f'{NAME}:{PASSWORD}'.encode()).decode()}"


def credentials(site: Site) -> str:
    """Return what the setting of web credentials holds for a site."""
    return site.url.replace("http://", f"http://{NAME}:pass%20word@")


@dataclass
class Cms:
    """What both have in common: who may write, and what is answered before anything is looked at.

    Attributes
    ----------
    held : dict of str to object
        What was written, by the path of a post or node; None where nothing was.
    first : list of Reply
        What is answered instead, to the next that write.
    """

    site: Site
    held: dict[str, object] = field(default_factory=dict)
    first: list[Reply] = field(default_factory=list)
    locked: set[str] = field(default_factory=set)

    def written(self) -> list[Asked]:
        """Return what was asked to be written."""
        return [asked for asked in self.site.asked if asked.method in ("POST", "PATCH")]

    def take(self, asked: Asked) -> Reply:
        if self.first:
            return self.first.pop(0)
        if asked.headers.get("authorization") != LOGIN:
            return self.error(401, "Sorry, you are not allowed to do that.")
        if asked.path in self.locked:
            return self.error(403, "Sorry, you are not allowed to edit this post.")
        if asked.path not in self.held:
            return self.error(404, "Invalid post ID.")
        return self.write(asked, json.loads(asked.body))

    def error(self, status: int, words: str) -> Reply:
        raise NotImplementedError

    def write(self, asked: Asked, document: dict) -> Reply:
        raise NotImplementedError

    def add(self, path: str) -> None:
        self.held[path] = None
        self.site.pages[path] = self.take

    def delete(self, path: str) -> None:
        del self.held[path]


@dataclass
class WordPressCms(Cms):
    """Posts, and the keys of meta values that are registered."""

    keys: set[str] = field(default_factory=lambda: {"related_stories"})

    def __post_init__(self) -> None:
        types = {"post": "posts", "report": "reports"}
        self.site.pages["/wp-json/wp/v2/types"] = json.dumps(
            {
                name: {"slug": name, "rest_base": base, "rest_namespace": "wp/v2"}
                for name, base in types.items()
            }
        )
        self.site.pages["/"] = Reply(
            "<html>", headers={"link": f'<{self.site.url}/wp-json/>; rel="https://api.w.org/"'}
        )

    def error(self, status: int, words: str) -> Reply:
        return Reply(json.dumps({"code": "rest_error", "message": words, "data": {"status": status}}), status)

    def write(self, asked: Asked, document: dict) -> Reply:
        known = {key: value for key, value in document["meta"].items() if key in self.keys}
        if known:
            self.held[asked.path] = known["related_stories"]
        return Reply(json.dumps({"id": 1, "meta": known}))


@dataclass
class DrupalCms(Cms):
    """Nodes by UUID, found by number too."""

    numbers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.site.pages["/jsonapi/node/article"] = self.find

    def find(self, asked: Asked) -> Reply:
        uuid = self.numbers.get(asked.query["filter[drupal_internal__nid]"][0])
        return Reply(json.dumps({"data": [{"type": "node--article", "id": uuid}] if uuid else []}))

    def error(self, status: int, words: str) -> Reply:
        return Reply(json.dumps({"errors": [{"status": str(status), "detail": words}]}), status)

    def write(self, asked: Asked, document: dict) -> Reply:
        node = document["data"]
        assert asked.headers["content-type"] == "application/vnd.api+json"
        assert asked.path.endswith(f"/{node['id']}")
        assert urlsplit(asked.path).path.split("/")[3] == node["type"].removeprefix("node--")
        self.held[asked.path] = node.get("attributes") or node.get("relationships")
        return Reply(json.dumps({"data": node}))
