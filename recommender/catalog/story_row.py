"""A story as a row of its table: its columns, and the names by which others may call it. Runs no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from recommender.catalog.ordering import HeldVersion
from recommender.catalog.records import seconds, to_document
from recommender.errors import TEXT_FAILURES
from recommender.story.addresses import AddressRules, is_url, normal_url, reference
from recommender.story.languages import UNKNOWN, Language, find_language, language_of
from recommender.story.story import Status, Story, visible_window


def row_of(one: Story, state: HeldVersion, rules: AddressRules) -> dict[str, Any]:
    """Return a story's columns."""
    visible_from, visible_until = visible_window(one)
    one = replace(one, spoken=_language(one))
    return {
        "id": one.id,
        **keys_of(one, rules),
        "published": seconds(one.published),
        "visible_from": visible_from,
        "visible_until": visible_until,
        "status": one.status.value,
        "language": language_of(one).key or None,
        "revised": state.revised,
        "content_hash": state.content_hash,
        "text_hash": state.text_hash,
        "document": to_document(one),
        "heir": one.successor if one.status is Status.RETRACTED else None,
    }


def keys_of(one: Story, rules: AddressRules) -> dict[str, str | None]:
    """Return the columns that hold a story's addresses, as keys.

    An id that is an address serves as one where no other is known.
    """
    address = one.url or (one.id if is_url(one.id) else None)
    return {
        "url": normal_url(address, rules=rules) if address else None,
        "canonical_url": normal_url(one.canonical_url, rules=rules) if one.canonical_url else None,
    }


def _language(one: Story) -> Language:
    """Return the language of a story, unknown where that cannot be found out: no reason not to keep it."""
    try:
        return find_language(one)
    except TEXT_FAILURES:
        return Language(UNKNOWN, 0.0, declared=False)


def references(row: Mapping[str, Any], rules: AddressRules) -> set[str]:
    """Return the references by which other stories may have named this one before it came."""
    return {row["id"], reference(row["id"], None, rules), row["url"], row["canonical_url"]} - {None}
