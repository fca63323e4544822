"""Pages of a site: one, or all that a sitemap names, each read as a saved page is.

Knows sitemaps and pages, no kind of CMS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from recommender.ingest import htmlpage, sitemap
from recommender.ingest.base import Found, Options, Refused
from recommender.ingest.content import unpacked
from recommender.ingest.live.base import Item, Reached, Reader, Seen, not_read
from recommender.ingest.sitemap import addresses
from recommender.web.client import WebClient
from recommender.web.errors import WebError

DEEPEST = 3  # sitemaps in sitemaps: sitemaps.org allows one level, some sites have two


class PageSite:
    """One page."""

    kind = htmlpage.KIND

    def read(self, url: str, reader: Reader) -> Iterator[Item]:
        """Yield its story."""
        yield page_at(reader.web, url, reader.options)


class SitemapSite:
    """The pages that a sitemap, or an index of sitemaps, names."""

    kind = sitemap.KIND

    def read(self, url: str, reader: Reader) -> Iterator[Item]:
        """Yield the stories of the pages that are not known as they are; the site's order is kept."""
        done = reader.number("done")
        for number, address in enumerate(_all_addresses(url, reader, DEEPEST, {url}), start=1):
            if number <= done:
                continue
            if isinstance(address, Refused):
                yield address
                continue
            if reader.is_known(address.url, address.modified):
                continue
            try:
                yield page_at(reader.web, address.url, reader.options, number)
            except WebError as error:
                yield not_read(error, number)
            else:
                yield Seen(address.url, address.modified)
            yield Reached({"done": number})
        yield Reached({})


def page_at(web: WebClient, url: str, options: Options, number: int = 1) -> Found | Refused:
    """Return the story of the page at an address, or why it is none.

    Raises
    ------
    WebError
        Where the address gives nothing.
    """
    answer = web.get(url, largest=htmlpage.LARGEST, headers={"accept": "text/html,application/xhtml+xml"})
    _, _, declared = answer.headers.get("content-type", "").partition("charset=")
    with answer.body as body:
        raw = body.read()
    found = htmlpage.read_page(
        raw, replace(options, name=url), url=answer.url, number=number, declared=declared.strip("\"' ;")
    )
    return replace(found, place=f"{url} {found.where}") if isinstance(found, Refused) else found


def _all_addresses(
    url: str, reader: Reader, depth: int, seen: set[str]
) -> Iterator[sitemap.SitemapEntry | Refused]:
    """Yield the pages of a sitemap and of those in it, each sitemap once."""
    with reader.web.get(url).body as body:
        _, file = unpacked(body, url)
        for address in addresses(file, url):
            if isinstance(address, Refused) or not address.is_sitemap:
                yield address
            elif address.url not in seen and depth:
                seen.add(address.url)
                try:
                    yield from _all_addresses(address.url, reader, depth - 1, seen)
                except WebError as error:
                    yield not_read(error)
