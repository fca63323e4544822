"""Several processes on one archive: who asks after a withdrawal has returned is not shown the story."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.newsroom.world import Clock, fill, make

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 8
ROLES = ("read", "read", "write", "write")


def crowd(archive: Path) -> dict[str, list[dict[str, Any]]]:
    """Let two readers and two writers loose on an archive; return what each role saw and did."""
    command = [sys.executable, "-m", "tests.newsroom.crowd"]
    running = [
        subprocess.Popen(
            [*command, role, archive, str(n), str(SECONDS)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for n, role in enumerate(ROLES)
    ]
    said: dict[str, list[dict[str, Any]]] = {"read": [], "write": []}
    for role, process in zip(ROLES, running, strict=True):
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        said[role] += [json.loads(line) for line in out.splitlines()]
    return said


def test_no_process_shows_a_story_after_its_withdrawal_has_returned(tmp_path: Path) -> None:
    with make(tmp_path / "archive", Clock()) as newsroom:
        fill(newsroom)
    said = crowd(tmp_path / "archive")
    acts = [act for act in said["write"] if act["outcome"] == "updated"]
    assert len(said["read"]) > 100
    assert sum(act["withdrawn"] for act in acts) > 5
    for answer in said["read"]:
        for name in answer["shown"]:
            mine = [act for act in acts if act["name"] == name]
            gone = [a["ends"] for a in mine if a["withdrawn"] and a["ends"] < answer["begins"]]
            # It may have been brought back, or be on its way back, before the answer was given.
            back = [a["ends"] for a in mine if not a["withdrawn"] and a["begins"] < answer["ends"]]
            assert not gone or (back and max(back) > max(gone)), (name, answer)
