"""Which post a story is, and what its meta value is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recommender.export.cms_requests import CmsRequests
from recommender.export.formats import FORMATS
from recommender.export.push import RefusedError
from recommender.export.push_wordpress import WordPress
from recommender.ingest.base import Origin
from tests.export.blocks import ARABIC, SOURCE, TARGET, UNLINKED, a_block
from tests.export.cms import WordPressCms, credentials
from tests.web.site import client, running

POST = Origin(kind="wordpress", id="12", type="post")


def wordpress(url: str = "https://news.example", *, ids: bool = False) -> WordPress:
    requests = CmsRequests(web=client(), login="", rights="")
    return WordPress(url=url, requests=requests, write=None if ids else FORMATS["html"].one)


@pytest.mark.parametrize(
    ("changed", "origin", "place"),
    [
        ({}, POST, "post/12"),
        ({}, replace(POST, type="report"), "report/12"),
        ({"id": "https://news.example/?p=7"}, None, "post/7"),
        ({"id": "https://news.example/?p=7"}, POST, "post/12"),
        ({"url": "https://news.example/?p=8"}, Origin(kind="feed"), "post/8"),
        ({}, Origin(kind="arc", id="12"), ""),
        ({}, None, ""),
    ],
)
def test_a_post_is_known_by_its_import_or_its_guid(
    changed: dict[str, str], origin: Origin | None, place: str
) -> None:
    story = replace(SOURCE, **changed)
    one = a_block(source=story, origins={story.id: origin} if origin else {})
    assert wordpress().place(one) == place


def test_the_value_is_a_text_or_the_numbers_of_posts() -> None:
    one = a_block(TARGET, UNLINKED, ARABIC, origins={"18": POST, "20": replace(POST, id="14")})
    assert wordpress().value(one) == one.block.to_html()
    assert wordpress(ids=True).value(one) == [12, 14]


def test_posts_of_a_type_without_a_route_are_refused() -> None:
    with running() as site, client(credentials=credentials(site)) as web:
        cms = WordPressCms(site)
        cms.add("/wp-json/wp/v2/reports/3")
        target = WordPress(
            url=f"{site.url}/wp-json/", requests=CmsRequests(web=web, login="", rights=""), write=None
        )
        target.put("report/3", [4])
        assert cms.held["/wp-json/wp/v2/reports/3"] == [4]
        with pytest.raises(RefusedError, match="has no route for type 'podcast'"):
            target.put("podcast/3", [4])
