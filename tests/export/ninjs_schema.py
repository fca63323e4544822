"""What the schemas of ninjs 2.2 and 3.1 (IPTC, CC BY 4.0) say of the properties that are written, in short.

Their names, types and what is required; any other property is refused, as there.
"""

from __future__ import annotations

from typing import Any

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema(version: str) -> dict[str, Any]:
    """Return the schema of a version: the names of version 2 are those of 3 in small letters."""

    def spelt(name: str) -> str:
        return name if version >= "3" else name.lower()

    def listed(*names: str, required: str) -> dict[str, Any]:
        properties = {spelt(name): {"type": "string"} for name in names}
        item = {"type": "object", "properties": properties, "required": [required]}
        return {"type": "array", "items": item | {"additionalProperties": False}}

    time = {"type": "string", "format": "date-time"}
    rendition = listed("name", "href", required="name")
    rendition["items"]["properties"]["href"]["format"] = "uri"
    standard = {"name": {"type": "string"}, "version": {"type": "string"}}
    properties: dict[str, Any] = {
        "uri": {"type": "string", "format": "uri"},
        "type": {"enum": ["text", "audio", "video", "picture", "graphic", "composite", "component"]},
        "representationType": {"enum": ["full", "partial"]},
        "versionCreated": time,
        "firstCreated": time,
        "language": {"type": "string"},
        "headlines": listed("role", "contentType", "value", required="value"),
        "descriptions": listed("role", "contentType", "value", required="value"),
        "renditions": rendition,
        "altIds": listed("role", "value", required="value"),
        "standard": {
            "type": "object",
            "properties": standard | {"schema": {"type": "string", "format": "uri"}},
            "additionalProperties": False,
        },
    }
    news = {"type": "object", "properties": {spelt(name): value for name, value in properties.items()}}
    named = {"name": {"type": "string"}} | ({"rel": {"type": "string"}} if version >= "3" else {})
    associated = {"$ref": "#/$defs/news", "properties": named, "required": ["name", "uri"]}
    associated["unevaluatedProperties"] = False
    news["properties"]["associations"] = {"type": "array", "items": associated}
    return {
        "$schema": _DRAFT, "$defs": {"news": news}, "$ref": "#/$defs/news",
        "required": ["uri"], "unevaluatedProperties": False,
    }  # fmt: skip
