"""Which addresses a source names as its story in other languages, in HTML, headers and sitemaps.

Knows the attributes that say so (``rel="alternate" hreflang``), and neither stories nor who is believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from lxml import etree

from recommender.ingest.addresses import absolute
from recommender.story.addresses import normal_url
from recommender.story.limits import DEFAULT_LIMITS
from recommender.story.schema import LANGUAGE_TAG

_LANGUAGE = re.compile(LANGUAGE_TAG)
_DEFAULT = "x-default"
# RFC 8288: a target between angle brackets, then parameters; a value may stand in quotes.
_SAID = r"\s{0,9};\s{0,9}[\w*-]{1,40}(?:\s{0,9}=\s{0,9}(?:\"[^\"]{0,400}\"|[^\s\",;]{1,400}))?"
_LINK = re.compile(rf"<([^<>]{{1,4096}})>((?:{_SAID})*)")
_PARAMETER = re.compile(r";\s*([\w*-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))")
_LONGEST = 100_000  # characters of one header
MOST = DEFAULT_LIMITS.translations
_MOST_SPELT = 4 * MOST  # names that are looked at: some lists write an address in several ways


def alternates(links: Iterable[Mapping[str, str]]) -> list[str]:
    """Return where a page is found in other languages, of links by their attributes, as they are written.

    What has no language (a feed, the page for small screens) and ``x-default``, which asks for one, are none.
    """
    return [
        href
        for link in links
        if "alternate" in (link.get("rel") or "").lower().split()
        and _LANGUAGE.fullmatch(tag := (link.get("hreflang") or "").strip().lower())
        and tag != _DEFAULT
        and (href := (link.get("href") or "").strip())
    ]


def attributes(link: etree._Element) -> dict[str, str]:
    """Return what an element says of where it leads."""
    return {str(name): str(value) for name, value in link.attrib.items()}


def links_in_header(values: Iterable[str]) -> Iterator[dict[str, str]]:
    """Yield the links of HTTP's ``Link`` headers by their attributes."""
    for value in values:
        for target, parameters in _LINK.findall(value[:_LONGEST]):
            said = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(parameters)}
            yield {**said, "href": target.strip()}


def spelt(names: Iterable[str]) -> list[str]:
    """Return names as they are written, each once, and no more than are looked at but one."""
    return list(dict.fromkeys(names))[: _MOST_SPELT + 1]


def told_elsewhere(
    names: Iterable[str], own: Iterable[str | None], base: str, notes: list[str]
) -> list[str] | None:
    """Return the addresses at which a story is told in other languages, absolute, each once.

    Parameters
    ----------
    names : iterable of str
        As they are written.
    own : iterable of str or None
        The story's own addresses, which lists of languages hold, too.
    base : str
        What they are relative to.
    notes : list of str
        Is told where more are named than a story has: then none is taken.
    """
    written = spelt(names)
    mine = {normal_url(address, base or None) for address in own if address}
    found = {normal_url(one): one for name in written[:_MOST_SPELT] if (one := absolute(name, base))}
    others = [one for key, one in found.items() if key not in mine]
    if len(others) > MOST or len(written) > _MOST_SPELT:
        notes.append(f"more than {MOST} translations: none taken")
        return None
    return others or None
