"""An answer: ordered slots with score, role and reasons, and their provenance. Knows no SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any

from recommender.engine import render
from recommender.engine.page_style import PageStyle
from recommender.errors import ExtraMissingError
from recommender.ranking.passages import Passage
from recommender.story.story import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What made a block: enough to tell later why it held what it held.

    Parameters
    ----------
    model, weights : str
        The embedding model's name and the SHA-256 of its weights.
    generation : int
        The generation of the index that was searched.
    ranker : str
        The ranker's version.
    settings : str
        The hash of the settings.
    time : datetime
        When the block was made, aware.
    """

    model: str
    weights: str
    generation: int
    ranker: str
    settings: str
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """Another title of a group, whose story stands in a slot.

    Parameters
    ----------
    publisher : str
        Its name in the service.
    id : str
        The id of the story there.
    name : str
        What readers call it.
    address : str
        Of its home page; may be empty.
    named : bool
        Whether pages show whose the story is.
    """

    publisher: str
    id: str
    name: str
    address: str = ""
    named: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One related story in its place.

    Parameters
    ----------
    position : int
        From 1.
    story : Story
        What the slot links to.
    score : float
        The ranker's; higher is closer. Comparable within one block only, unless calibrated.
    role : str
        What the link is to the reader, such as ``latest`` or ``background``; empty when not known.
    reasons : tuple of str
        Why it is here, in words for an editor, the strongest first.
    timeline : tuple of Story
        Other stories of the same event, folded into this slot.
    pinned : bool
        An editor put it here.
    fallback : bool
        It fills an otherwise short block and claims no close relation.
    passage : Passage or None
        What in the story bears on the text that was asked about; None in a story's own block.
    language : str
        The tag of the story's language where that is another one than the block's; else empty.
    age_label : str
        What tells readers that the story is old, such as ``From 2019``; empty where it is not.
    team : str
        While readers' clicks compare two settings: which of them put it here, ``now`` or ``tried``.
    title : Title or None
        Whose story it is, where that is another title of the group.
    """

    position: int
    story: Story
    score: float
    role: str = ""
    reasons: tuple[str, ...] = ()
    timeline: tuple[Story, ...] = ()
    pinned: bool = False
    fallback: bool = False
    passage: Passage | None = None
    language: str = ""
    age_label: str = ""
    team: str = ""
    title: Title | None = None


_COLUMNS: Mapping[str, Callable[[Slot], object]] = {
    "position": lambda slot: slot.position,
    "id": lambda slot: slot.story.id,
    "headline": lambda slot: slot.story.headline,
    "url": lambda slot: slot.story.url,
    "published": lambda slot: slot.story.published,
    "score": lambda slot: slot.score,
    "role": lambda slot: slot.role,
    "reasons": lambda slot: slot.reasons,
    "pinned": lambda slot: slot.pinned,
    "fallback": lambda slot: slot.fallback,
}


@dataclass(frozen=True, slots=True, weakref_slot=True, kw_only=True)
class Block:
    """The related stories of one story, or of a free text: then `id` is None and `headline` is its start.

    `comparison` is the number of the comparison by readers' clicks that it takes part in, 0 for none.
    `translations` tell in other languages what the story tells, newest first; no slot has them. `look` says
    how it is shown; two blocks are the same whatever that is.
    """

    id: str | None
    headline: str
    slots: tuple[Slot, ...]
    provenance: Provenance
    translations: tuple[Story, ...] = ()
    comparison: int = 0
    look: PageStyle = field(default_factory=PageStyle, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.slots)

    def __iter__(self) -> Iterator[Slot]:
        return iter(self.slots)

    def __bool__(self) -> bool:
        return True  # an empty block is a block

    def __contains__(self, story: object) -> bool:
        """Return whether a slot links to a story, given as such or by its id."""
        id = story.id if isinstance(story, Story) else story
        return any(slot.story.id == id for slot in self.slots)

    def _repr_html_(self) -> str:
        """Return the block as a notebook shows it."""
        return self.to_html(styled=True)

    def to_columns(self) -> dict[str, list[object]]:
        """Return the slots as columns by name, as any table of data is made of."""
        return {name: [read(slot) for slot in self.slots] for name, read in _COLUMNS.items()}

    def to_frame(self) -> Any:  # noqa: ANN401 (pandas is no dependency, not even of the types)
        """Return the slots as a data frame, a row each.

        Raises
        ------
        ExtraMissingError
            When pandas, which nothing else here needs, is not installed; `to_columns` needs nothing.
        """
        try:
            frame = import_module("pandas").DataFrame
        except ImportError as error:
            raise ExtraMissingError(
                "a data frame needs pandas: pip install pandas; Block.to_columns() does without"
            ) from error
        return frame(self.to_columns())

    def to_html(self, *, styled: bool = False, stylesheet_url: str = "", beacon_url: str = "") -> str:
        """Return the block as an HTML fragment for a story's page, empty when it has no slots.

        With `styled` its style comes with it, in a ``style`` element; `stylesheet_url` is an address of it,
        which a ``link`` element then names; `beacon_url` that of the script which counts what readers see.
        """
        return render.to_html(self, styled=styled, stylesheet_url=stylesheet_url, beacon_url=beacon_url)

    def to_dict(self) -> dict[str, object]:
        """Return the block as JSON objects, with scores, reasons and provenance."""
        return render.to_dict(self)

    def to_json(self) -> str:
        """Return `to_dict` as JSON text."""
        return render.to_json(self)

    def to_text(self, *, width: int = render.TEXT_WIDTH) -> str:
        """Return the block for a terminal, wrapped at `width` columns."""
        return render.to_text(self, width=width)
