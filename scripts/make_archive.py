"""Make synthetic archives of any size: text for ingest tests, or a whole archive with perturbed real vectors.

Nothing in them was ever published: phrases of the seeds are mixed by chance, names are two halves of words,
and vectors are those of the seeds, mixed likewise and disturbed. Sizes, dates, bursts, reprints and the
distances between stories are like a newsroom's; what the stories say is not.

Usage:
    python scripts/make_archive.py --stories 100000 --text stories.jsonl
    python scripts/make_archive.py --stories 100000 --archive big --from demo/archive
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
from synthetic import BLOCK, ROOT, Material, Newsroom, Painter, Vectors

from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.catalog import Catalog, StoryEntry
from recommender.cli.progress_bar import progress
from recommender.errors import RelatedError

T = TypeVar("T")

DEMO = ROOT / "demo" / "archive"
ARCHIVES = ROOT / "bench" / "out" / "archives"
_WHOLE = "synthetic.done"  # a file that says that none of the stories is missing

BLOCKS = 4  # blocks of stories a task, and a transaction: about a second of work
AHEAD = 2  # tasks a worker that may wait to be written: what bounds the memory


def main() -> None:
    """Read the arguments, and make what they ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--stories", type=int, required=True, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other stories")
    parser.add_argument("--text", type=Path, help="write JSON Lines to this file")
    parser.add_argument("--archive", type=Path, help="make, or go on with, the archive in this directory")
    parser.add_argument("--from", dest="source", type=Path, default=DEMO, help="an archive of the seeds")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    arguments = parser.parse_args()
    if arguments.text is None and arguments.archive is None:
        parser.error("name what to write: --text FILE or --archive DIRECTORY")
    try:
        if arguments.text is not None:
            write_text(arguments.text, arguments.stories, arguments.seed, arguments.workers)
        if arguments.archive is not None:
            fill(arguments.archive, arguments.source, arguments.stories, arguments.seed, arguments.workers)
    except RelatedError as error:
        sys.exit(str(error))


def synthetic_archive(stories: int, directory: Path = ARCHIVES, *, derive: bool = True) -> Path:
    """Return an archive of the first so many stories, made now if it was not made before.

    Who needs the catalog alone says so by ``derive``: an index takes longer than the stories.
    """
    path = _place(stories, directory)
    if not is_kept(stories, directory):
        path.mkdir(parents=True, exist_ok=True)
        fill(path, DEMO, stories, seed=1, workers=os.cpu_count() or 1, derive=derive)
        (path / _WHOLE).touch()
    return path


def is_kept(stories: int, directory: Path = ARCHIVES) -> bool:
    """Return whether `synthetic_archive` has made one of so many stories."""
    return (_place(stories, directory) / _WHOLE).exists()


def _place(stories: int, directory: Path) -> Path:
    return directory / f"synthetic-{stories}"


def write_text(path: Path, stories: int, seed: int, workers: int) -> None:
    """Write the first so many stories as JSON Lines."""
    with path.open("wb") as file, progress("writing stories", stories) as done:
        for lines in _in_order(_lines, 0, stories, workers, seed, None):
            file.writelines(lines)
            done(len(lines))


def fill(path: Path, source: Path, stories: int, seed: int, workers: int, *, derive: bool = True) -> None:
    """Make an archive of the first so many stories, or go on with one that was begun; then derive its index.

    Parameters
    ----------
    path : Path
        Where the archive is, or will be.
    source : Path
        An archive that holds the seeds with their vectors, as `make demo` builds one.
    derive : bool
        Whether to derive the index; who opens the archive does it otherwise.
    """
    if not (source / "catalog.sqlite").exists():
        sys.exit(f"no archive in {source}; run: make demo")
    if not (path / "catalog.sqlite").exists():
        with Catalog.open(source / "catalog.sqlite", read_only=True) as held:
            model = held.model()
        with Archive.create(ArchivePlace.alone(path)) as archive:
            if model is not None:
                archive.catalog.use_model(model, now=time.time())
    with Catalog.open(path / "catalog.sqlite") as catalog:
        first = catalog.statistics().stories
        with progress("writing stories", stories - first) as done:
            for entries in _in_order(_entries, first, stories, workers, seed, source):
                catalog.write(entries, now=time.time())
                done(len(entries))
    if derive:
        print("deriving the index", file=sys.stderr)
        Archive.open(ArchivePlace.alone(path)).close()


def seed_vectors(source: Path, material: Material) -> dict[str, Vectors]:
    """Return the vectors of the seeds, by id.

    Raises
    ------
    SystemExit
        When the archive lacks some of them.
    """
    with Catalog.open(source / "catalog.sqlite", read_only=True) as catalog:
        nums = catalog.nums_of(material.ids)
        rows = {row.story.id: row.vectors for row in catalog.rows_of(list(nums.values()))}
    real = {key: vectors for key, vectors in rows.items() if vectors is not None}
    missing = [key for key in material.ids if key not in real]
    if missing:
        sys.exit(f"{source} lacks {len(missing)} seed stories, {missing[0]} first; run: make demo")
    return real


# In the worker processes, each with a workshop of its own: the seeds are read once, when it starts.


@dataclass(slots=True)
class _Workshop:
    newsroom: Newsroom
    painter: Painter | None = None


_open: list[_Workshop] = []


def _prepare(seed: int, source: Path | None) -> None:
    newsroom = Newsroom(Material.read(), seed)
    painter = None if source is None else Painter(newsroom, seed_vectors(source, newsroom.material))
    _open[:] = [_Workshop(newsroom, painter)]


def _lines(start: int, stop: int) -> list[bytes]:
    stories = _open[0].newsroom.stories(start, stop)
    return [msgspec.json.encode(story.to_json()) + b"\n" for story in stories]


def _entries(start: int, stop: int) -> list[StoryEntry]:
    shop = _open[0]
    paint = shop.painter.vectors if shop.painter else None
    return [
        StoryEntry(shop.newsroom.story(number), paint(number) if paint else None)
        for number in range(start, stop)
    ]


def _in_order(
    make: Callable[[int, int], list[T]], first: int, last: int, workers: int, seed: int, source: Path | None
) -> Iterator[list[T]]:
    """Yield what ``make`` makes of the numbers ``first`` to ``last``, a task at a time, made by processes."""
    step = BLOCKS * BLOCK
    waiting: deque[Future[list[T]]] = deque()
    with ProcessPoolExecutor(workers, initializer=_prepare, initargs=(seed, source)) as pool:
        for start in range(first, last, step):
            waiting.append(pool.submit(make, start, min(start + step, last)))
            if len(waiting) > AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


if __name__ == "__main__":
    main()
