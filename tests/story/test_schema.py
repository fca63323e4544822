"""A story's fields are one thing: how they are read, the OpenAPI document, the document for people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given

from recommender.errors import StoryError
from recommender.service.openapi import document
from recommender.service.routes import OPERATIONS
from recommender.story.limits import Limits
from recommender.story.schema import IMAGE, LINK, STORY, FieldType, ObjectType, markdown
from recommender.story.story import Image, Link, Story
from tests.strategies import HOSTILE_OBJECTS, NOW, STORIES

DOCUMENT = (Path(__file__).parents[2] / "docs" / "story.md").read_text("utf-8")
LEAST = {"id": "a", "headline": "Floods in Sylhet", "published": "2022-10-13T17:47:00+06:00"}
JSON_TYPES = {
    "null": None, "boolean": True, "integer": 7, "string": "x", "array": [], "object": {"target": "x"},
}  # fmt: skip
ANOTHER_TYPE = re.compile("^is a number;|^is .*, not (text|a list|an object);|^is not true or false;")
LONG = 3_000_000
Facts = dict[str, Any]
NO_TEXTS = {FieldType.LINES, FieldType.REFERENCES, FieldType.RECORD, FieldType.RECORDS, FieldType.FLAG}


class Asked(Mapping[str, object]):
    """An object that notes which fields it is asked for."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values, self.names = values, set[str]()

    def __getitem__(self, name: str) -> object:
        self.names.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def refusal(place: str, inner: Mapping[str, object]) -> str:
    """Return why a story is refused that holds `inner`: itself, as its image, or as its only link."""
    own = {"": inner, "image": {"image": inner}, "links": {"links": [inner]}}[place]
    try:
        Story.from_json({**LEAST, **own}, now=NOW)
    except StoryError as error:
        return f"{error.problem}; {error.way_out}"
    return ""


def facts_of_reading(place: str) -> dict[str, Facts]:
    """Return what the reader takes, field by field, found by sending it what it may refuse."""
    least = {"": LEAST, "image": {}, "links": {"target": "x"}}[place]
    asked = Asked(least)
    whole = {"": asked, "image": {**LEAST, "image": asked}, "links": {**LEAST, "links": [asked]}}[place]
    Story.from_json(whole)
    return {name: _reads(place, {} if whole is asked else least, name) for name in asked.names}


def _reads(place: str, least: Facts, name: str) -> Facts:
    def told(value: object) -> str:
        return refusal(place, {**least, name: value})

    types = {kind for kind, value in JSON_TYPES.items() if not ANOTHER_TYPE.search(told(value))}
    required = "is missing;" in told(None)
    texts, entries = told("x" * LONG), told(["x"] * LONG)
    words = re.search(r"send one of (.*)", told("x"))
    return {
        "types": types - {"null"} if required else types,
        "required": required,
        "most": _most(texts) if "string" in types else _most(entries) if "array" in types else None,
        "words": words[1].split(", ") if words else None,
    }


def _most(told: str) -> int | None:
    found = re.search(r"more than ([\d,]+)", told)
    return int(found[1].replace(",", "")) if found else None


def facts_of_schema(schemas: Facts, name: str) -> dict[str, Facts]:
    """Return what a schema of the document says of each field, in the same form."""
    schema = schemas[name]
    return {
        name: _says(schemas, part, name in schema.get("required", ()))
        for name, part in schema["properties"].items()
    }


def _says(schemas: Facts, part: Facts, required: bool) -> Facts:
    ways = [
        schemas[way["$ref"].rsplit("/")[-1]] if "$ref" in way else way for way in part.get("anyOf", [part])
    ]
    ways = [part] if "type" in part else ways
    texts = [way for way in ways if way["type"] != "null"]
    limits = {way.get("maxLength", way.get("maxItems")) for way in texts}
    (most,) = limits - {None} or {None}  # an object may stand for a list
    words = [other["enum"] for way in texts for other in way.get("anyOf", []) if "enum" in other]
    return {
        "types": {way["type"] for way in ways},
        "required": required,
        "most": most,
        "words": words[0] if words else None,
    }


