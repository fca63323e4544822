"""Which node a story is, and what its field holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from recommender.errors import ExportError
from recommender.export.cms_requests import CmsRequests
from recommender.export.formats import FORMATS
from recommender.export.push import GoneError, RefusedError
from recommender.export.push_drupal import MEDIA_TYPE, Drupal
from recommender.ingest.base import Origin
from tests.export.blocks import SOURCE, TARGET, UNLINKED, a_block
from tests.export.cms import DrupalCms, credentials
from tests.web.site import Reply, client, running

ONE, TWO = "0f5cb9a1-28cf-4a6c-8b04-1f8d6f2a1a01", "0f5cb9a1-28cf-4a6c-8b04-1f8d6f2a1a02"
NODE = Origin(kind="drupal", id="12", type="article")
BY_UUID, OTHER = replace(SOURCE, id=ONE), replace(TARGET, id=TWO)


@pytest.fixture
def cms() -> Iterator[DrupalCms]:
    with running() as site:
        yield DrupalCms(site)


def drupal(cms: DrupalCms, *, ids: bool = True) -> Drupal:
    web = client(credentials=credentials(cms.site))
    requests = CmsRequests(
        web=web, login="LOGIN", rights="RIGHTS", media_type=MEDIA_TYPE, sleep=lambda _: None
    )
    return Drupal(url=cms.site.url, requests=requests, write=None if ids else FORMATS["html"].one)


def test_a_node_is_known_by_its_uuid_or_its_number(cms: DrupalCms) -> None:
    target = drupal(cms)
    assert target.place(a_block(source=BY_UUID, origins={ONE: NODE})) == f"article/{ONE}"
    assert target.place(a_block(origins={"17": NODE})) == "article/12"
    assert target.place(a_block(source=BY_UUID)) == ""


def test_a_reference_field_holds_the_nodes(cms: DrupalCms) -> None:
    cms.add(f"/jsonapi/node/article/{ONE}")
    one = a_block(OTHER, UNLINKED, source=BY_UUID, origins={ONE: NODE, TWO: NODE})
    target = drupal(cms)
    target.put(target.place(one), target.value(one))
    nodes = [{"type": "node--article", "id": TWO}]
    assert cms.held[f"/jsonapi/node/article/{ONE}"] == {"field_related_stories": {"data": nodes}}


def test_a_plain_field_holds_a_text_and_a_node_is_found_by_its_number(cms: DrupalCms) -> None:
    cms.add(f"/jsonapi/node/article/{ONE}")
    cms.numbers["12"] = ONE
    one = a_block(OTHER, origins={"17": NODE})
    target = drupal(cms, ids=False)
    target.put(target.place(one), target.value(one))
    assert cms.held[f"/jsonapi/node/article/{ONE}"] == {"field_related_stories": one.block.to_html()}


def test_what_drupal_says_is_told(cms: DrupalCms) -> None:
    target = drupal(cms)
    with pytest.raises(GoneError, match="has no node 99 of type article"):
        target.put("article/99", [])
    cms.site.pages[f"/jsonapi/node/article/{ONE}"] = cms.take
    with pytest.raises(GoneError, match="answers 404"):
        target.put(f"article/{ONE}", [])
    cms.first = [cms.error(422, "The attribute field_x does not exist.")]
    with pytest.raises(RefusedError, match=r"answers 422 \(The attribute field_x does not exist\.\)"):
        target.put(f"article/{ONE}", [])
    cms.first = [Reply("", 405)]
    with pytest.raises(ExportError, match=r"takes no PATCH \(405\): RIGHTS"):
        target.put(f"article/{ONE}", [])
