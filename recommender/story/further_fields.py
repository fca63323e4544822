"""What the fields of a story that are not its own mean for it: other systems' words for what hides it.

Knows the fields of a story by their names, and not where they came from.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from recommender.errors import StoryError
from recommender.story.hiding import Effect, Sign, hides, names_of, signs, without
from recommender.story.schema import STORY, FieldType, Status
from recommender.story.timestamps import TimeFormatError, format_time, parse_time

_HIDDEN = frozenset({Status.DRAFT, Status.RETRACTED, Status.EXPIRED})
_FLAGS = {each.name.replace("_", ""): each.name for each in STORY.fields if each.type is FieldType.FLAG}


def obey(fields: dict[str, Any], zone: tzinfo | None, notes: list[str]) -> None:
    """Hide a story as its further fields say. Those that have become a status or a time are left out.

    So what is decided of the story later counts: nothing is left that would hide it anew.

    Parameters
    ----------
    fields : dict
        As they were read; ``extra`` holds those that are not known. Is changed.
    zone : tzinfo or None
        Of times that name none.
    notes : list of str
        What hides the story is added to it.

    Raises
    ------
    StoryError
        Where a field may hide the story, and what it says is not understood.
    """
    extra = fields["extra"]
    if not extra:
        return
    for name, value in extra.items():
        own = next((_FLAGS[each] for each in names_of(name) if each in _FLAGS), None)
        if own is not None and hides(value):
            raise StoryError(fields["id"], name, value, f"is not spelt {own}", f"send it as {own}")
    taken = [sign for sign in signs(extra) if _is_taken(sign, fields, zone, notes)]
    fields["extra"] = without(extra, taken)


def _is_taken(sign: Sign, fields: dict[str, Any], zone: tzinfo | None, notes: list[str]) -> bool:
    """Do as a field says, and return whether it has changed the story."""
    if sign.effect is Effect.UNCLEAR:
        problem = "may hide the story, and is not understood"
        way_out = "leave it out, or send status: published or draft"
        raise StoryError(fields["id"], sign.name, sign.value, problem, way_out)
    if sign.effect is Effect.UNLISTS:
        fields["never_link_to"] = True
        notes.append(f"no block leads to it: {sign.because}")
        return True
    if sign.effect is Effect.HIDES:
        if fields.get("status") not in _HIDDEN:
            fields["status"] = sign.status
            notes.append(f"hidden: {sign.because}")
        return True
    try:
        time = parse_time(sign.text, zone)
    except TimeFormatError as error:
        if sign.effect is Effect.DATES:
            return False
        raise StoryError(fields["id"], sign.name, sign.value, error.problem, error.way_out) from error
    return (
        _closed(sign, time, fields, notes)
        if sign.effect is Effect.CLOSES
        else _opened(sign, time, fields, notes)
    )


def _opened(sign: Sign, time: datetime, fields: dict[str, Any], notes: list[str]) -> bool:
    begins = fields.get("embargo_until") or fields["published"]
    needed = fields.get("status") is Status.EMBARGOED and "embargo_until" not in fields
    if time <= begins and not needed:
        return False
    fields["embargo_until"] = time
    notes.append(f"not public before {format_time(time)}: {sign.because}")
    return True


def _closed(sign: Sign, time: datetime, fields: dict[str, Any], notes: list[str]) -> bool:
    if "expires" in fields and fields["expires"] <= time:
        return False
    fields["expires"] = time
    notes.append(f"not public from {format_time(time)} on: {sign.because}")
    return True
