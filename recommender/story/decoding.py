"""Decodes the JSON text of one story; what cannot be read is refused as a story is. Knows no fields."""

from __future__ import annotations

import msgspec

from recommender.errors import StoryError
from recommender.story.json_safety import holds_more, repeated_name

MOST_VALUES = 50_000  # of a story, several times what its own fields can hold


def decode(raw: bytes | str, *, where: str) -> object:
    """Decode one JSON text; raise `StoryError` if it is not JSON in UTF-8."""
    way_out = "send one JSON object in UTF-8"
    if holds_more(raw, MOST_VALUES):
        problem = f"holds more than {MOST_VALUES:,} values"
        raise StoryError(where, "text", raw, problem, "send a story's own fields, one story at a time")
    try:
        values = msgspec.json.decode(raw)
        if name := repeated_name(raw):
            raise StoryError(where, "text", name, "holds a name twice", "send each field once")
        return values
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise StoryError(where, "text", raw, f"is not UTF-8 ({error.reason})", way_out) from error
    except msgspec.DecodeError as error:
        raise StoryError(where, "text", raw, f"is not JSON ({error})", way_out) from error
    except RecursionError as error:
        raise StoryError(where, "text", raw, "is nested too deeply", "send a flat object") from error
