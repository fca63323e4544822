"""Every kind of source is fed broken files: it gives stories or refusals, in bounded time and memory.

    python -m tests.ingest.fuzz [SECONDS] [FOLDER]

Each kind has SECONDS (60), in a process of its own whose memory is bounded; what is broken are the files of
the tests, and those of FOLDER that the kind recognises. Prints a line a kind; hypothesis makes what
fails small.
"""

from __future__ import annotations

import io
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from recommender.errors import SourceError
from recommender.ingest.base import Options
from recommender.ingest.months import in_english
from recommender.ingest.reading import read_source
from recommender.ingest.registry import BUILT_IN, source_of
from recommender.story.markup import ContentType, read_body
from recommender.story.text_safety import forbidden_character, unbalanced_bidi

from . import (
    test_arc,
    test_drupal,
    test_feeds,
    test_ghost,
    test_htmlpage,
    test_jsonfeed,
    test_markdown,
    test_newsml,
    test_ninjs,
    test_nitf,
    test_sitemap,
    test_superdesk,
    test_warc,
    test_wprest,
    test_wxr,
)
from .mutations import mutated

MARKUP = "markup"  # beside the kinds: a body in HTML, at any door
SECONDS_EACH = 5  # that one file may take: they are of a few kilobytes
MEMORY = 4 << 30  # bytes of address space; the libraries alone map one of them
LARGEST_SAMPLE = 64 << 10  # bytes of a file of a folder that is broken
AT_ONCE = 100  # files before the clock is looked at

STORY = b'{"id": "a", "headline": "A &amp; b", "published": "2024-05-01T00:00:00Z", "body": "<p>Text.</p>"}\n'
ROWS = (
    b'id,title,date,body\na,Flood,2024-05-01T00:00:00Z,"It rose, said one."\nb,Rain,2024-05-02T00:00:00Z,x\n'
)
BODY = b"""<h2 class="x">Flood</h2><p>It <a href="/1">rose</a> [caption id="a"]b[/caption] &amp; fell.<br>See:
</p><div class="share">Share</div><p><strong>Read more:</strong> <a href="/2">Rain again</a></p><table><tr>
<td>1"""


def parquet() -> bytes:
    """Return a table."""
    import pyarrow
    from pyarrow.parquet import write_table  # type: ignore[import-untyped]

    out = io.BytesIO()
    rows = [{"id": "a", "title": "Flood", "date": "2024-05-01T00:00:00Z", "body": "It rose."}]
    write_table(pyarrow.Table.from_pylist(rows), out)
    return out.getvalue()


def samples() -> dict[str, list[bytes]]:
    """Return what is broken, by its kind."""
    matter = test_markdown.FIELDS.format("tags: [a, b]") + test_markdown.TEXT
    return {
        "warc": [test_warc.archive(*test_warc.PAGES, gzip=gzip) for gzip in (False, True)],
        "parquet": [parquet()],
        "markdown": [
            matter.encode(),
            b"Title: A\nDate: 2024-05-01\n\nText.",
            b"+++\ntitle = 'A'\n+++\nText.",
        ],
        "wordpress": [test_wxr.export(test_wxr.post(1), test_wxr.post(2))],
        "feed": [test_feeds.RSS, test_feeds.ATOM, test_feeds.RDF],
        "sitemap": [test_sitemap.NEWS, test_sitemap.INDEX, test_sitemap.LINES],
        "newsml": [test_newsml.message(test_newsml.item(test_newsml.XHTML))],
        "nitf": [test_nitf.DOCUMENT.encode()],
        "page": [test_htmlpage.page(), test_htmlpage.page(test_htmlpage.OPEN_GRAPH)],
        "jsonfeed": [test_jsonfeed.RAW],
        "wordpress-json": [test_wprest.RAW],
        "superdesk": [test_superdesk.RAW],
        "ninjs": [json.dumps(test_ninjs.ONE).encode(), json.dumps(test_ninjs.THREE).encode()],
        "drupal": [test_drupal.RAW],
        "ghost": [test_ghost.RAW],
        "arc": [test_arc.RAW],
        "json": [STORY * 3, b"[" + STORY.strip() + b"]"],
        "csv": [ROWS, ROWS.replace(b",", b"\t")],
        MARKUP: [BODY],
    }


def check_kind(kind: str, raw: bytes) -> None:
    """Check that a file gives stories or refusals, or is refused as a whole."""
    with tempfile.NamedTemporaryFile() as file, suppress(SourceError):
        file.write(raw)
        file.flush()
        assert list(read_source(file.name, Options(), kind))


def check_markup(raw: bytes) -> None:
    """Check that a body, whatever it is, becomes a text that may be shown."""
    for content_type in ContentType:
        said = read_body(raw.decode("utf-8", "replace"), content_type, "https://town.example/").text
        if content_type is not ContentType.TEXT and said != raw.decode("utf-8", "replace"):
            assert forbidden_character(said) is None
            assert unbalanced_bidi(said, lone_closers=False) is None


def taken_by(check: Callable[[bytes], None], raw: bytes) -> float:
    """Return the seconds of the processor that a check took."""
    begun = time.process_time()
    check(raw)
    return time.process_time() - begun


def fuzz(kind: str, seconds: float, folder: Path | None) -> dict[str, object]:
    """Feed one kind; return how many files it was, and what the slowest took. An error is what was found."""
    check: Callable[[bytes], None]
    if kind == MARKUP:
        check, taken = check_markup, samples()[kind]
    else:
        source = source_of(kind)
        check, taken = partial(check_kind, kind), samples()[kind]
        for path in sorted(folder.rglob("*")) if folder else ():
            if path.is_file() and 0 < path.stat().st_size <= LARGEST_SAMPLE:
                raw = path.read_bytes()
                taken += [raw] if source.recognises(raw, path.name) else []
    in_english("what is read once")
    count, slowest, begun = 0, 0.0, time.monotonic()
    chance = random.Random(kind)
    while time.monotonic() - begun < seconds:

        @seed(chance.getrandbits(64))
        @settings(
            max_examples=AT_ONCE,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(st.sampled_from(taken).flatmap(mutated))
        def feed(raw: bytes) -> None:
            nonlocal count, slowest
            took = taken_by(check, raw)
            if took >= SECONDS_EACH:  # of a file that is slow, or of a machine that others use
                took = taken_by(check, raw)
            assert took < SECONDS_EACH
            count, slowest = count + 1, max(slowest, took)

        feed()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return {"kind": kind, "files": count, "slowest_ms": round(slowest * 1000), "peak_mb": peak}


def main(seconds: float, folder: Path | None) -> int:
    """Feed all kinds, each in a process of its own."""
    failed = 0
    for kind in [*(source.kind for source in BUILT_IN), MARKUP]:
        command = [sys.executable, "-m", __spec__.name, str(seconds), str(folder or ""), kind]
        failed += subprocess.run(command, check=False).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    asked = [*sys.argv[1:], *["60", "", ""][len(sys.argv) - 1 :]]
    where = Path(asked[1]) if asked[1] else None
    if asked[2]:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        print(fuzz(asked[2], float(asked[0]), where), flush=True)
    else:
        sys.exit(main(float(asked[0]), where))
