"""What should be so, in plain Python: every story as it was acknowledged last, and who may see what.

Knows nothing of the package but the names of fields and states. A history plays operations against the doors
and this side by side, and compares.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

TOKEN = re.compile(r"Zq\d+x")
"""A word that stands in one version of one story and nowhere else: who prints it has read that version."""

HIDDEN = frozenset({"draft", "retracted", "expired"})

DECIDING = frozenset({"exclude", "include", "pin"})
"""Acts of which the last decides whether a story is kept out of a block."""

HIDING = ("published", "corrected", "embargoed", "draft", "expired", "retracted")
"""Statuses, from the one that hides a story least."""

STRICTER: dict[str, Callable[[Any, Any], Any]] = {
    "status": lambda one, other: max(one, other, key=HIDING.index),
    "embargo_until": lambda one, other: max(filter(None, (one, other)), default=None),
    "expires": lambda one, other: min(filter(None, (one, other)), default=None),
    "successor": lambda one, other: other or one,
}
"""Of what a call set and what was sent after it: what hides the story more, of two successors the newer."""


def as_text(moment: float) -> str:
    """Return a moment as a CMS writes it, to the microsecond."""
    return datetime.fromtimestamp(moment, UTC).isoformat()


@dataclass
class Version:
    """One version of a story, as it was sent.

    Attributes
    ----------
    made : float
        Epoch seconds by its own clock: `updated`, else when it was published.
    """

    id: str
    token: str
    topic: str
    published: float
    made: float
    updated: float | None = None
    status: str = "published"
    embargo_until: float | None = None
    expires: float | None = None
    successor: str | None = None
    sensitive: bool = False
    never_link_to: bool = False
    language: str = "en"
    links: tuple[str, ...] = ()

    def is_public(self, now: float) -> bool:
        """Return whether readers may see it."""
        if self.status in HIDDEN or (self.status == "embargoed" and self.embargo_until is None):
            return False
        begins = max(self.published, self.embargo_until or 0.0)
        return begins <= now and (self.expires is None or now < self.expires)

    def to_json(self) -> dict[str, object]:
        """Return the story as a CMS sends it."""
        times = {"updated": self.updated, "embargo_until": self.embargo_until, "expires": self.expires}
        words = " ".join(f"{self.id}{letter}" for letter in "abcdefgh")
        return {
            "id": self.id,
            "url": f"https://news.example/{self.id}",
            "headline": f"{self.topic.split()[0].title()} and {self.token} in {self.id.title()}",
            "deck": f"What {self.token} said of the {self.topic.split()[1]}",
            "body": f"{self.token} spoke. {self.token} went on. The {self.topic}.\n\n{words}",
            "published": as_text(self.published),
            "status": self.status,
            "successor": self.successor,
            "sensitive": self.sensitive,
            "never_link_to": self.never_link_to,
            "language": self.language,
            "links": [{"target": target} for target in self.links],
        } | {name: as_text(at) for name, at in times.items() if at is not None}


@dataclass
class Called:
    """What calls have set of where a story stands: it stays, whatever is sent, until another call.

    Attributes
    ----------
    sent : Version
        What was sent last.
    fields : dict of str to object
        What was set, by field.
    spoken : set of str
        Fields of these that a version changed since: they may only hide the story more.
    """

    sent: Version
    fields: dict[str, Any] = field(default_factory=dict)
    spoken: set[str] = field(default_factory=set)

    def calls(self, fields: dict[str, Any]) -> None:
        """Set some fields."""
        self.fields |= fields
        self.spoken -= fields.keys()

    def sends(self, version: Version) -> Version:
        """Return what is held of a version that was sent."""
        before, self.sent = self.sent, version
        self.spoken |= {name for name in self.fields if getattr(version, name) != getattr(before, name)}
        stays = {
            name: STRICTER[name](value, getattr(version, name)) if name in self.spoken else value
            for name, value in self.fields.items()
        }
        made = replace(version, **stays)
        if made.status == "embargoed" and made.embargo_until is None:
            return replace(made, embargo_until=version.embargo_until)
        return made


@dataclass
class Model:
    """The archive as it should be.

    Attributes
    ----------
    held : dict of str to Version
        By id, with the standing that was acknowledged last.
    called : dict of str to Called
        By id, of those stories of which a call has set something.
    deleted : set of str
        Stories that come back only where a call says that it is meant.
    acts : dict of str to dict of int to tuple of str
        What editors did to a block and have not undone, by its story's id and the act's number, in order:
        the act, and the story that it names.
    owner : dict of str to str
        The story that a token stands in, held or not.
    """

    held: dict[str, Version] = field(default_factory=dict)
    called: dict[str, Called] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    acts: dict[str, dict[int, tuple[str, str]]] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Model:
        """Return one in which something may happen that does not."""
        return replace(self, held={**self.held}, called=deepcopy(self.called))

    def sends(self, version: Version) -> None:
        """Let a version be held that was sent."""
        called = self.called.get(version.id)
        self.held[version.id] = called.sends(version) if called else version

    def calls(self, id: str, **fields: object) -> None:
        """Let a call set where a story stands."""
        self.called.setdefault(id, Called(self.held[id])).calls(fields)
        self.held[id] = replace(self.held[id], **fields)  # type: ignore[arg-type]

    def edits(self, source: str, num: int | None, act: str, target: str) -> None:
        """Let an editor act on a block; without a number, the act changed nothing."""
        if num:
            self.acts.setdefault(source, {})[num] = (act, target)

    def is_excluded(self, source: str, target: str) -> bool:
        """Return whether the acts that stand keep a story out of a block."""
        acts = [act for act, named in self.acts.get(source, {}).values() if named == target]
        return next((act == "exclude" for act in reversed(acts) if act in DECIDING), False)

    def is_public(self, id: str, now: float) -> bool:
        """Return whether readers may see a story, in the words of the specification."""
        version = self.held.get(id)
        return version is not None and version.is_public(now)

    def may_stand(self, source: str | None, target: str, now: float, *, by_hand: bool = True) -> str:
        """Return why a story may not stand in a block, or an empty string.

        Without `by_hand`, what editors did is left out.
        """
        if not self.is_public(target, now):
            return "readers may not see it"
        if self.held[target].sensitive or self.held[target].never_link_to:
            return "nothing may link to it"
        if source is None:
            return ""
        if target == source:
            return "it is the story itself"
        if by_hand and self.is_excluded(source, target):
            return "an editor excluded it"
        own = self.held.get(source)
        if own is not None and target in own.links:
            return "the text links to it already"
        if own is not None and own.language != self.held[target].language:
            return "it is in another language"
        return ""

    def wrong_words(self, text: str, now: float, source: str | None, *, by_hand: bool = True) -> set[str]:
        """Return the tokens in an answer that are not of a story, as it is now, that may stand there.

        Parameters
        ----------
        text : str
        now : float
        source : str or None
            The story whose block it is: its own present words may stand there, public or not.
        by_hand : bool
            Whether what editors did counts.
        """
        right = {
            version.token
            for id, version in self.held.items()
            if id == source or not self.may_stand(source, id, now, by_hand=by_hand)
        }
        return {token for token in TOKEN.findall(text) if token not in right}
