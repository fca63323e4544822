"""`related threads` tells the events of the last weeks, and one of them with its timeline."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Related

WRECK = "Wreck of the Delta Queen found off Bhola; divers search the hull for the captain's log"


def test_threads_are_listed_and_one_is_told_in_full(related: Related, news: Path, tmp_path: Path) -> None:
    lines = [
        {
            "id": f"wreck-{n}",
            "url": f"https://news.example/wreck-{n}",
            "headline": f"Delta Queen wreck, day {n} off Bhola",
            "body": f"{WRECK}. {WRECK}. Day {n}: divers found item{n} and piece{n} in cabin{n}.",
            "published": f"2025-01-{20 + n}T06:00:00Z",
            "language": "en",
        }
        for n in range(4)
    ]
    assert "No event" in related("threads", "--archive", news).err
    (tmp_path / "stories.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert related("add", tmp_path / "stories.jsonl", "--archive", news).code == 0
    told = related("threads", "--archive", news)
    assert "Delta Queen wreck, day 3 off Bhola\n    20 Jan 2025 to 23 Jan 2025;" in told.out
    assert "4 reports" in told.out
    (thread,) = related("threads", "--archive", news, "--json").json
    assert (thread["id"], "timeline" in thread) == ("wreck-0", False)
    one = related("threads", "https://news.example/wreck-2", "--at", "2025-01-22", "--archive", news)
    assert [line.split()[3] for line in one.out.splitlines()[2:]] == ["wreck-0", "wreck-1", "wreck-2"]
    in_full = related("threads", "wreck-2", "--archive", news, "--json").json
    assert len(in_full["timeline"]) == 4
    assert related("threads", "nobody", "--archive", news).code != 0