def schemas(limits: Limits | None = None) -> Facts:
    found: Facts = document(OPERATIONS, "x", "1", limits or Limits())["components"]["schemas"]
    return found


VALIDATOR = jsonschema_rs.validator_for(
    {"$ref": "#/components/schemas/StoryIn", "components": {"schemas": schemas()}}
)


@pytest.mark.parametrize(("place", "name"), [("", "StoryIn"), ("image", "ImageIn"), ("links", "LinkIn")])
def test_the_document_says_of_every_field_what_the_reader_does(place: str, name: str) -> None:
    assert facts_of_schema(schemas(), name) == facts_of_reading(place)


def test_a_service_with_another_limit_says_so() -> None:
    assert facts_of_schema(schemas(Limits(body=77)), "StoryIn")["body"]["most"] == 77


@given(STORIES.map(Story.to_json) | HOSTILE_OBJECTS)
def test_a_schema_refuses_nothing_that_is_taken(values: Facts) -> None:
    try:
        Story.from_json(values, now=NOW)
    except StoryError:
        return
    VALIDATOR.validate(msgspec.json.decode(msgspec.json.encode(values)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "a\nb"), ("id", " a"), ("id", "a\u00a0"), ("id", ""), ("id", None), ("headline", ""),
        ("successor", "a\tb"), ("url", "/1"), ("url", "javascript:alert(1)"), ("language", "english"),
        ("kind", "Live Blog"), ("status", "lost"), ("canonical_url", "ftp://a.example"), ("tags", [1]),
        ("links", [{"anchor": "x"}]), ("links", [None]), ("image", {"url": "x"}), ("sensitive", "yes"),
    ],
)  # fmt: skip
def test_a_schema_refuses_what_it_can_say(name: str, value: object) -> None:
    wrong = {**LEAST, name: value}
    assert not VALIDATOR.is_valid(wrong)
    with pytest.raises(StoryError):
        Story.from_json(wrong, now=NOW)


def test_translations_may_be_named_by_their_languages() -> None:
    named = {**LEAST, "translations": {"fr": "s2", "bn": "https://a.example/3", "de": None}}
    VALIDATOR.validate(named)
    assert Story.from_json(named, now=NOW).translations == ("s2", "https://a.example/3")


def test_an_object_of_translated_texts_is_a_field_like_any_other() -> None:
    texts = {"headline": {"fr": "La une"}}
    VALIDATOR.validate({**LEAST, "translations": texts})
    story = Story.from_json({**LEAST, "translations": texts}, now=NOW)
    assert story.translations == ()
    assert story.to_json()["translations"] == texts


@pytest.mark.parametrize("blank", [None, "", " \u00a0\u2028\n"])
def test_what_may_be_absent_may_be_blank(blank: str | None) -> None:
    texts = [each.name for each in STORY.fields if not each.needed and each.type not in NO_TEXTS]
    values = {**LEAST, **dict.fromkeys(texts, blank)}
    VALIDATOR.validate(values)
    assert Story.from_json(values, now=NOW) == Story.from_json(LEAST, now=NOW)


@pytest.mark.parametrize(("kind", "table"), [(Story, STORY), (Image, IMAGE), (Link, LINK)])
def test_a_story_has_the_fields_of_the_table(kind: type, table: ObjectType) -> None:
    held = {each.name for each in fields(kind)} - {"extra", "spoken"}
    # The caption becomes the image's, and the original one of the translations.
    assert held == table.names - {"image_caption", "translation_of"}


@pytest.mark.parametrize("table", [STORY, IMAGE, LINK], ids=lambda table: table.name)
def test_the_document_for_people_has_the_fields_of_the_table(table: ObjectType) -> None:
    told = markdown(table, Limits())
    assert told in DOCUMENT, f"write this table into docs/story.md:\n{told}"
