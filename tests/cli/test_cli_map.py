"""`related map` makes the picture of an archive, and tells what is on it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Related
from tests.service.cases import story


def test_the_picture_is_made_and_its_clusters_are_told(related: Related, news: Path, tmp_path: Path) -> None:
    assert "0 stories" in related("map", "--archive", news).out
    lines = [
        story(f"{topic}-{n}", topic, n) for topic in ("ferry", "budget", "cricket") for n in range(1, 13)
    ]
    (tmp_path / "stories.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert related("add", tmp_path / "stories.jsonl", "--archive", news).code == 0
    told = related("map", "--archive", news)
    assert (told.code, "36 stories" in told.out) == (0, True)
    made = related("map", "--archive", news, "--json").json
    assert made["stories"] == 36
    assert {"label", "terms", "x", "y", "stories"} == set(made["clusters"][0])
    assert (news / "derived" / "map" / "map.npz").is_file()
