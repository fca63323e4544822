"""A site's wishes, as RFC 9309 has them."""

from __future__ import annotations

import pytest

from recommender.web.errors import WebError
from recommender.web.robots import Robots

RULES = b"""\
User-agent: *
Disallow: /
User-agent: related-stories
Disallow: /drafts/
Crawl-delay: 7
"""


def test_the_rules_for_us_come_before_those_for_all() -> None:
    robots = Robots(lambda _: RULES)
    assert robots.allows("https://news.example/2026/ferry")
    assert not robots.allows("https://news.example/drafts/ferry")
    assert robots.delay("https://news.example/") == 7


def test_they_are_read_once_for_each_origin() -> None:
    read: list[str] = []

    def rules(url: str) -> bytes:
        read.append(url)
        return b""

    robots = Robots(rules)
    for url in (
        "https://news.example/a",
        "https://news.example:443/b",
        "http://news.example/",
        "https://[2001:db8::1]/",
    ):
        assert robots.allows(url)
    assert read == [
        "https://news.example:443/robots.txt",
        "http://news.example:80/robots.txt",
        "https://[2001:db8::1]:443/robots.txt",
    ]


def test_where_they_cannot_be_read_nothing_is_known_to_be_allowed() -> None:
    def rules(url: str) -> bytes:
        raise WebError(url, "it answers 503", "try again later", status=503, again=True)

    with pytest.raises(WebError, match="503"):
        Robots(rules).allows("https://news.example/")


def test_a_wish_without_bounds_is_bounded() -> None:
    assert Robots(lambda _: b"User-agent: *\nCrawl-delay: 99999").delay("https://news.example/") == 60
