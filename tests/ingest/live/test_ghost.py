"""A site of Ghost by its Content API."""

from __future__ import annotations

import pytest

from recommender.ingest.base import Found
from recommender.story.story import Status
from recommender.web.errors import WebError
from tests.web.site import Site

from .reads import ids, read, states
from .sites import ghost


def test_all_posts_come_and_are_public_and_then_the_changes(site: Site) -> None:
    ghost(site, 5, 2, "thekey")
    credentials = site.url.replace("//", "//content:thekey@")
    items = read(f"{site.url}/", "ghost", credentials=credentials)
    assert len(ids(items)) == 5
    assert {one.story.status for one in items if isinstance(one, Found)} == {Status.PUBLISHED}
    *earlier, last = states(items)
    assert len(ids(read(site.url, "ghost", last, credentials=credentials))) == 1
    assert len(ids(read(site.url, "ghost", earlier[0], credentials=credentials))) == 3


def test_without_a_key_it_says_where_to_get_one(site: Site) -> None:
    with pytest.raises(WebError, match=r"needs the key of its Content API; set RELATED_WEB_CREDENTIALS"):
        read(site.url, "ghost")


def test_no_error_shows_the_key(site: Site) -> None:
    ghost(site, 1, 1, "thekey")
    with pytest.raises(WebError, match="401") as caught:
        read(site.url, "ghost", credentials=site.url.replace("//", "//content:secret@"))
    assert "secret" not in str(caught.value)
