"""Hashes of stories: of all that one holds, of what it says, of its text. Knows not who compares them."""

from __future__ import annotations

import hashlib

import msgspec

from recommender.story.story import STANDING, TRANSLATED_BY, Story


def content_hash(story: Story) -> str:
    """Return the SHA-256, in hex, of everything that `story` holds: equal stories, equal hashes."""
    return hashlib.sha256(msgspec.json.encode(story.to_json(), order="sorted")).hexdigest()


def words_hash(story: Story) -> bytes:
    """Return the SHA-256 of everything that `story` says, wherever it stands in its life."""
    beside = (*STANDING, *TRANSLATED_BY)
    said = {name: value for name, value in story.to_json().items() if name not in beside}
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).digest()


def text_hash(story: Story) -> str:
    """Return the SHA-256, in hex, of the headline and all text: as long as it stays, so do the vectors."""
    return hashlib.sha256(msgspec.json.encode([story.headline, story.text])).hexdigest()
