"""Where a held story stands in its life, as calls of its own set it: amended, withdrawn, restored, merged.

Writes the story; its blocks follow as after a publish.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import Enum
from typing import Any

from recommender.catalog import Outcome
from recommender.newsroom import repeated_calls
from recommender.newsroom.dry_run import DryRun
from recommender.newsroom.editing import Editing
from recommender.newsroom.events import Published, joined
from recommender.newsroom.notes import HELD
from recommender.newsroom.publish import Publisher
from recommender.newsroom.state import NewsroomState
from recommender.story.story import Status, Story


class Keep(Enum):
    """Says that `Newsroom.amend` leaves a field as it is; None empties it."""

    AS_IS = "as is"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStanding:
    """What a story is to have in place of what it has."""

    status: Status | Keep = Keep.AS_IS
    embargo_until: datetime | Keep | None = Keep.AS_IS
    expires: datetime | Keep | None = Keep.AS_IS
    successor: str | Keep | None = Keep.AS_IS

    @property
    def named(self) -> dict[str, Any]:
        """What is given, by field."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value is not Keep.AS_IS}


class StandingChanges:
    """Sets where stories stand."""

    def __init__(self, state: NewsroomState, publisher: Publisher, editing: Editing, dry_run: DryRun) -> None:
        self._state, self._publisher, self._editing, self._dry_run = state, publisher, editing, dry_run

    def amend(self, id: str, amendment: NewStanding, done: str, *, dry_run: bool) -> Published:
        """Give a story what is named; `done` says in one word what that is."""
        if isinstance(amendment.successor, str):
            self._state.context().known(amendment.successor)
        given = amendment.named
        return self._set(id, lambda story: replace(story, **given), list(given), done, dry_run)

    def withdraw(self, id: str, successor: str | Keep | None, *, dry_run: bool) -> Published:
        """Retract a story."""
        amendment = NewStanding(status=Status.RETRACTED, successor=successor)
        return self.amend(id, amendment, "withdrawn", dry_run=dry_run)

    def restore(self, id: str, *, dry_run: bool) -> Published:
        """Bring a story back that was retracted or has expired."""
        now = self._state.context().now

        def change(story: Story) -> Story:
            over = story.expires is not None and story.expires.timestamp() <= now
            expires = None if over else story.expires
            return replace(story, status=Status.PUBLISHED, successor=None, expires=expires)

        return self._set(id, change, ["status", "successor"], "restored", dry_run)

    def merge(self, id: str, into: str, by: str, *, dry_run: bool) -> Published:
        """Let a story become another, which takes its places, its pins and what editors did to its block."""
        done = f"merged into {into}"
        amendment = NewStanding(status=Status.RETRACTED, successor=into)
        published = self.amend(id, amendment, done, dry_run=dry_run)
        if dry_run:
            return published
        moved = self._editing.take_over(id, into, by, f"{id} was {done}")
        return replace(published, changed=joined((*published.changed, *moved)))

    def _set(
        self, id: str, change: Callable[[Story], Story], named: Sequence[str], done: str, dry_run: bool
    ) -> Published:
        def checked(story: Story) -> Story:
            return change(story).checked(limits=self._state.settings.limits)

        before, reason = self._state.context().known(id), f"{id} was {done}"
        if dry_run:
            after = checked(before.story)
            if after == before.story:
                return self._publisher.as_it_is(id, Outcome.UNCHANGED, HELD, "", dry_run=True)
            return self._dry_run.published(after, Outcome.UPDATED, reason)
        since = self._state.blocks.last_purge()
        outcome = self._state.catalog.amend(id, checked, self._state.engine.clock(), named)
        cause = repeated_calls.of_standing(self._state.context().known(id).story)
        if outcome is Outcome.UNCHANGED:
            return self._publisher.as_it_is(id, outcome, HELD, cause)
        return self._publisher.follow(id, outcome, reason, cause, since)
