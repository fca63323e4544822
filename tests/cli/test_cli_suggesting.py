"""`related suggest` proposes links for a draft: plain, HTML or the fields of a story."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Related

TITLE = "New licence rules for river ferries"
WORDS = ("museum", "bridge", "theatre", "hospital", "railway", "garden", "market", "harbour")


def test_links_are_proposed_for_a_file(related: Related, news: Path, tmp_path: Path) -> None:
    titles = {"ferry": TITLE} | {word: f"Plan of the {word}" for word in WORDS}
    lines = [
        {"id": id, "headline": title, "body": f"{title}. More of {id}.", "published": "2025-01-20T06:00:00Z"}
        for id, title in titles.items()
    ]
    (tmp_path / "stories.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert related("add", tmp_path / "stories.jsonl", "--archive", news).code == 0
    text = f"An official spoke of the {TITLE.lower()} on Monday, and of little else that day."
    drafts = {"a.txt": text, "b.html": f"<p>{text}</p>", "c.json": json.dumps({"body": text})}
    for name, draft in drafts.items():
        (tmp_path / name).write_text(draft)
        found = related("suggest", tmp_path / name, "--archive", news, "--json", "-k", 1).json
        (link,) = found["suggestions"]
        assert (found["text"], link["story"]["id"]) == (text, "ferry")
        assert text[link["start"] : link["end"]] == link["phrase"]
    told = related("suggest", tmp_path / "a.txt", "--archive", news, "-k", 1).out
    assert TITLE in told
    assert "why: " in told
    alone = related("suggest", tmp_path / "a.txt", "--archive", news, "--without", "ferry", "--json").json
    assert "ferry" not in {each["story"]["id"] for each in alone["suggestions"]}


def test_what_is_no_draft_is_refused(related: Related, news: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text(" ... ")
    (tmp_path / "torn.json").write_text('{"body": ')
    assert "give its text, plain or HTML" in related("suggest", tmp_path / "empty.txt", "--archive", news).err
    assert "no JSON object" in related("suggest", tmp_path / "torn.json", "--archive", news).err
    assert related("suggest", tmp_path / "none.txt", "--archive", news).code == 2
