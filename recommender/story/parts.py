"""The objects in a story: its picture and its links. Knows not how they are read, nor what they are for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from recommender.story.text_safety import encoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A story's picture. Either part may be unknown."""

    url: str | None = None
    caption: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)

    def to_json(self, text: Callable[[str], str] = encoded) -> dict[str, object]:
        """Return the image as JSON objects; `extra` beside what we know. For `text` see `Story.to_json`."""
        return {**self.extra, **without_none(url=self.url, caption=self.caption and text(self.caption))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that stands in a story's text: `target` is the id or the URL of the other story.

    A `curated` one stood in a block of related stories, where an editor had set it; a `listed` one in a long
    block.
    """

    target: str
    anchor: str | None = None
    curated: bool = False
    listed: bool = False
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)

    def to_json(self) -> dict[str, object]:
        """Return the link as JSON objects; `extra` beside what we know."""
        return {
            **self.extra,
            **without_none(
                target=self.target,
                anchor=self.anchor and encoded(self.anchor),
                curated=self.curated or None,
                listed=self.listed or None,
            ),
        }


def without_none(**values: object) -> dict[str, object]:
    """Return what is there."""
    return {name: value for name, value in values.items() if value is not None}
