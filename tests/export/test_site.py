"""A page has one key, by which a generator's template knows it; and one file, inside the directory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import QuestionError
from recommender.export.site import Site
from tests.export.blocks import SOURCE

HUGO, JEKYLL = Site(url="https://news.example/blog/"), Site(url="https://news.example/blog", from_host=False)
ELEVENTY = replace(JEKYLL, decoded=True)


@pytest.mark.parametrize(
    ("url", "hugo", "jekyll", "eleventy"),
    [
        ("https://news.example/blog/a/b/", "/blog/a/b/", "/a/b/", "/a/b/"),
        ("https://news.example/blog/a.html", "/blog/a.html", "/a.html", "/a.html"),
        ("https://news.example/blog/", "/blog/", "/", "/"),
        ("https://news.example/blogs/", "/blogs/", "/blogs/", "/blogs/"),
        ("https://news.example/blog/ü/", "/blog/%C3%BC/", "/%C3%BC/", "/ü/"),
        ("https://news.example/blog/%e0%a6%95/", "/blog/%E0%A6%95/", "/%E0%A6%95/", "/ক/"),
        ("https://news.example/blog/a%2fb", "/blog/a%2Fb", "/a%2Fb", "/a%2Fb"),
        ("https://news.example/blog/%ff", "/blog/%FF", "/%FF", "/%FF"),
        ("https://news.example/blog/?p=12", "/blog/?p=12", "/?p=12", "/?p=12"),
        ("https://news.example", "/", "/", "/"),
    ],
)
def test_keys_are_those_of_the_generators(url: str, hugo: str, jekyll: str, eleventy: str) -> None:
    story = replace(SOURCE, url=url)
    assert [site.key(story) for site in (HUGO, JEKYLL, ELEVENTY)] == [hugo, jekyll, eleventy]


def test_a_story_without_an_address_has_the_place_that_generators_give_it() -> None:
    assert HUGO.key(replace(SOURCE, url=None, id="posts/ferry-sinks")) == "/posts/ferry-sinks/"


def test_a_site_has_the_stories_below_its_address() -> None:
    for url, is_of_it in {
        "https://news.example/blog/a": True,
        "http://www.news.example/blog/a?x=1": True,
        "https://news.example/blogs/a": False,
        "https://other.example/blog/a": False,
    }.items():
        assert HUGO.covers(replace(SOURCE, url=url)) is is_of_it
    assert HUGO.covers(replace(SOURCE, url=None))
    assert Site().covers(replace(SOURCE, url="https://any.example/"))


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("https://news.example/2022/ferry/", "2022/ferry"),
        ("https://news.example/", "index"),
        ("https://news.example/a.html", "a.html"),
        ("https://news.example/%E0%A6%95/", "ক"),
        ("https://news.example/?p=12", "index%3Fp=12"),
        ("https://news.example/a/../../etc/passwd", "a/%2E%2E/%2E%2E/etc/passwd"),
        ("https://news.example/a%2f..%2fb/", "a%2F..%2Fb"),
        ("https://news.example/.git/config", "%2Egit/config"),
    ],
)
def test_a_file_is_where_its_page_is(url: str, file: str) -> None:
    assert Site().file(replace(SOURCE, url=url)) == file


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400), st.booleans())
def test_no_file_leaves_the_directory_or_has_a_name_that_cannot_be(path: str, is_id: bool) -> None:
    changed = {"url": None, "id": path or "x"} if is_id else {"url": f"https://news.example/{path}"}
    file = Site().file(replace(SOURCE, **changed))
    for part in file.split("/"):
        assert part
        assert part not in (".", "..")
        assert not part.startswith(".")
        assert len(part.encode()) <= 240
        assert not set('<>:"|?*\\\0') & set(part)
    assert not PurePosixPath(file).is_absolute()


def test_long_names_that_begin_alike_stay_apart() -> None:
    files = {Site().file(replace(SOURCE, url=f"https://news.example/{'a' * 300}{n}")) for n in range(9)}
    assert len(files) == 9


def test_a_site_that_is_no_address_is_told() -> None:
    with pytest.raises(QuestionError, match=r"site is 'news\.example'; give its address"):
        Site(url="news.example")
