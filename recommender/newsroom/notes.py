"""Why a version was not taken as it was sent, in words, and the way out. Knows no SQL."""

from __future__ import annotations

from recommender.catalog import Outcome
from recommender.catalog.overrides import StandingFields
from recommender.story.story import STANDING, Story
from recommender.story.timestamps import format_time

UNDELETE = "the story was deleted and stays so; send it with undelete=true if it is to come back"
GONE = "nothing was taken: the story was deleted already"
HELD = "nothing was taken: this content is held already"


def note_of(outcome: Outcome, sent: Story, held: Story) -> str:
    """Return what to tell of a version that was sent, in words; "" where it was taken as it is.

    Parameters
    ----------
    outcome : Outcome
        What became of it.
    sent, held : Story
        As it came, and what is held of it now.
    """
    if outcome is Outcome.UNCHANGED:
        return HELD
    if outcome is Outcome.DELETED:
        return f"nothing was taken: {UNDELETE}"
    differs = _set_apart(sent, held)
    if outcome is Outcome.UPDATED and differs:
        return f"the content was taken; {differs}"
    if outcome is not Outcome.OLDER:
        return ""
    if not is_held(outcome, sent, held):
        late, made = (story.updated or story.published for story in (sent, held))
        return (
            f"nothing was taken: this version is of {format_time(late)} and the one that is held of "
            f"{format_time(made)} (`updated`, else `published`); send a later `updated`"
        )
    return f"{HELD}; {differs}"


def is_held(outcome: Outcome, sent: Story, held: Story) -> bool:
    """Return whether a version was not taken because its content is held already, whatever calls have set."""
    earlier = (sent.updated or sent.published) < (held.updated or held.published)
    return outcome is Outcome.UNCHANGED or (outcome is Outcome.OLDER and not earlier)


def _set_apart(sent: Story, held: Story) -> str:
    """Say which fields of a story stay as a call set them."""
    mine, theirs = StandingFields.of(sent).given(), StandingFields.of(held).given()
    names = [name for name in STANDING if mine[name] != theirs[name]]
    if not names:
        return ""
    stay, they = ("stays", "it") if len(names) == 1 else ("stay", "them")
    return f"{' and '.join(names)} {stay} as a call has set {they}, until a call sets {they} anew"
