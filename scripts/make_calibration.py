"""Write recommender/data/calibration.txt: the sample that compiled models are calibrated and checked on.

Half passages of some 250 tokens, a quarter single paragraphs, a quarter headlines, evenly spread over the two
corpora of US government work (public domain), one text a line.
"""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXTS = 240
PASSAGE_WORDS = 190  # about 250 tokens of English
LEAST_WORDS = 25


def main() -> None:
    """Write the file."""
    stories = [
        json.loads(line)
        for corpus in ("digitalgov", "18f")
        for line in (ROOT / "seeds" / corpus / "articles.jsonl").open(encoding="utf-8")
    ]
    step = len(stories) // TEXTS
    lines = [_text(story, number) for number, story in enumerate(stories[::step][:TEXTS])]
    path = ROOT / "recommender" / "data" / "calibration.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {len(lines)} texts, {path.stat().st_size:,} bytes")


def _text(story: dict[str, str], number: int) -> str:
    """Take a headline, a paragraph or a passage of the story by turns."""
    words = story["body"].split()
    paragraphs = [p for p in story["body"].split("\n") if len(p.split()) >= LEAST_WORDS]
    if number % 4 == 0 or len(words) < LEAST_WORDS:
        return " ".join(story["headline"].split())
    if number % 4 == 1 and paragraphs:
        return " ".join(paragraphs[0].split())
    return " ".join(words[:PASSAGE_WORDS])


if __name__ == "__main__":
    main()
