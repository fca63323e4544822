"""What every format writes out: a story, its block, and where its stories came from. Knows no format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from recommender.engine.block import Block, Slot
from recommender.engine.page_style import PageStyle
from recommender.engine.render import has_page
from recommender.ingest.base import Origin
from recommender.story.language_tags import tag_of
from recommender.story.story import Story

_UNKNOWN = Origin(kind="")
_NAMED = "urn:story:"  # of a story that has no address; "story" is no registered namespace, and needs none


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryBlock:
    """The block of a story, as a format writes it out.

    Parameters
    ----------
    story : Story
        Whose it is.
    block : Block
        What the link policy allows at this moment.
    origins : mapping of str to Origin
        Where the stories came from, by id, as far as that is known.
    """

    story: Story
    block: Block
    origins: Mapping[str, Origin] = field(default_factory=dict)

    @property
    def look(self) -> PageStyle:
        """How blocks are shown."""
        return self.block.look

    @property
    def linked(self) -> tuple[Slot, ...]:
        """The slots whose story has an address: a link of a feed leads somewhere, or is none."""
        return tuple(slot for slot in self.block.slots if has_page(slot.story))

    @property
    def translations(self) -> tuple[Story, ...]:
        """What tells the same in other languages and has an address: of each language the newest."""
        found = {tag_of(story): story for story in reversed(self.block.translations) if has_page(story)}
        return tuple(story for tag, story in found.items() if tag not in ("", tag_of(self.story)))

    @property
    def latest(self) -> Story:
        """Of the story and those of its block the one that changed last: so does what is written out."""
        stories = (self.story, *(slot.story for slot in self.block.slots))
        return max(stories, key=lambda story: story.updated or story.published)

    def origin(self, story: Story) -> Origin:
        """Return where a story came from; of unknown origin, one of no kind."""
        return self.origins.get(story.id, _UNKNOWN)


def uri(story: Story) -> str:
    """Return what names a story everywhere: its address, else a name made of its id."""
    return story.url if story.url and has_page(story) else _NAMED + quote(story.id, safe="")
