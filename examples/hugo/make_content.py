"""Write the pages of the example from the seeds: python make_content.py [DIRECTORY] [--pages 200].

Markdown with YAML front matter, as a newsroom would have it; knows nothing of the engine.
"""

from __future__ import annotations

import argparse
import json
from itertools import islice
from pathlib import Path

HERE = Path(__file__).resolve().parent
SEEDS = HERE.parent.parent / "seeds" / "digitalgov" / "articles.jsonl"
LONGEST = 2_200  # characters of a text: short ones are read quickly


def main() -> None:
    """Write the newest short stories."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, nargs="?", default=HERE)
    parser.add_argument("--pages", type=int, default=200)
    arguments = parser.parse_args()
    posts = arguments.directory / "content" / "posts"
    posts.mkdir(parents=True, exist_ok=True)
    stories = map(json.loads, reversed(SEEDS.read_text("utf-8").splitlines()))
    short = (story for story in stories if 300 < len(story["body"]) <= LONGEST)
    for story in islice(short, arguments.pages):
        fields = {
            "title": story["headline"],
            "date": story["published"],
            "description": story.get("deck", ""),
            "tags": story.get("tags", []),
        }
        # JSON is YAML, too.
        matter = "\n".join(f"{name}: {json.dumps(value)}" for name, value in fields.items())
        (posts / f"{story['id']}.md").write_text(f"---\n{matter}\n---\n\n{story['body']}\n", "utf-8")
    print(f"{len(list(posts.glob('*.md')))} pages in {posts}")


if __name__ == "__main__":
    main()
