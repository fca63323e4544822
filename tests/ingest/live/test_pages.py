"""Pages and sitemaps at an address."""

from __future__ import annotations

import gzip

import pytest

from recommender.ingest.base import Found
from recommender.web.errors import WebError
from tests.web.site import Asked, Reply, Site

from .reads import headlines, ids, read, refused, states
from .sites import page, sitemap


@pytest.fixture
def paper(site: Site) -> Site:
    for n in (1, 2, 3):
        site.pages[f"/story-{n}"] = page(n)
    return site


def test_a_page_is_read_as_a_saved_one_under_the_address_it_was_found_at(paper: Site) -> None:
    paper.pages["/old"] = Reply(status=301, headers={"location": "/story-1"})
    assert ids(read(f"{paper.url}/old")) == [f"{paper.url}/story-1".replace("http:", "https:")]


def test_the_pages_of_sitemaps_in_sitemaps_are_read_once(paper: Site) -> None:
    paper.pages |= {
        "/sitemap.xml": sitemap(paper, 1, 2, 1, index=True),
        "/map-1.xml": sitemap(paper, 1, 2),
        "/map-2.xml": gzip.compress(sitemap(paper, 3).encode()),
    }
    assert len(headlines(read(f"{paper.url}/sitemap.xml"))) == 3
    assert paper.targets().count("/map-1.xml") == 1


def test_a_sitemap_that_names_itself_ends(paper: Site) -> None:
    paper.pages["/map-1.xml"] = sitemap(paper, 1, 2, index=True)
    paper.pages["/map-2.xml"] = sitemap(paper, 1, 2, index=True)
    assert headlines(read(f"{paper.url}/map-1.xml")) == []


def test_a_page_that_is_gone_is_refused_and_the_others_come(paper: Site) -> None:
    del paper.pages["/story-2"]
    paper.pages["/sitemap.xml"] = sitemap(paper, 1, 2, 3)
    items = read(f"{paper.url}/sitemap.xml")
    assert len(headlines(items)) == 2
    assert "it answers 404" in refused(items)[0]


def test_it_is_read_on_where_it_was_left(paper: Site) -> None:
    paper.pages["/sitemap.xml"] = sitemap(paper, 1, 2, 3)
    _, second, *_ = states(read(f"{paper.url}/sitemap.xml"))
    assert headlines(read(f"{paper.url}/sitemap.xml", since=second)) == ["Ferry number 3 sinks"]


def test_a_sitemap_is_read_again_when_it_has_changed_or_a_page_could_not_be_read(paper: Site) -> None:
    version = 1

    def listed(asked: Asked) -> Reply:
        same = asked.headers.get("if-none-match") == f'"{version}"'
        return Reply("" if same else sitemap(paper, 1, 2), 304 if same else 200, {"etag": f'"{version}"'})

    def look(since: object) -> tuple[int, object]:
        items = read(f"{paper.url}/sitemap.xml", "sitemap", since, is_known=lambda *_: False)  # type: ignore[arg-type]
        return len(headlines(items)), states(items)[-1]

    paper.pages |= {"/sitemap.xml": sitemap(paper, 1, index=True), "/map-1.xml": listed}
    paper.pages["/story-2"] = Reply(status=503)
    found, state = look({})
    assert (found, state) == (1, {"tags": {}})
    paper.pages["/story-2"] = page(2)
    found, state = look(state)
    assert found == 2
    assert look(state) == (0, state)
    version = 2
    assert look(state)[0] == 2


def test_what_is_known_as_it_is_is_not_read_again(paper: Site) -> None:
    paper.pages["/sitemap.xml"] = sitemap(paper, 1, 2, changed="2026-03-01")
    asked: list[tuple[str, str]] = []

    def known(url: str, modified: str) -> bool:
        asked.append((url, modified))
        return url.endswith("1")

    assert len(headlines(read(f"{paper.url}/sitemap.xml", is_known=known))) == 1
    assert asked[0] == (f"{paper.url}/story-1", "2026-03-01")


def test_a_page_without_a_story_is_refused_by_its_address(site: Site) -> None:
    site.pages["/about"] = "<!doctype html><html><body><h1>About us</h1></body></html>"
    assert f"{site.url}/about" in str(read(f"{site.url}/about")[0].where)  # type: ignore[union-attr]


def test_an_address_that_gives_nothing_is_an_error(site: Site) -> None:
    with pytest.raises(WebError, match="it answers 404; check the address"):
        read(f"{site.url}/nowhere")


def test_a_server_and_a_sitemap_say_where_a_page_is_told_in_other_languages(paper: Site) -> None:
    body, header = paper.pages["/story-1"], {"link": '</bn/story-1>; rel="alternate"; hreflang="bn"'}
    paper.pages["/story-1"] = Reply(str(body), headers=header)
    xhtml = '<xhtml:link rel="alternate" hreflang="es" href="/es/story-1"/></url>'
    listed = (
        sitemap(paper, 1)
        .replace("</url>", xhtml)
        .replace("<urlset", '<urlset xmlns:xhtml="http://www.w3.org/1999/xhtml"')
    )
    paper.pages["/sitemap.xml"] = listed
    (found,) = [item for item in read(f"{paper.url}/sitemap.xml") if isinstance(item, Found)]
    assert found.story.translations == (f"{paper.url}/es/story-1", f"{paper.url}/bn/story-1")
