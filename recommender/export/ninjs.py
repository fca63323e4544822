"""Blocks as ninjs of the IPTC: the story as an item, its block as ``associations``.

Version 3 differs from 2 by the spelling of names, and by saying what an association is (``rel``).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from recommender.engine.render import has_page
from recommender.export.story_block import StoryBlock, uri
from recommender.story.language_tags import tag_of
from recommender.story.story import Story
from recommender.story.text_safety import is_web_url
from recommender.story.timestamps import format_time

_AGENCIES = frozenset({"ninjs", "newsml", "superdesk"})  # whose ids are URIs
_IN_URIS = "%/:?#[]@!$&'()*+,;=~-._"  # RFC 3986
_URI = ("http://", "https://", "urn:", "tag:")


@dataclass(frozen=True, slots=True)
class Ninjs:
    """Writes items of one version of the standard."""

    version: str

    def item(self, one: StoryBlock) -> dict[str, object]:
        """Return a story and the stories of its block."""
        slots = one.block.slots
        names = {"name": "ninjs", "version": self.version}
        schema = f"http://www.iptc.org/std/ninjs/ninjs-schema_{self.version}.json#"
        return {
            **self._values(one, one.story),
            "standard": {**names, "schema": schema},
            "associations": [
                {"name": f"related-{place}", **self._relation, **self._values(one, slot.story)}
                for place, slot in enumerate(slots, 1)
            ],
        }

    @property
    def _relation(self) -> dict[str, str]:
        return {"rel": "related"} if self.version >= "3" else {}

    def _values(self, one: StoryBlock, story: Story) -> dict[str, object]:
        values = {
            "uri": self._uri(one, story),
            "type": "text",
            "representationType": "partial",
            "versionCreated": format_time(story.updated or story.published),
            "firstCreated": format_time(story.published),
            "language": tag_of(story),
            "headlines": [{"contentType": "text/plain", "value": story.headline}],
            "descriptions": [{"contentType": "text/plain", "value": story.deck}] if story.deck else None,
            "renditions": _renditions(story),
            "altIds": [{"role": "story", "value": story.id}],
        }
        return {self._name(name): self._spelt(value) for name, value in values.items() if value}

    def _spelt(self, value: object) -> object:
        if not isinstance(value, list):
            return value
        return [{self._name(name): inner for name, inner in part.items()} for part in value]

    def _name(self, name: str) -> str:
        return name if self.version >= "3" else name.lower()

    def _uri(self, one: StoryBlock, story: Story) -> str:
        """Return what the agency itself calls a story, else its address."""
        origin = one.origin(story)
        is_uri = origin.kind in _AGENCIES and origin.id.startswith(_URI) and " " not in origin.id
        return _ascii(origin.id if is_uri else uri(story))


def _ascii(address: str) -> str:
    """Return an address as a URI, which holds no letters but those of ASCII."""
    return quote(address, safe=_IN_URIS)


def _renditions(story: Story) -> list[dict[str, str]]:
    """Return where a story is read, and its picture."""
    image = story.image.url if story.image and story.image.url and is_web_url(story.image.url) else None
    places = {"web": story.url if has_page(story) else None, "picture": image}
    return [{"name": name, "href": _ascii(href)} for name, href in places.items() if href]
