"""How many stories a second come out of an export, and how memory grows with it: one core, nothing embedded.

    python scripts/bench_import.py [POSTS]

Writes a WordPress export of POSTS posts (20,000) from the seeds' stories to a temporary file, reads a tenth
of it and all of it, each in a process of its own, and prints stories a second of processor time and the peak
of memory of both.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from xml.sax.saxutils import escape

from wxr import END, HEAD, item

from recommender.ingest.base import Found, Options
from recommender.ingest.wxr import WordPressExport

SEEDS = Path(__file__).parent.parent / "seeds"


def write(path: Path, posts: int) -> None:
    """Write an export of as many posts, the seeds' stories over and over."""
    lines = [
        line
        for file in sorted(SEEDS.rglob("articles.jsonl"))
        for line in file.read_text("utf-8").splitlines()
    ]
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for number, line in enumerate(islice(cycle(lines), posts), start=1):
            file.write(_item(number, json.loads(line)))
        file.write(END)


def read(path: Path) -> dict[str, float]:
    """Return what reading a file took."""
    begun = time.process_time()
    with path.open("rb") as file:
        stories = sum(
            isinstance(item, Found) for item in WordPressExport().read(file, Options(name=path.name))
        )
    seconds = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"stories": stories, "a_second": round(stories / seconds), "peak_mb": round(peak)}


def main(posts: int) -> None:
    """Print both runs, a line each."""
    with tempfile.TemporaryDirectory() as directory:
        for count in (posts // 10, posts):
            path = Path(directory) / f"{count}.xml"
            write(path, count)
            megabytes = path.stat().st_size / 1e6
            answer = subprocess.run(
                [sys.executable, __file__, "--read", str(path)], check=True, capture_output=True, text=True
            )
            print(f"{megabytes:8.1f} MB", answer.stdout.strip())


def _item(number: int, story: dict[str, str]) -> str:
    return item(
        number,
        headline=story["headline"],
        deck=story.get("deck", ""),
        body="\n".join(f"<p>{escape(part)}</p>" for part in story.get("body", "").split("\n\n")),
        link=f"https://news.example/{number}/",
        guid=f"https://news.example/?p={number}",
        time="2022-05-09 09:53:00",
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        print(json.dumps(read(Path(sys.argv[2]))))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
