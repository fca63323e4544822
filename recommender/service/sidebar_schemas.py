"""What the sidebar sends, as types: read from requests with msgspec, and schemas of the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct, to_builtins

from recommender.service.request_schemas import MOST_TEXT, DraftIn, Editor


class SidebarDraft(DraftIn, omit_defaults=True, kw_only=True):
    """A draft that is being written: each field may be empty still."""

    body: Annotated[str, Meta(max_length=MOST_TEXT)] = ""

    def fields(self) -> dict[str, Any]:
        """Return its fields as a story's JSON has them, without those that are empty."""
        given: dict[str, Any] = to_builtins(self)
        return {name: value for name, value in given.items() if value}


class SidebarEditor(Struct, forbid_unknown_fields=True):
    """For whom a token of the sidebar is."""

    by: Annotated[Editor, Meta(min_length=1)]
