"""What a host and its homes tell each other about stories that are to stand in a block: see `guests`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recommender.analysis.encoded import Encoded
from recommender.engine.block import Slot
from recommender.engine.page_style import PageStyle
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.layout import CachedStory
from recommender.ranking.reader_text import ReaderText
from recommender.story.addresses import AddressRules
from recommender.story.link_policy import Rules, Standing
from recommender.story.story import ALWAYS_UNTIL

RESERVE = 3  # stories beyond those that are shown: they move up at once when one is withdrawn

AsOf = tuple[object, ...]
NameOf = Callable[[str], str]


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A story as homes are told of it.

    Attributes
    ----------
    told : ReaderText
        What it says, of which reasons are made.
    standing : Standing
        With what editors exclude.
    text : Encoded
        The story as arrays.
    held : tuple of Encoded
        What stands in its block already.
    encoder : str
        What made the vectors.
    rules : Rules
        The host's.
    least : float
        Probability below which a story gets no slot.
    past_only : bool
        Only stories that were published no later.
    look : PageStyle
        In whose words reasons are.
    addresses : AddressRules
        By which the host compares addresses.
    """

    told: ReaderText
    standing: Standing
    text: Encoded
    held: tuple[Encoded, ...]
    encoder: str
    rules: Rules
    least: float
    past_only: bool
    look: PageStyle
    addresses: AddressRules


@dataclass(frozen=True, slots=True, eq=False)
class Guest:
    """A story that a home proposes for a block, and what was said of it.

    Attributes
    ----------
    num : int
        Its num at home.
    id : str
        Its id at home.
    words : bytes
        A hash of what it said: of one that says something else by now, nothing that was said is true.
    slot : Slot
        Its score, role and reasons; the story in it has nothing but what a link shows.
    """

    num: int
    id: str
    words: bytes
    slot: Slot


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a home proposes, best first, as of when, and until when that holds (epoch seconds)."""

    guests: tuple[Guest, ...]
    as_of: AsOf
    until: int = ALWAYS_UNTIL
    is_comparable: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Host:
    """The host's side of one answer: the story whose block it is, and the moment."""

    known: CachedStory
    standing: Standing
    context: AnswerContext
    is_frozen: bool
    held: frozenset[str]  # the addresses of what stands in the block
    addresses: AddressRules
