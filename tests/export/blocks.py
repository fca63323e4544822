"""A story with a block for the formats' tests, and the readers that the formats are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

from recommender.engine.block import Block, Provenance, Slot
from recommender.engine.page_style import PageStyle
from recommender.export.story_block import StoryBlock
from recommender.ingest.base import Origin
from recommender.story.story import Image, Story

PROVENANCE = Provenance(
    model="m", weights="53aa5117", generation=3, ranker="1", settings="ab12",
    time=datetime(2026, 1, 1, 12, 30, tzinfo=UTC),
)  # fmt: skip
SOURCE = Story(
    id="17",
    url="https://news.example/2022/ferry-sinks/",
    headline="Ferry sinks",
    deck="Sixty were on board",
    body="Never in a block.",
    published=datetime(2022, 10, 13, 11, 47, tzinfo=UTC),
    language="en",
)
TARGET = replace(
    SOURCE,
    id="18",
    url="https://news.example/2022/rescue/?x=1&y=2",
    headline="Rescue ends < 3 days & more",
    image=Image(url="https://news.example/i.jpg", caption="The pier", extra={"width": 600, "height": 400}),
    sensitive=True,
    extra={"desk_note": "internal"},
)
UNLINKED = replace(SOURCE, id="19", url=None, headline="No address")
ARABIC = replace(
    SOURCE,
    id="20",
    url="https://news.example/ar/20",
    headline="غرق العبارة",
    deck="ستون راكبا",
    language="ar",
)


def a_block(
    *targets: Story,
    source: Story = SOURCE,
    look: PageStyle | None = None,
    origins: Mapping[str, Origin] | None = None,
    timeline: Sequence[Story] = (),
    translations: Sequence[Story] = (),
) -> StoryBlock:
    """Return the block of a story that links to `targets`."""
    slots = tuple(
        Slot(position=place, story=story, score=0.5, reasons=("both name Bhola",), timeline=tuple(timeline))
        for place, story in enumerate(targets, 1)
    )
    block = Block(
        id=source.id,
        headline=source.headline,
        slots=slots,
        provenance=PROVENANCE,
        translations=tuple(translations),
        look=look or PageStyle(),
    )
    return StoryBlock(story=source, block=block, origins=origins or {})


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())

    def links(self) -> list[str | None]:
        """Return where its links lead."""
        return [attributes["href"] for tag, attributes in self.found if tag == "a"]
