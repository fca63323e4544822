"""Blocks as JSON-LD of schema.org.

``relatedLink`` is a property of a page (``WebPage``), not of the article on it: the article is what the page
is about (``mainEntity``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from recommender.export.json_text import json_array
from recommender.export.site import Site
from recommender.export.story_block import StoryBlock, uri
from recommender.story.language_tags import tag_of
from recommender.story.story import Story
from recommender.story.timestamps import format_time

_CONTEXT = "https://schema.org"
_ARTICLE = "NewsArticle"
_BY_KIND = {  # subtypes of NewsArticle
    "opinion": "OpinionNewsArticle",
    "analysis": "AnalysisNewsArticle",
    "explainer": "BackgroundNewsArticle",
    "review": "ReviewNewsArticle",
}


def web_page(one: StoryBlock) -> dict[str, object]:
    """Return the page of a story with the addresses that its block links to."""
    return {"@context": _CONTEXT, **_page(one)}


def web_pages(blocks: Iterable[StoryBlock], site: Site) -> Iterator[str]:
    """Yield the pages of all stories as one graph."""
    yield f'{{"@context":"{_CONTEXT}","@graph":'
    yield from json_array(map(_page, blocks))
    yield "}\n"


def _translation(story: Story) -> dict[str, object]:
    return {"@type": _BY_KIND.get(story.kind, _ARTICLE), "url": story.url, "inLanguage": tag_of(story)}


def _page(one: StoryBlock) -> dict[str, object]:
    story = one.story
    article = {
        "@type": _BY_KIND.get(story.kind, _ARTICLE),
        "@id": f"{uri(story)}#article",
        "headline": story.headline,
        "url": story.url,
        "datePublished": format_time(story.published),
        "dateModified": story.updated and format_time(story.updated),
        "inLanguage": tag_of(story),
        "articleSection": story.section,
        "workTranslation": [_translation(other) for other in one.translations],
    }
    return {
        "@type": "WebPage",
        "@id": uri(story),
        **({"url": story.url} if story.url else {}),
        "relatedLink": [slot.story.url for slot in one.linked],
        "mainEntity": {name: value for name, value in article.items() if value},
    }
