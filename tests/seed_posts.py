"""Some of the seeds' stories for a small site: short ones, and such as link to each other first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).parent.parent / "seeds" / "digitalgov"
LONGEST = 2_200  # characters of a body: a small site has to be embedded within a minute


def seed_stories(count: int) -> list[dict[str, Any]]:
    """Return stories, the oldest first."""
    stories = {story["id"]: story for story in map(json.loads, _lines("articles.jsonl"))}
    short = {id_ for id_, story in stories.items() if 300 < len(story["body"]) <= LONGEST}
    ends = [(link["source"], link["target"]) for link in map(json.loads, _lines("links.jsonl"))]
    linked = dict.fromkeys(id_ for pair in ends if short.issuperset(pair) for id_ in pair)
    others = dict.fromkeys(id_ for id_ in reversed(stories) if id_ in short)
    chosen = list({**linked, **others})[:count]
    return sorted((stories[id_] for id_ in chosen), key=lambda story: story["published"])


def seed_story(id_: str) -> dict[str, Any]:
    """Return one story."""
    return next(story for story in map(json.loads, _lines("articles.jsonl")) if story["id"] == id_)


def _lines(name: str) -> list[str]:
    return (SEEDS / name).read_text("utf-8").splitlines()
