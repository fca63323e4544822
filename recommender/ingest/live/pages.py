"""Pages of a site: one, or all that a sitemap names, each read as a saved page is.

Knows sitemaps and pages, no kind of CMS.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from recommender.ingest import htmlpage, sitemap
from recommender.ingest.alternates import alternates, links_in_header
from recommender.ingest.base import Found, Options, Refused
from recommender.ingest.content import unpacked
from recommender.ingest.documents import text
from recommender.ingest.live.base import Item, Reached, Reader, Seen, State, not_read, state_in, tags_of
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
        walk = _Walk(reader)
        done = 0 if reader.is_known else reader.number("done")
        for number, (source, address) in enumerate(walk.pages(url), start=1):
            if isinstance(address, Refused):
                yield address
            elif number > done and not (reader.is_known and reader.is_known(address.url, address.modified)):
                try:
                    told = address.translations
                    yield page_at(reader.web, address.url, reader.options, number, told)
                except WebError as error:
                    walk.failed |= {source} if error.again else set()
                    yield not_read(error, number)
                else:
                    yield Seen(address.url, address.modified)
                if not reader.is_known:
                    yield Reached({"done": number, "tags": reader.part("tags")})
        yield Reached({"tags": walk.tags})


class _Walk:
    """The sitemaps of one look, each read once and only where it has changed.

    Attributes
    ----------
    tags : dict
        By address, how a sitemap is told from a later one; not of an index, which may stay while what it
        names changes.
    failed : set of str
        Sitemaps of which a page has to be tried again.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader, self._seen = reader, set[str]()
        self.tags: dict[str, State] = {}
        self.failed: set[str] = set()

    def pages(self, url: str, depth: int = DEEPEST) -> Iterator[tuple[str, sitemap.SitemapEntry | Refused]]:
        """Yield the pages of a sitemap and of those in it, each with the sitemap that names it."""
        self._seen.add(url)
        known = state_in(self._reader.part("tags"), url)
        answer = self._reader.web.get(url, etag=text(known, "etag"), modified=text(known, "modified"))
        with answer.body as body:
            if not answer.is_new:
                self.tags[url] = known
                return
            _, file = unpacked(body, url)
            is_index = False
            for address in addresses(file, url):
                if isinstance(address, Refused) or not address.is_sitemap:
                    yield url, address
                    continue
                is_index = True
                if address.url not in self._seen and depth:
                    yield from self._inner(address.url, depth - 1)
        if not is_index and url not in self.failed and (tags := tags_of(answer)):
            self.tags[url] = tags

    def _inner(self, url: str, depth: int) -> Iterator[tuple[str, sitemap.SitemapEntry | Refused]]:
        try:
            yield from self.pages(url, depth)
        except WebError as error:
            yield url, not_read(error)


def page_at(
    web: WebClient, url: str, options: Options, number: int = 1, translations: Sequence[str] = ()
) -> Found | Refused:
    """Return the story of the page at an address, or why it is none.

    Where else it is told, who led to it (`translations`) and its server (``Link``) may say, too.

    Raises
    ------
    WebError
        Where the address gives nothing.
    """
    answer = web.get(url, largest=htmlpage.LARGEST, headers={"accept": "text/html,application/xhtml+xml"})
    _, _, declared = answer.headers.get("content-type", "").partition("charset=")
    with answer.body as body:
        raw = body.read()
    links = alternates(links_in_header([answer.headers.get("link", "")]))
    found = htmlpage.read_page(
        raw,
        replace(options, name=url),
        url=answer.url,
        number=number,
        declared=declared.strip("\"' ;"),
        translations=[*translations, *links],
    )
    return replace(found, place=f"{url} {found.where}") if isinstance(found, Refused) else found
