"""A site of WordPress by its REST API: all posts once, then the changes, and what is hidden stays so."""

from __future__ import annotations

import io
import json

import pytest

from recommender.ingest.base import Found, Options
from recommender.ingest.live.wordpress import find, missing
from recommender.ingest.wprest import WordPressJson
from recommender.story.story import Status
from recommender.web.errors import WebError
from tests.web.site import Reply, Site, client

from .reads import cms_ids, ids, read, states
from .sites import WordPress

KIND = "wordpress-json"


@pytest.fixture
def blog(site: Site) -> WordPress:
    blog = WordPress(site)
    for id in range(1, 6):
        blog.add(id)
    return blog


def test_all_posts_come_as_they_do_from_a_file(blog: WordPress) -> None:
    blog.most = 2
    items = read(blog.site.url, KIND)
    saved = json.dumps(list(blog.posts.values())).encode()
    (first, *_) = from_file = list(WordPressJson().read(io.BytesIO(saved), Options(url=f"{blog.site.url}/")))
    assert isinstance(first, Found)
    assert [one.story for one in items if isinstance(one, Found)] == [one.story for one in from_file]
    assert [one.origin.id for one in items if isinstance(one, Found)] == list("12345")


def test_what_has_changed_since_is_all_that_is_asked_for_next(blog: WordPress) -> None:
    *_, since = states(read(blog.site.url, KIND))
    blog.add(2, minutes=60)
    blog.add(6, minutes=61)
    assert cms_ids(read(blog.site.url, KIND, since)) == ["2", "5", "6"]  # the newest once more
    assert "modified_after=2026-03-01T09:04:00Z" in blog.site.asked[-1].target


def test_it_is_read_on_from_the_page_that_was_reached(blog: WordPress) -> None:
    blog.most = 2
    first, *_ = states(read(blog.site.url, KIND))
    blog.site.asked.clear()
    assert cms_ids(read(blog.site.url, KIND, first)) == ["3", "4", "5"]
    assert [one.query["page"] for one in blog.site.asked if "page" in one.query] == [["2"], ["3"]]


def test_what_is_deleted_meanwhile_hides_no_other(blog: WordPress) -> None:
    blog.most = 2
    serve = blog.answer

    def deleting(asked):
        reply = serve(asked)
        blog.posts.pop(1, None)
        return reply

    blog.site.pages["/wp-json/wp/v2/posts"] = deleting
    assert set(cms_ids(read(blog.site.url, KIND))) == set("12345")


def test_who_has_the_password_is_given_what_is_hidden_and_it_stays_so(blog: WordPress) -> None:
    blog.password = "pass word"
    blog.add(6, status="private")
    blog.add(7, status="trash")
    assert len(ids(read(blog.site.url, KIND))) == 5
    credentials = blog.site.url.replace("//", "//desk:pass%20word@")
    items = read(blog.site.url, KIND, credentials=credentials)
    status = {item.origin.id: item.story.status for item in items if isinstance(item, Found)}
    assert (status["5"], status["6"], status["7"]) == (Status.PUBLISHED, Status.DRAFT, Status.RETRACTED)


@pytest.mark.parametrize(
    "path", ["", "/", "/wp-json", "/wp-json/", "/wp-json/wp/v2/posts", "/wp-json/wp/v2/posts?per_page=3"]
)
def test_the_api_is_found_from_any_address_of_it(blog: WordPress, path: str) -> None:
    assert len(ids(read(blog.site.url + path, KIND))) == 5


def test_the_api_of_a_site_without_permalinks_is_found(site: Site) -> None:
    site.pages["/"] = (
        f"<html><link rel='https://api.w.org/' href='{site.url}/index.php?rest_route=/&#038;x=1' />"
    )
    types = json.dumps({"post": {"rest_base": "posts", "rest_namespace": "wp/v2"}})
    site.pages["/index.php"] = types
    with client() as web:
        assert find(web, site.url).root == f"{site.url}/index.php?rest_route=/&x=1"


def test_a_site_without_the_api_is_named(site: Site) -> None:
    with pytest.raises(WebError, match="has no REST API of WordPress"):
        read(site.url, KIND)
    site.pages["/wp-json/wp/v2/types"] = Reply("<html>closed", 200)
    with pytest.raises(WebError, match="something else than JSON"):
        read(site.url, KIND)


def test_a_site_that_is_down_is_no_site_without_posts(blog: WordPress) -> None:
    blog.site.pages["/wp-json/wp/v2/posts"] = Reply(status=503)
    with pytest.raises(WebError) as caught:
        read(blog.site.url, KIND)
    assert caught.value.again


def test_which_posts_are_gone_is_asked_of_many_at_once(blog: WordPress) -> None:
    del blog.posts[2]
    blog.add(3, status="private")
    with client() as web:
        assert missing(web, find(web, blog.site.url), "wp/v2/posts", ["1", "2", "3", "4"]) == {"2", "3"}
