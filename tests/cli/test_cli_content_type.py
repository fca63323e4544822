"""Each command that takes stories lets its user say whether bodies are HTML or text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Related

HTML = "<p>The bridge is shut.</p><p>It opens <b>in May</b>.</p>"
STORY = {"id": "forced", "headline": "Bridge shut", "published": "2025-01-01T06:00:00Z", "body": HTML}


@pytest.mark.parametrize("command", ["publish", "add", "import json"])
@pytest.mark.parametrize(
    ("kind", "held"), [("text", HTML), ("auto", "The bridge is shut.\n\nIt opens in May.")]
)
def test_a_body_is_what_its_sender_says(
    related: Related, tmp_path: Path, command: str, kind: str, held: str
) -> None:
    archive = ("--archive", str(tmp_path / "news"))
    assert related("init", *archive).code == 0
    file = tmp_path / "story.json"
    file.write_text(json.dumps(STORY))
    assert related(*command.split(), str(file), "--content-type", kind, *archive).code == 0
    assert related("get", "forced", "--json", *archive).json["body"] == held
