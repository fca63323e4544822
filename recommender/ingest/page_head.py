"""What a page says of itself in its tags, its links and its JSON-LD. Knows not which of it is believed."""

from __future__ import annotations

import re

from lxml import html

from recommender.ingest.addresses import absolute, same_site
from recommender.ingest.alternates import alternates, attributes
from recommender.ingest.documents import Json
from recommender.ingest.jsonld import addresses_in, article, name_in

_OWN_TIME = re.compile(r"\b(?:published|entry-date|post-date|article-date|pubdate)\b")
_TRANSLATIONS = ("translationOfWork", "workTranslation")


class PageHead:
    """What a page says of itself in its head."""

    def __init__(self, root: html.HtmlElement) -> None:
        self.root = root
        self._metas: dict[str, list[str]] = {}
        for meta in root.iter("meta"):
            name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
            if content := (meta.get("content") or "").strip():
                self._metas.setdefault(name.strip().lower(), []).append(content)
        scripts = root.iterfind(".//script[@type]")
        self.story: Json = article(
            [
                script.text or ""
                for script in scripts
                if script.get("type", "").lower().startswith("application/ld+json")
            ]
        )

    def meta(self, *names: str) -> str:
        """Return the first of some tags that says anything."""
        return next((self._metas[name][0] for name in names if name in self._metas), "")

    def metas(self, *names: str) -> list[str]:
        """Return all that the first tag of some says."""
        return next((self._metas[name] for name in names if name in self._metas), [])

    def link(self, rel: str) -> str:
        """Return the address of a link of the head."""
        links = (
            link.get("href")
            for link in self.root.iter("link")
            if rel in (link.get("rel") or "").lower().split()
        )
        return next(filter(None, links), "")

    def translations(self) -> list[str]:
        """Return where the story is told in other languages, as it is written."""
        works = [address for name in _TRANSLATIONS for address in addresses_in(self.story.get(name))]
        return works + alternates(map(attributes, self.root.iter("link")))

    def time(self, name: str) -> str:
        """Return a time that is marked up in the text by its property."""
        for element in self.root.iterfind(f".//*[@itemprop='{name}']"):
            if found := element.get("datetime") or element.get("content"):
                return str(found)
        return ""

    def only_time(self) -> str:
        """Return the time of a page that marks up one as its own, or has one alone."""
        times = [one for one in self.root.iter("time") if one.get("datetime")]
        own = [
            one for one in times if one.get("pubdate") is not None or _OWN_TIME.search(one.get("class") or "")
        ]
        said = dict.fromkeys(one.get("datetime", "") for one in own or times)
        return next(iter(said)) if own or len(said) == 1 else ""

    def state(self) -> str:
        """Return the status that the page names, where it names one: a preview may."""
        return name_in(self.story.get("creativeWorkStatus")).rpartition("/")[2].lower()

    def elsewhere(self, site: str) -> str:
        """Return the address of another site than that of which the page says that it is a copy."""
        told = (self.meta("og:url"), self.link("canonical"))
        return next((one for one in told if site and absolute(one, "") and not same_site(one, site)), "")

    def heading(self) -> str:
        """Return the only first-level heading, else the title of the page."""
        headings = [" ".join(one.text_content().split()) for one in self.root.iter("h1")]
        title = self.root.findtext(".//title") or ""
        return headings[0] if len(headings) == 1 else title
