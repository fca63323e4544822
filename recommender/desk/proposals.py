"""What is proposed for a draft, and what an editor is told of it: in the sidebar, on the page of drafts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recommender.desk.desk import Desk
from recommender.desk.explaining import Explained, age, explained, likelihood, odds
from recommender.desk.wording import PLAIN, Words
from recommender.suggestions.answer import Suggestion


@dataclass(frozen=True, slots=True)
class ExplainedLink:
    """A link to set, how likely a writer would set it in words, and how old its story is beside the draft."""

    link: Suggestion
    likelihood: str
    odds: str
    age: str


@dataclass(frozen=True, slots=True)
class Proposals:
    """The links to set in a draft's text, and the rows of the block that would stand on its page."""

    links: tuple[ExplainedLink, ...]
    rows: tuple[Explained, ...]


async def propose(desk: Desk, fields: Mapping[str, Any], words: Words = PLAIN) -> Proposals:
    """Return what is proposed for a draft, by the fields of a story; see `Newsroom.propose`."""
    return await desk.service.work.read_behind(_propose, desk, fields, words)


def _propose(desk: Desk, fields: Mapping[str, Any], words: Words) -> Proposals:
    found = desk.newsroom.propose(fields)
    links = (
        ExplainedLink(
            link,
            likelihood(link.probability),
            odds(link.probability, words),
            age(link.story, found.story, words),
        )
        for link in found.links
    )
    style = desk.newsroom.engine.page_style
    rows = explained(found.block.slots, {}, found.story, 0.0, style, words=words)
    return Proposals(tuple(links), tuple(rows))
