"""All formats that a block is written out in: each is named here and nowhere else. Knows no file.

A format shows what the block holds, past the link policy; it decides nothing about which stories stand in it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from recommender.engine.templates import is_own, rendered
from recommender.errors import QuestionError, shown
from recommender.export import amp_and_newsletter, ans, feeds, json_ld, site_data, table
from recommender.export.json_text import json_array, json_text
from recommender.export.ninjs import Ninjs
from recommender.export.site import Site
from recommender.export.story_block import StoryBlock

All = Callable[[Iterable[StoryBlock], Site], Iterator[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A way to write a block out.

    Parameters
    ----------
    name : str
        By which it is asked for.
    media_type, ending : str
        Of what is written: for HTTP, and for names of files.
    one : callable
        Writes one block, as we do.
    all : callable or None
        Writes the blocks of many stories as one document, piece by piece; None where that makes no sense.
    site : Site
        How templates that read it name pages.
    """

    name: str
    media_type: str
    ending: str
    one: Callable[[StoryBlock], str]
    all: All | None = None
    site: Site = field(default_factory=Site)

    def write(self, one: StoryBlock) -> str:
        """Return one block: by the newsroom's own template of the format's name, if there is one."""
        name = f"{self.name}{self.ending}"
        if not is_own(name, one.look):
            return self.one(one)
        values = {"story": one.story, "slots": one.linked, "data": site_data.site_data(one, self.site)}
        return rendered(name, one.look, values)


def _json(name: str, of: Callable[[StoryBlock], object], media_type: str = "application/json") -> Format:
    """Return a format whose documents are JSON, many of them an array."""

    def every(blocks: Iterable[StoryBlock], site: Site) -> Iterator[str]:
        return json_array(map(of, blocks))

    return Format(
        name=name, media_type=media_type, ending=".json", one=lambda one: json_text(of(one)), all=every
    )


def _data(name: str, site: Site) -> Format:
    """Return the format of a generator of static sites."""
    return Format(
        name=name,
        media_type="application/json",
        ending=".json",
        one=lambda one: json_text(site_data.site_data(one, site)),
        all=site_data.by_path,
        site=site,
    )


def _json_lines(blocks: Iterable[StoryBlock], site: Site) -> Iterator[str]:
    return (f"{one.block.to_json()}\n" for one in blocks)


_HTML, _TEXT = "text/html", "text/plain"

_ALL = (
    Format(name="html", media_type=_HTML, ending=".html", one=lambda one: one.block.to_html()),
    Format(
        name="json", media_type="application/json", ending=".json",
        one=lambda one: one.block.to_json(), all=_json_lines,
    ),
    Format(name="text", media_type=_TEXT, ending=".txt", one=lambda one: f"{one.block.to_text()}\n"),
    Format(name="amp", media_type=_HTML, ending=".html", one=amp_and_newsletter.amp),
    Format(
        name="amp-list", media_type="application/json", ending=".json",
        one=lambda one: json_text(site_data.amp_list(one)),
    ),
    Format(
        name="atom", media_type="application/atom+xml", ending=".xml",
        one=feeds.atom, all=feeds.all_in("atom.xml"),
    ),
    Format(
        name="rss", media_type="application/rss+xml", ending=".xml",
        one=feeds.rss, all=feeds.all_in("rss.xml"),
    ),
    Format(
        name="jsonld", media_type="application/ld+json", ending=".json",
        one=lambda one: json_text(json_ld.web_page(one)), all=json_ld.web_pages,
    ),
    _json("ninjs", Ninjs("3.1").item),
    _json("ninjs2", Ninjs("2.2").item),
    _json("ans", ans.related_content),
    _data("data", Site()),
    _data("hugo", Site()),
    _data("jekyll", Site(from_host=False)),
    _data("eleventy", Site(from_host=False, decoded=True)),
    Format(name="csv", media_type="text/csv", ending=".csv", one=table.table, all=table.tables),
    Format(name="newsletter", media_type=_HTML, ending=".html", one=amp_and_newsletter.newsletter),
    Format(name="newsletter-text", media_type=_TEXT, ending=".txt", one=amp_and_newsletter.newsletter_text),
)  # fmt: skip

FORMATS: Mapping[str, Format] = {each.name: each for each in _ALL}


def format_of(name: str) -> Format:
    """Return a format by its name.

    Raises
    ------
    QuestionError
        When there is none of that name.
    """
    found = FORMATS.get(name)
    if found is None:
        near = difflib.get_close_matches(name, FORMATS, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FORMATS)}"
        raise QuestionError(f"format is {shown(name)}; {hint}")
    return found
