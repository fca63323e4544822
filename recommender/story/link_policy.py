"""The link policy: may story A link to story B now, and if not, why? Knows no SQL, ranking and clock."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from enum import StrEnum

from recommender.errors import TEXT_FAILURES, failure
from recommender.story.addresses import EVERYWHERE, AddressRules, is_url, normal_url, reference
from recommender.story.languages import language_of, may_meet
from recommender.story.story import ALWAYS_UNTIL, NEVER, Status, Story, visible_window
from recommender.story.timestamps import format_time

_Told = tuple[frozenset[str], str, frozenset[str]]
_OVER = frozenset({Status.RETRACTED, Status.EXPIRED})


class Reason(StrEnum):
    """Why a link may not be shown."""

    SOURCE_HIDDEN = "source_hidden"
    SOURCE_SENSITIVE = "source_sensitive"
    SOURCE_UNLINKED = "source_unlinked"
    ITSELF = "itself"
    NOT_YET_PUBLIC = "not_yet_public"
    GONE = "gone"
    TARGET_SENSITIVE = "target_sensitive"
    TARGET_UNLINKED = "target_unlinked"
    SAME_PAGE = "same_page"
    EXCLUDED = "excluded"
    LANGUAGE = "language"
    IN_TEXT = "in_text"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A link that may not be shown: the reason as a code, and in words for an editor."""

    reason: Reason
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The few facts about a story that the link policy reads.

    Attributes
    ----------
    id : str
        The story's.
    visible_from, visible_until : int
        Readers may see it while ``visible_from <= now < visible_until`` (epoch seconds).
    over_from : int
        When it is over for good, epoch seconds: 0 for a retracted story, never for a draft.
    addresses : set of str
        Its address and its canonical address, in normal form.
    language : str
        Its key (`recommender.story.languages`); empty when unknown.
    named_in_text : set of str
        What its text links to: ids and addresses in normal form.
    excluded : set of str
        Ids that an editor keeps out of its block.
    sensitive, never_link_from, never_link_to : bool
        As the newsroom marked it.
    successor : str or None
        The story that takes its place, when it is retracted.
    set_aside : str
        Why no reader is shown it although it is held: something fails on it, so nothing is read off its text.
    """

    id: str
    visible_from: int
    visible_until: int
    over_from: int = ALWAYS_UNTIL
    addresses: Set[str] = frozenset()
    language: str = ""
    named_in_text: Set[str] = frozenset()
    excluded: Set[str] = frozenset()
    sensitive: bool = False
    never_link_from: bool = False
    never_link_to: bool = False
    successor: str | None = None
    set_aside: str = ""

    @classmethod
    def of(
        cls,
        story: Story,
        excluded: Set[str] = frozenset(),
        set_aside: str = "",
        addresses: AddressRules = EVERYWHERE,
    ) -> Standing:
        """Read the facts off a story.

        Parameters
        ----------
        story : Story
        excluded : set of str
            The ids that editors keep out of its block.
        set_aside : str
            Why it is set aside, if it is. So is one whose addresses cannot be read.
        addresses : AddressRules
            By which its addresses and those that it links to have their keys.
        """
        window = visible_window(story)
        over_from = 0 if story.status in _OVER else ALWAYS_UNTIL if window == NEVER else window[1]
        told: _Told = frozenset(), "", frozenset()
        if not set_aside:
            try:
                told = _told(story, addresses)
            except TEXT_FAILURES as error:
                set_aside = failure("its addresses cannot be read", error)
        return cls(
            id=story.id,
            visible_from=window[0],
            visible_until=window[1],
            over_from=over_from,
            addresses=told[0],
            language=told[1],
            named_in_text=told[2],
            excluded=excluded,
            sensitive=story.sensitive,
            never_link_from=story.never_link_from,
            never_link_to=story.never_link_to,
            successor=story.successor if story.status is Status.RETRACTED else None,
            set_aside=set_aside,
        )

    def apart(self, rules: Rules) -> Set[str]:
        """Return ids and addresses that this story's block may not show, whatever stands there."""
        named = frozenset() if rules.link_twice else self.named_in_text
        return {self.id, *self.addresses, *self.excluded, *named}

    def public(self, now: int) -> bool:
        """Return whether readers may see it at `now` (epoch seconds)."""
        return self.visible_from <= now < self.visible_until

    def gone(self, now: int) -> bool:
        """Return whether it was taken back or has expired by `now` (epoch seconds)."""
        return now >= self.over_from

    def has_block(self, now: int, rules: Rules) -> bool:
        """Return whether anyone may be shown its block: readers, or the newsroom in a preview."""
        return self.public(now) or (rules.preview and not self.gone(now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a publisher lets stand between two stories.

    Attributes
    ----------
    any_language : bool
        Stories in different languages may link to each other.
    link_twice : bool
        A block may repeat a link that stands in the story's text.
    preview : bool
        The answer is for the newsroom: a source that is not public yet has a block.
    """

    any_language: bool = False
    link_twice: bool = False
    preview: bool = False

    @property
    def of_translations(self) -> Rules:
        """What holds for naming a translation beside a block.

        What may stand in slots is no matter: it is of another language, and the text may link to it.
        """
        return replace(self, any_language=True, link_twice=True)


def _told(story: Story, rules: AddressRules) -> _Told:
    """Return what is read off a story's texts: its addresses, its language, and what it links to."""
    own = story.url or (story.id if is_url(story.id) else None)
    return (
        frozenset(normal_url(url, rules=rules) for url in (own, story.canonical_url) if url),
        language_of(story).key,
        frozenset(reference(link.target, story.url, rules) for link in story.links),
    )


def may_link(source: Standing | None, target: Standing, now: int, rules: Rules) -> Refusal | None:
    """Return why `source` may not link to `target` at `now`, or None when it may.

    Parameters
    ----------
    source : Standing or None
        None for a free text, which readers never see as a page: only the target counts.
    target : Standing
        The story that the link leads to.
    now : int
        Epoch seconds.
    rules : Rules
        The publisher's.
    """
    refusal = _refused_target(target, now)
    if refusal or source is None:
        return refusal
    return _refused_source(source, now, rules) or _refused_pair(source, target, rules)


def state(story: Story, now: int) -> str:
    """Return in words how a story stands at `now` (epoch seconds), whatever its status alone would say."""
    begins, until = visible_window(story)
    if story.status is Status.DRAFT:
        return story.status.value
    if not begins <= now < until:
        return hidden_because(story, now)
    return Status.PUBLISHED.value if story.status is Status.EMBARGOED else story.status.value


def hidden_because(story: Story, now: int) -> str:
    """Return in words why readers may not see a story at `now` (epoch seconds)."""
    if story.status is Status.DRAFT:
        return "a draft"
    if story.status in _OVER:
        return story.status.value
    if story.expires is not None and story.expires.timestamp() <= now:
        return f"expired since {format_time(story.expires)}"
    if story.embargo_until is None and story.status is Status.EMBARGOED:
        return "embargoed"
    begins = max(story.published, story.embargo_until or story.published)
    return f"{'embargoed' if story.embargo_until else 'not public'} until {format_time(begins)}"


def _refused_target(target: Standing, now: int) -> Refusal | None:
    if target.gone(now):
        return Refusal(Reason.GONE, "it is retracted or expired")
    if not target.public(now):
        return Refusal(Reason.NOT_YET_PUBLIC, "it is not public yet")
    if target.set_aside:
        return Refusal(Reason.SET_ASIDE, f"it is set aside: {target.set_aside}")
    if target.sensitive:
        return Refusal(Reason.TARGET_SENSITIVE, "it is legally sensitive")
    if target.never_link_to:
        return Refusal(Reason.TARGET_UNLINKED, "it is marked never to be linked to")
    return None


def _refused_source(source: Standing, now: int, rules: Rules) -> Refusal | None:
    if not source.has_block(now, rules):
        return Refusal(Reason.SOURCE_HIDDEN, "readers may not see the story itself")
    if source.sensitive:
        return Refusal(Reason.SOURCE_SENSITIVE, "the story itself is legally sensitive")
    if source.never_link_from:
        return Refusal(Reason.SOURCE_UNLINKED, "the story itself is marked never to link")
    return None


def _refused_pair(source: Standing, target: Standing, rules: Rules) -> Refusal | None:
    if source.id == target.id:
        return Refusal(Reason.ITSELF, "it is the story itself")
    if target.id in source.excluded:
        return Refusal(Reason.EXCLUDED, "an editor excluded it here")
    if not source.addresses.isdisjoint(target.addresses):
        return Refusal(Reason.SAME_PAGE, "both stories have one address")
    if not rules.any_language and not may_meet(source.language, target.language):
        return Refusal(Reason.LANGUAGE, f"it is in another language ({target.language})")
    if not rules.link_twice and _names(source, target):
        return Refusal(Reason.IN_TEXT, "the story's text links to it already")
    return None


def _names(source: Standing, target: Standing) -> bool:
    """Return whether the text of `source` links to `target`."""
    named = source.named_in_text
    return target.id in named or not named.isdisjoint(target.addresses)
