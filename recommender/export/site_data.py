"""Blocks as data for templates: of Hugo, Jekyll and Eleventy, of AMP's ``amp-list``, of themes.

What is in it is for readers: no score, no reason. All texts are plain, and are escaped where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from recommender.engine.block import Slot
from recommender.engine.dates import day
from recommender.engine.excerpt import shortened
from recommender.engine.page_style import PageStyle
from recommender.engine.render import has_page, on_page
from recommender.engine.templates import alt, size
from recommender.export.json_text import json_object
from recommender.export.site import Site
from recommender.export.story_block import StoryBlock
from recommender.story.language_tags import tag_of
from recommender.story.story import Image, Story
from recommender.story.text_safety import is_web_url
from recommender.story.timestamps import format_time
from recommender.story.writing_direction import direction

ANYWHERE = Site()


def site_data(one: StoryBlock, site: Site = ANYWHERE) -> dict[str, object]:
    """Return a block for a template: what stands above it, its stories, and its translations."""
    told = [entry(each, one.look, site) for each in one.translations]
    data: dict[str, object] = {
        "heading": one.look.heading,
        "language": one.look.language,
        "dir": direction(one.look.heading),
        "stories": [
            _slot_entry(slot, one.look, site)
            | ({"role": slot.role} if slot.role else {})
            | ({"timeline": [entry(each, one.look, site) for each in slot.timeline]} if slot.timeline else {})
            for slot in on_page(one.block)
        ],
    }
    return data | ({"translations": told} if told else {})


def entry(story: Story, look: PageStyle, site: Site = ANYWHERE) -> dict[str, object]:
    """Return what a template needs to link to a story; what is not known is left out."""
    values = {
        "id": story.id,
        "title": story.headline,
        "url": story.url if has_page(story) else None,
        "path": site.key(story),
        "date": format_time(story.published),
        "day": day(story.published, look.language, look.timezone),
        "description": shortened(story.deck, look.deck_length),
        "section": story.section,
        "language": tag_of(story),
        "dir": direction(story.headline),
        "image": story.image and _image(story.image, look),
    }
    return {name: value for name, value in values.items() if value}


def _slot_entry(slot: Slot, look: PageStyle, site: Site) -> dict[str, object]:
    return entry(slot.story, look, site) | ({"age_label": slot.age_label} if slot.age_label else {})


def _image(image: Image, look: PageStyle) -> dict[str, object]:
    values = {
        "url": image.url if image.url and is_web_url(image.url) else None,
        "alt": alt(image),
        "caption": shortened(image.caption or "", look.deck_length),
        **dict(size(image)),
    }
    return {name: value for name, value in values.items() if value}


def amp_list(one: StoryBlock) -> dict[str, object]:
    """Return what an ``amp-list`` element fetches: without `items`, it would show nothing and say so."""
    return {"items": [_slot_entry(slot, one.look, ANYWHERE) for slot in one.linked]}


def by_path(blocks: Iterable[StoryBlock], site: Site) -> Iterator[str]:
    """Yield the data of all stories as one JSON object, by the path of each story's page.

    Of several stories with one path the first stands: blocks come newest first.
    """
    return json_object(_pairs(blocks, site))


def _pairs(blocks: Iterable[StoryBlock], site: Site) -> Iterator[tuple[str, object]]:
    seen: set[str] = set()
    for one in blocks:
        key = site.key(one.story)
        if key not in seen:
            seen.add(key)
            yield key, site_data(one, site)
