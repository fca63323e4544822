"""Small stories with words that tell them apart."""

from __future__ import annotations

from typing import Any

_TOPICS = {
    "ferry": "ferry river rescue passengers boat Bhola channel",
    "budget": "budget minister parliament tax deficit finance bill",
    "cricket": "cricket batsman wicket innings captain series test",
}


def story(id: str, topic: str = "ferry", day: int = 1, **more: object) -> dict[str, Any]:
    """Return a story about a topic, published on a day of January 2025."""
    words = _TOPICS[topic]
    return {
        "id": id,
        "url": f"https://news.example/{id}",
        "headline": f"{words.split()[0].title()} report {id}",
        "body": f"{words}. More about {words} in {id}.",
        "published": f"2025-01-{day:02d}T06:00:00Z",
        "language": "en",
        **more,
    }
