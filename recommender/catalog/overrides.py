"""What a call of its own set of a story's standing, and what is sent afterwards does not undo. Knows no SQL.

A story has two parts. Its content is what was sent last, ordered by its own clock. Its standing (status,
embargo, expiry, successor) comes with the content, until a call (PATCH, an editor's withdrawal) sets a field
of it: from then on that field stays, whatever is sent and whatever its clock says, until another call sets
it. A version that is sent may only hide the story further: one withdrawal too many is better than a lost one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from recommender.story.story import STANDING, Status, Story

_BY_STRICTNESS = (
    *(Status.PUBLISHED, Status.CORRECTED, Status.EMBARGOED),
    *(Status.DRAFT, Status.EXPIRED, Status.RETRACTED),
)
_BEGINNING, _END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class StandingFields(Struct, frozen=True, omit_defaults=True):
    """Some or all of the fields that say where a story stands."""

    status: Status | UnsetType = UNSET
    embargo_until: datetime | UnsetType | None = UNSET
    expires: datetime | UnsetType | None = UNSET
    successor: str | UnsetType | None = UNSET

    @classmethod
    def of(cls, story: Story, names: Collection[str] = STANDING) -> StandingFields:
        """Return the fields `names` of a story."""
        return cls(**{name: getattr(story, name) for name in names})

    def given(self) -> dict[str, Any]:
        """Return the fields that there are, by name."""
        return {name: value for name in STANDING if (value := getattr(self, name)) is not UNSET}


class Override(Struct, frozen=True):
    """What calls set of one story, beside what was sent.

    Parameters
    ----------
    content_hash : str
        Of the version that was sent last, as it was sent.
    sent : StandingFields
        All four fields of that version.
    fields : StandingFields
        Those that calls have set.
    spoken : tuple of str
        Names of those that a version changed since, so that it counts where it hides the story more.
    """

    content_hash: str
    sent: StandingFields
    fields: StandingFields
    spoken: tuple[str, ...] = ()

    def applied(self, story: Story) -> Story:
        """Return a story that was sent, with what calls have set."""
        fields = self.fields.given()
        for name in self.spoken:
            fields[name] = _stricter(name, fields[name], getattr(story, name))
        made = replace(story, **fields)
        if made.status is Status.EMBARGOED and made.embargo_until is None:
            made = replace(made, embargo_until=story.embargo_until)
        return made

    def after(self, arriving: Story, content_hash: str) -> Override:
        """Return what is set when another version is sent.

        A field that the version leaves as the last one had it says nothing of what was set meanwhile.
        """
        before, now = self.sent.given(), StandingFields.of(arriving)
        changed = {name for name, value in now.given().items() if value != before[name]}
        spoken = tuple(name for name in self.fields.given() if name in self.spoken or name in changed)
        return Override(content_hash, now, self.fields, spoken)

    def setting(self, story: Story, names: Collection[str]) -> Override:
        """Return what is set after a call that makes the story `story` and names some of its fields."""
        named = set(names)
        if "status" in named and story.status is Status.EMBARGOED:  # the one says nothing without the other
            named.add("embargo_until")
        fields = self.fields.given() | StandingFields.of(story, named).given()
        spoken = tuple(name for name in self.spoken if name not in named)
        return Override(self.content_hash, self.sent, StandingFields(**fields), spoken)


def _stricter(name: str, one: Any, other: Any) -> Any:  # noqa: ANN401 (of the field's type)
    """Return which of two values of a field hides a story more; of two successors the newer."""
    if name == "status":
        return max(one, other, key=_BY_STRICTNESS.index)
    if name == "embargo_until":
        return max(one, other, key=lambda time: time or _BEGINNING)
    if name == "expires":
        return min(one, other, key=lambda time: time or _END)
    return other or one


def encoded(value: StandingFields) -> str:
    """Return fields as JSON text."""
    return msgspec.json.encode(value).decode()


def decoded(text: str) -> StandingFields:
    """Return the fields that `encoded` was given."""
    return msgspec.json.decode(text, type=StandingFields)
