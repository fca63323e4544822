"""Bulk loading of very many stories, killed three times before it ends; then every row is looked at.

Each run is a process of its own with a Ray of its own, as `related bulk` is; it is killed with all it has
started (SIGKILL) at moments that its own progress names: while it embeds, and while it takes the stories in.
Stories are synthetic. Their vectors are stand-ins that follow from the text, so that the right ones are
known: what a model would take is not in the figures.

Example: python scripts/bench_bulk.py --stories 100000 --json bench/out/bulk.json
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from benchlib import Figure, check_environment, machine, report
from growth import StandIn
from make_archive import write_text
from synthetic import Material, Newsroom

from recommender import Story
from recommender.archive.archive import Archive
from recommender.archive.importing import add_found
from recommender.archive.intake import embedded, model_of
from recommender.bulk import LOCAL, prepare_ray
from recommender.bulk.blocks import blocks, read
from recommender.bulk.job import Job
from recommender.bulk.places import PART
from recommender.catalog.reading import Row
from recommender.ingest.base import Options, Refused
from recommender.story.hashes import text_hash

SEED = 1
FILES = 8
KILLS = (("embedded", 0.3), ("embedded", 0.7), ("added", 0.5))
"""When a run is killed: as soon as it has said that so much of all stories was embedded, or added."""
EMBEDDED, ADDED = "embedded", "added"
SHOWN = 5  # problems


@dataclass(frozen=True, slots=True)
class Run:
    """How one went: seconds until it was killed, or ended; what it said it had done."""

    seconds: float
    embedded: int
    added: int
    killed: bool


def main() -> None:
    """Make the stories, load them with interruptions, check, and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stories", type=int, default=100_000, help="how many")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--scratch", type=Path, help="folder for what is deleted at the end")
    parser.add_argument("--run", nargs=3, metavar=("ARCHIVE", "SHARDS", "SOURCES"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        load(*map(Path, arguments.run))
        return
    check_environment()
    if arguments.scratch:
        arguments.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as home:
        figures, problems = measure(arguments.stories, Path(home))
    title = f"{arguments.stories:,} stories in bulk, killed {len(KILLS)} times"
    report(title, machine("ray", "pyarrow", "numpy"), figures, arguments.json)
    for problem in problems[:SHOWN]:
        print(problem)
    sys.exit(f"{len(problems)} rows are not as they should be" if problems else 0)


def measure(
    stories: int, home: Path, kills: Sequence[tuple[str, float]] = KILLS
) -> tuple[list[Figure], list[str]]:
    """Return the figures, and what is not as it should be."""
    sources = home / "sources"
    write_sources(stories, sources)
    Archive.create(home / "archive", embedder=StandIn()).close()
    runs = [run(home, (word, int(share * stories))) for word, share in kills]
    runs.append(run(home))
    problems = list(wrong_rows(home / "archive", stories)) + list(wrong_shards(home / "shards", sources))
    return list(told(runs, stories, home, len(problems))), problems


def write_sources(stories: int, folder: Path) -> None:
    """Write the stories to some files of JSON Lines."""
    folder.mkdir()
    whole = folder.with_suffix(".jsonl")
    write_text(whole, stories, SEED, os.cpu_count() or 1)
    files = [(folder / f"{number}.jsonl").open("wb") for number in range(FILES)]
    try:
        with whole.open("rb") as lines:
            for number, line in enumerate(lines):
                files[number * FILES // stories].write(line)
    finally:
        for file in files:
            file.close()
    whole.unlink()


def run(home: Path, kill_at: tuple[str, int] | None = None) -> Run:
    """Load in a process of its own; kill it once it has said a word for so many stories in all."""
    command = [
        sys.executable,
        __file__,
        "--run",
        *(str(home / name) for name in ("archive", "shards", "sources")),
    ]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    begun, counts, killed = time.perf_counter(), {EMBEDDED: 0, ADDED: 0}, False
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            word, _, count = line.partition(" ")
            counts[word] += int(count)
            if kill_at is not None and counts[kill_at[0]] >= kill_at[1]:
                os.killpg(process.pid, signal.SIGKILL)
                killed = True
                break
    if process.returncode not in (0, -signal.SIGKILL) or killed != (kill_at is not None):
        raise RuntimeError(f"a run ended with {process.returncode}, {counts}")
    seconds = time.perf_counter() - begun
    print(f"{'killed' if killed else 'ended'} after {seconds:.0f} s: {counts}", file=sys.stderr, flush=True)
    return Run(seconds, counts[EMBEDDED], counts[ADDED], killed)


def load(archive: Path, shards: Path, folder: Path) -> None:
    """Embed and take in, as the command does; say what is done."""
    prepare_ray(LOCAL)
    from recommender.bulk.loading import reading
    from recommender.bulk.ray_embedding import Machines, embed

    with Archive.open(archive, embedder=StandIn()) as opened:
        job = Job(
            sources=[str(path) for path in sorted(folder.iterdir())],
            shards=str(shards),
            model=model_of(opened.embedder),
            open_embedder=StandIn,
        )
        embed(job, Machines(), partial(print, EMBEDDED, flush=True))
        with reading(job, opened) as items:
            add_found(opened, items, _refuse, partial(print, ADDED, flush=True))


def _refuse(item: Refused) -> None:
    raise RuntimeError(f"{item.id} was refused: {item.error}")


def wrong_rows(archive: Path, stories: int) -> list[str]:
    """Return what is wrong with an archive that should hold the first so many stories with their vectors."""
    newsroom, embedder, found = Newsroom(Material.read(), SEED), StandIn(), list[str]()
    with Archive.open(archive, embedder=embedder) as opened:
        rows = opened.catalog.rows()
        number = -1
        for number, row in enumerate(rows):
            if number >= stories:
                found.append(f"{row.story.id} is one too many")
            elif not is_right(row, newsroom.story(number), embedder):
                found.append(f"row {number} is not story {number}, or not with its vectors")
        if number + 1 < stories:
            found.append(f"{stories - number - 1:,} stories are missing")
        if (changes := opened.catalog.last_seq()) != stories:
            found.append(f"{changes:,} changes are in the log")
        if opened.view.index is None or len(opened.view.index) != stories:
            found.append("the index does not hold all of them")
    return found


def is_right(row: Row, story: Story, embedder: StandIn) -> bool:
    """Return whether a row of the catalog is a story with the vectors that an embedder makes of it."""
    key = text_hash(story)
    vectors, _ = embedded({key: story}, embedder)
    return row.story == story and row.vectors is not None and np.array_equal(row.vectors, vectors[key])


def wrong_shards(shards: Path, folder: Path) -> list[str]:
    """Return which shards are missing, or are those of no block; the first few alone are named."""
    model = model_of(StandIn()).hash
    wanted = {
        f"{block.name(model)}.parquet"
        for source in sorted(folder.iterdir())
        for block in blocks(read(str(source), Options(), None))
    }
    there = {path.name for path in shards.iterdir() if not path.name.endswith(PART)}
    return [f"the shard {name} is missing, or of no block" for name in sorted(wanted ^ there)]


def told(runs: Sequence[Run], stories: int, home: Path, problems: int) -> list[Figure]:
    """Return the figures of all runs."""
    figures = []
    for number, each in enumerate(runs, 1):
        how = "killed after" if each.killed else "ended after"
        figures.append(Figure(f"run {number}, {how}", each.seconds, "s"))
        figures.append(Figure(f"run {number}, said to be added", each.added, "stories"))
    size = sum(path.stat().st_size for path in (home / "shards").iterdir())
    figures.append(Figure("shards", size / stories, "bytes a story"))
    figures.append(Figure("all runs", 1000 * sum(each.seconds for each in runs) / stories, "ms a story"))
    figures.append(Figure("rows that are not as they should be", problems, "of " + f"{stories:,}"))
    return figures


if __name__ == "__main__":
    main()
