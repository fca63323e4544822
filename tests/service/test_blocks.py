"""Blocks over HTTP: what is answered, in which form, and when a copy is still right."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import httpx
import msgspec
import pytest

from recommender.client import Client, ServiceError
from recommender.engine.render import stylesheet, stylesheet_version
from recommender.errors import SettingsError
from recommender.export.formats import FORMATS
from recommender.newsroom import Newsroom
from recommender.service.answer_schemas import BlockOut
from recommender.service.service import Service
from recommender.service.settings import ServiceSettings
from tests.fakes import HashEmbedder
from tests.service.cases import story
from tests.service.running import make_archive


@pytest.fixture
def ferry(client: Client) -> list[str]:
    ids = [f"ferry-{n}" for n in range(4)]
    client.publish_many([story(id, day=n + 1) for n, id in enumerate(ids)])
    client.publish_many([story(f"budget-{n}", "budget", n + 1) for n in range(4)])
    return ids


def test_a_block_holds_the_stories_of_the_same_matter(client: Client, ferry: list[str]) -> None:
    block = client.related("ferry-3", k=3)
    assert block.id == "ferry-3"
    assert sorted(slot.story.id for slot in block.slots) == ["ferry-0", "ferry-1", "ferry-2"]
    assert [slot.position for slot in block.slots] == [1, 2, 3]
    assert block.provenance.model == "hash-64"


def test_by_address_however_spelt_it_is_the_same_block(client: Client, ferry: list[str]) -> None:
    spelt = "http://NEWS.example/ferry-3/?utm_source=mail#top"
    # The worker makes blocks anew after a bulk load: it may do so between two questions, and not for ever.
    asked = ((client.related_by_url(spelt, k=3), client.related("ferry-3", k=3)) for _ in range(50))
    assert any(by_address.slots == by_id.slots for by_address, by_id in asked)


def test_k_is_the_most_there_are(client: Client, ferry: list[str]) -> None:
    assert len(client.related("ferry-3", k=1).slots) == 1


@pytest.mark.parametrize(
    "id", ["a/b", "https://news.example/x?y=1&z=2", "ß %2F 日本", "a..b", "a+b", "related"]
)
def test_an_id_may_be_any_text(client: Client, id: str) -> None:
    client.publish(story("x", url=f"https://news.example/{abs(hash(id))}") | {"id": id})
    assert client.related(id).id == id
    client.delete(id)
    with pytest.raises(ServiceError, match="no story") as refused:
        client.related(id)
    assert refused.value.status == 404


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links.append(dict(attrs).get("href"))


def test_html_links_to_the_same_stories(client: Client, ferry: list[str]) -> None:
    before: list[str | None] = []
    for _ in range(100):  # the worker may make the block anew between two calls
        parser = _Links()
        parser.feed(client.related_html("ferry-3", k=3))
        slots = client.related("ferry-3", k=3).slots
        named = [one.url for slot in slots for one in (slot.story, *slot.timeline)]
        after = [url for url in named if isinstance(url, str)]  # without an address there is no link
        if before == after:
            break
        before = after
    assert parser.links == after


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("text/html;q=0.9, application/json;q=0.1", "text/html; charset=utf-8"),
        ("text/html;q=oops", "application/json"),
        ("image/png", "application/json"),
    ],
)
def test_the_form_is_the_one_that_is_accepted_best(
    http: httpx.Client, ferry: list[str], accept: str, kind: str
) -> None:
    answer = http.get("/stories/ferry-3/related", headers={"accept": accept})
    assert answer.headers["content-type"] == kind
    assert "accept" in answer.headers["vary"]


def test_a_copy_is_right_until_the_block_changes(
    http: httpx.Client, client: Client, ferry: list[str]
) -> None:
    first = http.get("/stories/ferry-2/related?k=3")
    tag = {"if-none-match": first.headers["etag"]}
    again = http.get("/stories/ferry-2/related?k=3", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    weak = {"if-none-match": f'"other", W/{first.headers["etag"]}'}
    assert http.get("/stories/ferry-2/related?k=3", headers=weak).status_code == 304
    html = http.get("/stories/ferry-2/related?k=3", headers={**tag, "accept": "text/html"})
    assert html.status_code == 200
    client.withdraw("ferry-1")
    changed = http.get("/stories/ferry-2/related?k=3", headers=tag)
    assert changed.status_code == 200
    ids = [slot.story.id for slot in msgspec.json.decode(changed.content, type=BlockOut).slots]
    assert "ferry-1" not in ids


def test_a_cache_asks_each_time(http: httpx.Client, ferry: list[str]) -> None:
    assert http.get("/stories/ferry-3/related").headers["cache-control"] == "private, no-cache"


def test_a_withdrawn_story_is_gone_and_names_who_took_its_place(client: Client) -> None:
    client.publish_many([story("old-1"), story("new-1", day=2)])
    client.withdraw("old-1", successor="new-1")
    with pytest.raises(ServiceError) as refused:
        client.related("old-1")
    assert refused.value.status == 410
    assert refused.value.problem is not None
    assert refused.value.problem.successor == "new-1"


def test_a_draft_is_not_there_for_readers_and_is_for_the_desk(client: Client) -> None:
    client.publish(story("draft-1", status="draft"))
    with pytest.raises(ServiceError) as refused:
        client.related("draft-1")
    assert refused.value.status == 404
    assert client.related("draft-1", preview=True).id == "draft-1"


def test_a_text_finds_its_stories(client: Client, ferry: list[str]) -> None:
    found = client.similar("boat with passengers in the river", k=2)
    assert found.id is None
    assert [slot.story.headline.split()[0] for slot in found.slots] == ["Ferry", "Ferry"]


def test_a_fragment_names_a_stylesheet_that_caches_may_keep(http: httpx.Client, ferry: list[str]) -> None:
    fragment = http.get("/stories/ferry-3/related", headers={"accept": "text/html"}).text
    (path,) = re.findall(r'<link rel="stylesheet" href="(/related-stories\.[0-9a-f]+\.css)">', fragment)
    style = httpx.get(f"{http.base_url}{path}")
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert style.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert style.text == stylesheet()


def test_who_names_an_older_stylesheet_gets_ours_for_a_while(http: httpx.Client) -> None:
    style = http.get("/related-stories.0123456789ab.css")
    assert (style.text, style.headers["cache-control"]) == (stylesheet(), "public, max-age=300")


def test_the_public_address_is_where_the_stylesheet_is(tmp_path: Path) -> None:
    settings = ServiceSettings(public_url="https://related.news.example/blocks/")
    with Newsroom.open(make_archive(tmp_path / "archive"), embedder=HashEmbedder()) as newsroom:
        url = Service(newsroom, settings).stylesheet_url
    assert url == f"https://related.news.example/blocks/related-stories.{stylesheet_version()}.css"
    with pytest.raises(SettingsError, match=r"setting service\.public_url is 'news\.example'; give an http"):
        ServiceSettings(public_url="news.example")


def test_a_block_comes_in_any_format(client: Client, http: httpx.Client, ferry: list[str]) -> None:
    block = client.related("ferry-3", k=3)
    urls = [slot.story.url for slot in block.slots]
    for name, each in FORMATS.items():
        answer = http.get("/stories/ferry-3/related", params={"k": 3, "format": name})
        assert answer.headers["content-type"].partition(";")[0] == each.media_type
        assert answer.text == client.related_as("ferry-3", name, k=3)
        again = http.get(
            "/stories/ferry-3/related",
            params={"k": 3, "format": name},
            headers={"if-none-match": answer.headers["etag"]},
        )
        assert again.status_code == 304
    assert msgspec.json.decode(client.related_as("ferry-3", "jsonld", k=3))["relatedLink"] == urls
    by_url = http.get("/related", params={"url": "https://news.example/ferry-3", "format": "atom", "k": 3})
    assert by_url.text == client.related_as("ferry-3", "atom", k=3)


def test_a_format_follows_the_filters_and_what_is_withdrawn(client: Client, ferry: list[str]) -> None:
    assert "ferry-0" not in client.related_as("ferry-3", "atom", without="ferry-0")
    assert "ferry-0" in client.related_as("ferry-3", "atom")
    client.withdraw("ferry-0")
    assert "ferry-0" not in client.related_as("ferry-3", "atom")
    with pytest.raises(ServiceError) as refused:
        client.related_as("ferry-0", "atom")
    assert refused.value.status == 410


def test_an_unknown_format_is_told(client: Client, ferry: list[str]) -> None:
    with pytest.raises(ServiceError, match="give one of html, json") as refused:
        client.related_as("ferry-3", "fax")
    assert refused.value.status == 422


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/atom+xml", "application/atom+xml"),
        ("application/ld+json, application/json;q=0.9", "application/ld+json"),
        ("application/ld+json;q=0.5, application/json", "application/json"),
        ("text/csv;q=0.1", "text/csv"),
        ("application/rss+xml;q=0.8, text/html;q=0.9", "text/html"),
        ("*/*", "application/json"),
        ("image/png", "application/json"),
    ],
)
def test_accept_chooses_the_format(
    http: httpx.Client, ferry: list[str], accept: str, media_type: str
) -> None:
    answer = http.get("/stories/ferry-3/related", headers={"accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == media_type
    named = http.get("/stories/ferry-3/related?format=csv", headers={"accept": accept})
    assert named.headers["content-type"].startswith("text/csv")
