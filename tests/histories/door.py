"""A process with one door to an archive, and a clock that the test sets.

    python -m tests.histories.door KIND DIR CLOCK

KIND is `service`, which listens on a free port, `work`, which answers nobody, or `commands`, which runs one
command of the library or of the command line for each line of JSON on standard input. The embedder is the
fast one: nothing is embedded for its meaning.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    from tests.histories.clock import keep_time_by

    keep_time_by(Path(sys.argv[3]))

import contextlib
import io
import json
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import recommender.archive.archive
from recommender import Recommender
from recommender.cli.app import run
from recommender.errors import RelatedError
from recommender.newsroom import Newsroom
from recommender.service.server import serve
from recommender.service.settings import load_service_settings
from recommender.service.working import work
from tests.fakes import HashEmbedder


def _commands(archive: Path) -> None:
    answers: dict[str, Callable[..., object]] = {"run": _run}
    with Recommender.open(archive, embedder=HashEmbedder()) as recommender:
        newsroom = recommender.newsroom
        answers |= {
            "related": lambda id: recommender.related(id).to_dict(),
            "block": lambda id: newsroom.block(id).to_dict(),
            "engine": lambda id: recommender.related(id, engine=True).to_dict(),
            "page": lambda id: newsroom.block(id).to_html(),
            "similar": lambda text: recommender.similar(text).to_dict(),
            "withdraw": lambda id, heir, dry: _published(newsroom.withdraw(id, heir, dry_run=dry)),
            "restore": lambda id, dry: _published(newsroom.restore(id, dry_run=dry)),
            "merge": lambda id, into, dry: _published(newsroom.merge(id, into, dry_run=dry)),
            "purges": lambda after: [_purge(purge) for purge in newsroom.purges(after, 10_000)],
            "standing": lambda id: _standing(newsroom, id),
        }
        for line in sys.stdin:
            name, arguments = json.loads(line)
            try:
                answer: dict[str, Any] = {"answer": answers[name](*arguments)}
            except RelatedError as error:
                answer = {"error": type(error).__name__, "message": str(error)}
            print(json.dumps(answer), flush=True)


def _run(words: list[str]) -> dict[str, object]:
    """Run `related` with some words, as a terminal would."""
    printed, said = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
        code = run(words)
        printed.flush()
    return {"code": code, "out": printed.buffer.getvalue().decode(), "err": said.getvalue()}


def _standing(newsroom: Newsroom, id: str) -> dict[str, Any]:
    """Return where a held story stands, as the catalog has it."""
    found = newsroom.archive.catalog.get(id)
    assert found is not None
    story = found[1]
    times = {"embargo_until": story.embargo_until, "expires": story.expires}
    at = {name: time and time.timestamp() for name, time in times.items()}
    return {"status": story.status.value, "successor": story.successor, **at}


def _published(published: Any) -> dict[str, Any]:
    changed = [{"source": c.source, "before": c.before, "after": c.after} for c in published.changed]
    return {"outcome": published.outcome.value, "block": published.block.to_dict(), "changed": changed}


def _purge(purge: Any) -> dict[str, Any]:
    change = purge.change
    return {"num": purge.num, "source": change.source, "before": change.before, "after": change.after}


def _end_with(parent: int) -> None:
    """End this process when the one that started it has ended, however it did."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def main() -> None:
    """Open the door, until the process is told to end."""
    kind, archive = sys.argv[1], Path(sys.argv[2])
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    recommender.archive.archive.open_embedder = lambda *_, **__: HashEmbedder()  # type: ignore[assignment]
    if kind == "commands":
        _commands(archive)
        return
    with Newsroom.open(archive, embedder=HashEmbedder(), background=True) as newsroom:
        settings = load_service_settings(archive)
        if kind == "work":
            work(newsroom, settings)
        else:
            serve(newsroom, settings, "127.0.0.1", 0)


if __name__ == "__main__":
    main()
