"""How many stories a second come out of an export, and how memory grows with it: one core, nothing embedded.

    python scripts/bench_import.py [POSTS]

Writes WordPress exports of POSTS posts (20,000) to a temporary directory: of the seeds' stories as the block
editor marks them up, with comments, a link, a stressed word and a picture each; of 1,500, 3,000 and 5,000
characters of text on average. Reads a tenth of each and all of it, each in a process of its own, and prints
stories a second of processor time and the peak of memory.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice, product
from pathlib import Path
from xml.sax.saxutils import escape

from wxr import END, HEAD, item

from recommender.ingest.base import Found, Options
from recommender.ingest.wxr import WordPressExport

SEEDS = Path(__file__).parent.parent / "seeds"
LENGTHS = (1_500, 3_000, 5_000)  # characters of text
FIRST_DAY = datetime(2015, 1, 1, tzinfo=UTC)
PICTURE = """<!-- wp:image {{"id":{0},"sizeSlug":"large"}} -->
<figure class="wp-block-image size-large"><img src="https://news.example/{0}.jpg" alt=""/>\
<figcaption>The town hall</figcaption></figure>
<!-- /wp:image -->"""


def write(path: Path, posts: int, characters: int) -> None:
    """Write an export of as many posts, the seeds' stories over and over, cut to so many characters."""
    lines = [
        line
        for file in sorted(SEEDS.rglob("articles.jsonl"))
        for line in file.read_text("utf-8").splitlines()
    ]
    stories = [story for story in map(json.loads, lines) if len(story.get("body", "")) > characters / 2]
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for number, story in enumerate(islice(cycle(stories), posts), start=1):
            file.write(_item(number, story, characters))
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
    """Print all runs, a line each."""
    with tempfile.TemporaryDirectory() as directory:
        for characters, count in product(LENGTHS, (posts // 10, posts)):
            path = Path(directory) / f"{count}.xml"
            write(path, count, characters)
            megabytes = path.stat().st_size / 1e6
            answer = subprocess.run(
                [sys.executable, __file__, "--read", str(path)], check=True, capture_output=True, text=True
            )
            print(f"{characters:6,} characters, {megabytes:6.1f} MB:", answer.stdout.strip(), flush=True)


def _item(number: int, story: dict[str, str], characters: int) -> str:
    time = FIRST_DAY + timedelta(hours=number)
    return item(
        number,
        headline=story["headline"],
        deck=story.get("deck", ""),
        body=_body(_paragraphs(story["body"], characters), number),
        link=f"https://news.example/{time:%Y/%m}/{number}/",
        guid=f"https://news.example/?p={number}",
        time=f"{time:%Y-%m-%d %H:%M:%S}",
    )


def _paragraphs(text: str, characters: int) -> list[str]:
    """Return a text's first paragraphs, said again where it is too short."""
    paragraphs, length = [], 0
    for paragraph in cycle(text.split("\n\n")):
        if length >= characters:
            return paragraphs
        paragraphs.append(paragraph[: characters - length])
        length += len(paragraphs[-1]) + len("\n\n")
    return paragraphs


def _body(paragraphs: list[str], number: int) -> str:
    """Return a text as the block editor writes it."""
    blocks = [f"<!-- wp:paragraph -->\n<p>{escape(text)}</p>\n<!-- /wp:paragraph -->" for text in paragraphs]
    first, _, rest = blocks[0].partition(" said ")
    blocks[0] = f"{first} <strong>said</strong> {rest}" if rest else blocks[0]
    place = blocks[-1].rfind(" ", 0, -len("</p>\n<!-- /wp:paragraph -->"))
    link = f' <a href="https://news.example/archive/{number // 2}/" rel="noopener">earlier report</a>'
    blocks[-1] = blocks[-1][:place] + link + blocks[-1][place:]
    return "\n\n".join([*blocks[:1], PICTURE.format(number), *blocks[1:]])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        print(json.dumps(read(Path(sys.argv[2]))))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
