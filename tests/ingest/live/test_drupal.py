"""A site of Drupal by its JSON:API."""

from __future__ import annotations

import json

import pytest

from recommender.ingest.base import Found
from recommender.web.errors import WebError
from tests.web.site import Site

from .reads import ids, read, states
from .sites import drupal


def test_all_nodes_come_with_what_they_refer_to_and_then_the_changes(site: Site) -> None:
    drupal(site, 5, 2)
    items = read(site.url, "drupal")
    assert len(ids(items)) == 5
    assert {one.story.tags for one in items if isinstance(one, Found)} == {("Ferries",)}
    *earlier, last = states(items)
    assert len(ids(read(site.url, "drupal", last))) == 1
    assert len(ids(read(site.url, "drupal", earlier[0]))) == 3


def test_one_type_of_nodes_may_be_named(site: Site) -> None:
    drupal(site, 3, 9)
    assert len(ids(read(f"{site.url}/jsonapi/node/article"))) == 3
    assert "/jsonapi" not in site.targets()


def test_a_next_page_on_another_site_is_not_followed(site: Site) -> None:
    site.pages["/jsonapi/node/article"] = json.dumps(
        {"jsonapi": {}, "data": [], "links": {"next": {"href": "http://10.0.0.7/"}}}
    )
    with pytest.raises(WebError, match="its next page is on another site"):
        read(f"{site.url}/jsonapi/node/article")
