"""What is lost when stories come as pages show them: digital.gov in HTML beside its plain text.

    python scripts/measure_markup.py [STORIES]

Writes each story of the seeds as HTML with links, character references, a picture, share and sign-up bars,
and a "Read more" of another story; reads it back; and measures both copies as `related evaluate` does: nDCG@5
with and without history, over the same questions. A text that both have is embedded once.
"""

from __future__ import annotations

import html
import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.embedding.base import Embedder, OnDone
from recommender.embedding.opening import open_embedder
from recommender.engine.engine import Engine
from recommender.evaluation import metrics
from recommender.evaluation.case import Case, make_case, read_links
from recommender.evaluation.ours import Ours
from recommender.settings import Settings
from recommender.story.story import Story

SEEDS = Path(__file__).parent.parent / "seeds" / "digitalgov"
SHARE = '<div class="sharedaddy"><h3>Share this:</h3><a href="https://social.example/s">Post</a></div>'
PICTURE = '<figure><img src="/p.jpg" alt="A desk"><figcaption>A desk. By the agency.</figcaption></figure>'
SIGN_UP = '<div class="newsletter-signup"><p>Get our news by mail.</p><form><input name="mail"></form></div>'
_LINK = re.compile(r"(<a .*?</a>)")
AFTER = 3  # paragraphs, after which a page breaks the text


def as_html(
    story: dict[str, str], links: Iterable[tuple[str, str]], other: dict[str, str] | None = None
) -> str:
    """Return the body of a story as a page has it; links are pairs of address and anchor.

    With another story, to read more in, and what else stands on a page.
    """
    parts = [_escaped(part) for part in story["body"].split("\n\n")]
    for address, anchor in links:
        words = _escaped(anchor)
        pieces = [_LINK.split(part) for part in parts]  # every other one is a link
        free = ((row, at) for row, all_ in enumerate(pieces) for at in range(0, len(all_), 2))
        place = next(((row, at) for row, at in free if words in pieces[row][at]), None)
        if place:
            row, at = place
            pieces[row][at] = pieces[row][at].replace(words, f'<a href="{address}">{words}</a>', 1)
            parts[row] = "".join(pieces[row])
    body = [f"<p>{part}</p>" for part in parts]
    if other is None:
        return "\n".join(body)
    related = f'<p><strong>Read more:</strong> <a href="{other["url"]}">{_escaped(other["headline"])}</a></p>'
    return "\n".join([SHARE, PICTURE, *body[:AFTER], related, *body[AFTER:], SIGN_UP, SHARE])


def copies(count: int | None = None) -> tuple[list[Story], list[Story]]:
    """Return the stories in plain text, and as they are read out of HTML."""
    rows = [json.loads(line) for line in (SEEDS / "articles.jsonl").read_text("utf-8").splitlines()][:count]
    address = {row["id"]: row["url"] for row in rows}
    links: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for link in read_links(SEEDS / "links.jsonl")[0]:
        if link.target in address and link.anchor:
            links[link.source].append((address[link.target], link.anchor))
    pages = [
        {**row, "body": as_html(row, links[row["id"]], rows[place - 1]), "content_type": "html"}
        for place, row in enumerate(rows)
    ]
    return [Story.from_json(row) for row in rows], [Story.from_json(page) for page in pages]


class Shared:
    """An embedder that embeds no text twice."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.name, self.dimension, self.weights_hash = inner.name, inner.dimension, inner.weights_hash
        self._known: dict[str, NDArray[np.float32]] = {}

    def chunks(self, text: str) -> list[str]:
        """Return the pieces of a text."""
        return self._inner.chunks(text)

    def encode(self, texts: Sequence[str], on_done: OnDone | None = None) -> NDArray[np.float32]:
        """Return the vectors of texts."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._inner.encode(new), strict=True))
        return np.array([self._known[text] for text in texts], np.float32).reshape(-1, self.dimension)


def measured(case: Case, embedder: Embedder) -> dict[str, float]:
    """Return the nDCG@5 of the engine on a case."""
    queries = list(case.relevant)
    counts = np.array([len(case.relevant[query]) for query in queries], np.int64)
    with (
        tempfile.TemporaryDirectory() as directory,
        Archive.create(
            ArchivePlace.alone(Path(directory) / "archive"), Settings(past_only=True), embedder
        ) as archive,
    ):
        engine = Engine(archive)
        archive.add(case.stories)
        figures = {}
        for name, history in (("without history", False), ("with history", True)):
            system = Ours(case, engine, history=history)
            hits = metrics.gains([system(query) for query in queries], [case.relevant[q] for q in queries])
            figures[name] = float(metrics.ndcg(hits, counts, metrics.BLOCK).mean())
        return figures


def main(count: int | None) -> None:
    """Print how many texts are alike, and both figures."""
    plain, marked = copies(count)
    alike = sum(one.body == other.body for one, other in zip(plain, marked, strict=True))
    print(f"{len(plain):,} stories; of {alike:,} the text is the same to the letter", flush=True)
    links = read_links(SEEDS / "links.jsonl")[0]
    shared = Shared(open_embedder())
    figures = [measured(make_case(stories, links), shared) for stories in (plain, marked)]
    for name, before in figures[0].items():
        after = figures[1][name]
        print(f"nDCG@5 {name}: plain {before:.4f}, out of HTML {after:.4f}, difference {after - before:+.4f}")


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\u2019", "&#8217;").replace("\u00e9", "&eacute;")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else None)
