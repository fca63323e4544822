"""Sites as publishing systems serve them, on the loopback: and stories made for it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from tests.web.site import Asked, Reply, Site

FIRST = datetime(2026, 3, 1, 9, 0, 0)


@dataclass
class WordPress:
    """The REST API over a list of posts; drafts and the like are for those who know the password."""

    site: Site
    posts: dict[int, dict[str, object]] = field(default_factory=dict)
    password: str = ""
    most: int = 100  # posts a page that the server gives, whatever is asked for
    root: str = "/wp-json/"

    def __post_init__(self) -> None:
        self.site.pages[self.root] = "{}"
        self.site.pages[f"{self.root}wp/v2/types"] = json.dumps(
            {
                name: {"slug": name, "rest_base": base, "rest_namespace": "wp/v2"}
                for name, base in {"post": "posts", "page": "pages", "wp_block": "blocks"}.items()
            }
        )
        self.site.pages[f"{self.root}wp/v2/posts"] = self.answer
        self.site.pages["/"] = Reply(
            "<html>", headers={"link": f'<{self.site.url}{self.root}>; rel="https://api.w.org/"'}
        )

    def add(
        self, id: int, *, minutes: int | None = None, status: str = "publish", body: str = "Text."
    ) -> None:
        changed = (FIRST + timedelta(minutes=id if minutes is None else minutes)).isoformat()
        self.posts[id] = {
            "id": id,
            "date_gmt": (FIRST + timedelta(minutes=id)).isoformat(),
            "modified_gmt": changed,
            "guid": {"rendered": f"{self.site.url}/?p={id}"},
            "link": f"{self.site.url}/story-{id}/",
            "status": status,
            "type": "post",
            "title": {"rendered": f"Ferry number {id} sinks"},
            "content": {"rendered": f"<p>{body}</p>", "protected": False},
        }
        self.site.pages[f"/story-{id}/"] = lambda _: Reply(
            "page", 200 if self.posts.get(id, {}).get("status") == "publish" else 404
        )

    def is_known(self, asked: Asked) -> bool:
        login = base64.b64encode(f"desk:{self.password}".encode()).decode()
        return bool(self.password) and asked.headers.get("authorization") == f"Basic {login}"

    def answer(self, asked: Asked) -> Reply:
        query = {name: values[0] for name, values in asked.query.items()}
        statuses = query.get("status", "publish").split(",")
        if (query.get("context") == "edit" or statuses != ["publish"]) and not self.is_known(asked):
            return Reply('{"code": "rest_forbidden_context"}', 401)
        found = [post for _, post in sorted(self.posts.items()) if post["status"] in statuses]
        if after := query.get("modified_after"):
            found = [post for post in found if str(post["modified_gmt"]) > after.removesuffix("Z")]
        if wanted := query.get("include"):
            found = [post for post in found if str(post["id"]) in wanted.split(",")]
        size, page = min(int(query.get("per_page", 10)), self.most), int(query.get("page", 1))
        pages = -(-len(found) // size)
        if page > max(pages, 1):
            return Reply('{"code": "rest_post_invalid_page_number"}', 400)
        some = found[(page - 1) * size : page * size]
        headers = {"x-wp-total": str(len(found)), "x-wp-totalpages": str(pages)}
        return Reply(json.dumps(some), headers=headers)


def feed(site: Site, *numbers: int, body: str = "Text.", summary: bool = False) -> str:
    """Return a feed of stories."""
    element = "description" if summary else "content:encoded"
    items = "".join(
        f"<item><guid isPermaLink='false'>guid-{n}</guid><link>{site.url}/story-{n}</link>"
        f"<title>Ferry number {n} sinks</title><pubDate>Sun, 01 Mar 2026 09:{n:02}:00 GMT</pubDate>"
        f"<{element}><![CDATA[<p>{body}</p>]]></{element}></item>"
        for n in numbers
    )
    namespace = "xmlns:content='http://purl.org/rss/1.0/modules/content/'"
    return f"<rss version='2.0' {namespace}><channel><title>Town</title>{items}</channel></rss>"


def page(n: int, text: str = "The whole story of the ferry, at length.") -> str:
    """Return the page of a story."""
    time = f"2026-03-01T09:{n:02}:00Z"
    return (
        f"<html><head><title>x</title><meta property='article:published_time' content='{time}'>"
        f"<meta property='og:title' content='Ferry number {n} sinks'></head><body><article><h1>Ferry</h1>"
        + f"<p>{text}</p>" * 5
        + "</article></body></html>"
    )


def sitemap(site: Site, *numbers: int, changed: str = "2026-03-01", index: bool = False) -> str:
    """Return a sitemap of stories; of sitemaps when it is an index."""
    root, element, path = "urlset", "url", "/story-{}"
    if index:
        root, element, path = "sitemapindex", "sitemap", "/map-{}.xml"
    places = (f"<loc>{site.url}{path.format(n)}</loc><lastmod>{changed}</lastmod>" for n in numbers)
    entries = "".join(f"<{element}>{place}</{element}>" for place in places)
    return f"<{root} xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{entries}</{root}>"


def drupal(site: Site, count: int, size: int) -> None:
    """Serve nodes, some at a time, whose next page is linked."""

    def node(n: int) -> dict[str, object]:
        return {
            "type": "node--article",
            "id": f"uuid-{n}",
            "attributes": {
                "title": f"Ferry number {n} sinks",
                "status": True,
                "created": f"2026-03-01T09:{n:02}:00+00:00",
                "changed": f"2026-03-01T10:{n:02}:00+00:00",
                "drupal_internal__nid": n,
                "path": {"alias": f"/story-{n}"},
                "body": {"processed": "<p>Text.</p>"},
            },
            "relationships": {"field_tags": {"data": [{"type": "taxonomy_term--tags", "id": "t"}]}},
        }

    def nodes(asked: Asked) -> str:
        query = {name: values[0] for name, values in asked.query.items()}
        since = int(query.get("filter[news][condition][value]", 0))
        start = int(query.get("page[offset]", 0))
        held = [
            node(n)
            for n in range(1, count + 1)
            if datetime.fromisoformat(f"2026-03-01T10:{n:02}:00+00:00").timestamp() >= since
        ]
        links = {}
        if start + size < len(held):
            more = urlencode({**query, "page[offset]": start + size})
            links = {"next": {"href": f"{site.url}/jsonapi/node/article?{more}"}}
        terms = [{"type": "taxonomy_term--tags", "id": "t", "attributes": {"name": "Ferries"}}]
        included = terms if query.get("include") == "field_tags" else []
        return json.dumps(
            {"jsonapi": {}, "data": held[start : start + size], "included": included, "links": links}
        )

    links = {
        name: {"href": f"{site.url}/jsonapi/node/{name[6:]}"} for name in ("node--article", "node--page")
    }
    site.pages["/jsonapi"] = json.dumps({"jsonapi": {}, "data": [], "links": links})
    site.pages["/jsonapi/node/article"] = nodes


def ghost(site: Site, count: int, size: int, key: str) -> None:
    """Serve posts as the Content API does, which says of none that it is published."""

    def posts(asked: Asked) -> Reply:
        query = {name: values[0] for name, values in asked.query.items()}
        if query.get("key") != key:
            return Reply('{"errors": []}', 401)
        since = query.get("filter", "").partition("'")[2].rstrip("'")
        number = int(query["page"])
        held = [
            {
                "id": f"{n:024}a",
                "slug": f"story-{n}",
                "title": f"Ferry number {n} sinks",
                "html": "<p>Text.</p>",
                "url": f"{site.url}/story-{n}/",
                "published_at": f"2026-03-01T09:{n:02}:00.000Z",
                "updated_at": f"2026-03-01T10:{n:02}:00.000Z",
            }
            for n in range(1, count + 1)
            if f"2026-03-01T10:{n:02}:00.000Z" >= since
        ]
        some = held[(number - 1) * size : number * size]
        following = number + 1 if number * size < len(held) else None
        return Reply(json.dumps({"posts": some, "meta": {"pagination": {"next": following}}}))

    site.pages["/ghost/api/content/posts/"] = posts
