"""What JSON a story's fields are, as types of msgspec, of which it makes JSON schemas. Reads nothing.

A schema takes whatever the reader takes, and refuses as much of the rest as a schema can say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct, defstruct

from recommender.story.limits import DEFAULT_LIMITS, Limits
from recommender.story.schema import LANGUAGE_TAG, SLUG, STORY, FieldType, ObjectType, StoryField

# Classes of characters, spelt out, since dialects of patterns differ in what is white space.
_NOT_IN_A_LINE = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202d\u202e"
_SPACE = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_OUTSIDE, _INSIDE = f"[^{_NOT_IN_A_LINE}{_SPACE}]", f"[^{_NOT_IN_A_LINE}]"


_BLANK = r"\s*"
_PATTERNS: Mapping[FieldType, str] = {
    FieldType.IDENTITY: f"{_OUTSIDE}(?:{_INSIDE}*{_OUTSIDE})?",
    FieldType.LANGUAGE: LANGUAGE_TAG,
    FieldType.SLUG: SLUG,
    FieldType.URL: r"[Hh][Tt][Tt][Pp][Ss]?://.+",
}


def type_of(table: ObjectType, limits: Limits) -> type[Struct]:
    """Return the type of an object that holds so much at most."""
    fields = [
        (each.name, _type(each, limits)) if each.needed else (each.name, _type(each, limits) | None, None)
        for each in table.fields
    ]
    return defstruct(table.name, fields, namespace={"__doc__": table.meaning}, module=__name__, kw_only=True)


def _type(each: StoryField, limits: Limits) -> Any:  # noqa: ANN401 (types have no common one)
    if each.type is FieldType.RECORD and each.of:
        return type_of(each.of, limits)
    if each.type is FieldType.FLAG:
        return Annotated[bool, Meta(description=each.meaning)]
    kind: Any = Annotated[str, Meta(**_form(each))]
    if each.type is FieldType.RECORDS and each.of:
        kind = list[type_of(each.of, limits)]  # type: ignore[misc]
    elif each.type is FieldType.LINES:
        kind = list[Annotated[str, Meta(max_length=limits.name)] | None]
    elif each.type is FieldType.REFERENCES:
        kind = list[Annotated[str, Meta(max_length=limits.url)] | None]
    most, words = getattr(limits, each.limit), f"{each.meaning} {each.type}."
    held: Any = Annotated[kind, Meta(max_length=most, description=words)]
    if each.type is FieldType.REFERENCES:  # by their languages; an object of anything else is a further field
        held |= Annotated[dict[str, Any], Meta(description=words)]
    return held


def _form(each: StoryField) -> dict[str, Any]:
    """Return what is said of a text beside its length. One that may be absent may be blank."""
    form: dict[str, Any] = {"min_length": 1} if each.needed else {}
    if pattern := _PATTERNS.get(each.type):
        form["pattern"] = f"^{pattern}$" if each.needed else f"^(?:{_BLANK}|{pattern})$"
    if each.examples:
        form["examples"] = list(each.examples)
    if each.type is FieldType.MOMENT and each.needed:
        form["extra_json_schema"] = {"format": "date-time"}
    if each.type is FieldType.CHOICE:
        form["extra_json_schema"] = {"anyOf": [{"enum": list(each.words)}, {"pattern": f"^{_BLANK}$"}]}
    return form


StoryIn = type_of(STORY, DEFAULT_LIMITS)
