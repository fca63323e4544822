"""Links to set in a draft, as an answer: JSON and text. Knows no archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from recommender.engine.render import card, one_line
from recommender.story.story import Story

AROUND = 60
"""Characters of the text that are shown on each side of a phrase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A link to set: a phrase of the draft, and the story that it leads to.

    Attributes
    ----------
    phrase : str
        The words, as they stand in the draft: ``text[start:end]``.
    start, end : int
        Where, in characters of the text that is answered about.
    paragraph : int
        In which of its paragraphs, from 0.
    before, after : str
        What stands around the phrase.
    story : Story
        Where the link leads.
    probability : float
        That a writer would set it, 0 to 1.
    reasons : tuple of str
        Why it belongs there, in plain words.
    """

    phrase: str
    start: int
    end: int
    paragraph: int
    before: str
    after: str
    story: Story
    probability: float
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON objects."""
        return {
            "phrase": self.phrase,
            "start": self.start,
            "end": self.end,
            "paragraph": self.paragraph,
            "before": self.before,
            "after": self.after,
            "story": card(self.story),
            "probability": round(self.probability, 3),
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The links to set in a draft, the likeliest first.

    Attributes
    ----------
    text : str
        The draft's text, in whose characters the places are told: of HTML its paragraphs.
    found : tuple of Suggestion
        At most one a story and one a phrase.
    """

    text: str
    found: tuple[Suggestion, ...]

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Suggestion]:
        return iter(self.found)

    def __getitem__(self, place: int) -> Suggestion:
        return self.found[place]

    def to_dict(self) -> dict[str, object]:
        """Return them as JSON objects."""
        return {"text": self.text, "suggestions": [each.to_dict() for each in self.found]}

    def to_json(self) -> str:
        """Return them as a JSON text."""
        return msgspec.json.encode(self.to_dict()).decode()

    def to_text(self) -> str:
        """Return them for a terminal."""
        if not self.found:
            return "No phrase of this text asks for a link."
        return "\n\n".join(_lines(place, each) for place, each in enumerate(self.found, 1))


def _lines(place: int, one: Suggestion) -> str:
    where = one_line(f"{one.before}[{one.phrase}]{one.after}")
    link = one.story.url or one.story.id
    return "\n".join(
        [
            f"{place:2}. {where}",
            f"    {one_line(one.story.headline)}",
            f"    {one.story.published:%Y-%m-%d} {link}",
            f"    why: {'; '.join(one.reasons)} ({one.probability:.2f})",
        ]
    )
