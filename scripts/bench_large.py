"""What a large archive costs: a block, the memory that answers hold, everything derived made anew.

The archives are synthetic and hold vectors: nothing is embedded. They are kept in bench/out/archives, and
made where they are not (100,000 stories take some minutes and 1.5 GB, a million ten times that). 10,000 and
100,000 are measured, with `--within` the larger one only where the time is long enough, and a million where
that archive is kept: the short form asks it for blocks, and derives nothing of it anew. Blocks and memory are
asked of the kept archive, the rest of a copy; numpy computes in one thread, as in the service. Beside larger
archives stands linear growth from the smallest one of the run.

Example: python scripts/bench_large.py --stories 10000 100000 --pass --json bench/out/large.json
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import bench_blocks
import growth
from benchlib import Figure, check_environment, compared, copied, machine, report, write
from make_archive import ARCHIVES, is_kept, synthetic_archive
from synthetic_vectors import alone

SIZES, LARGEST = (10_000, 100_000), 1_000_000
TIMES_AS_LONG = 8  # that ten times as many stories take
UNITS = {
    "rebuild": "s",
    "rebuild, processor": "s",
    "rebuild, peak memory": "MB",
    "a block, p50": "ms",
    "a block, p99": "ms",
    "a block, processor, p50": "ms",
    "a block, processor, p99": "ms",
    "memory while serving": "MB",
    "memory while serving, not of files": "MB",
}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stories", type=int, nargs="+", help="sizes of the archives")
    parser.add_argument("--short", action="store_true", help="of a million stories blocks and memory alone")
    parser.add_argument("--within", type=float, metavar="SECONDS", help="leave out what takes longer")
    parser.add_argument("--answers", action="store_true", help="blocks and memory alone, nothing made anew")
    parser.add_argument("--pass", action="store_true", dest="whole", help="also make all blocks of each")
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    check_environment()
    sizes = sorted(arguments.stories or _with_largest())
    figures: list[Figure] = []
    first: growth.Values = {}
    begin = time.monotonic()
    for done, size in enumerate(sizes):
        spent = time.monotonic() - begin
        is_asked_alone = arguments.answers or (arguments.short and size == LARGEST)
        is_too_long = arguments.within and spent * (1 + TIMES_AS_LONG) > arguments.within
        if done and is_too_long and not is_asked_alone:
            print(f"left out, for want of time: {size:,} stories; alone: bench_large.py", file=sys.stderr)
            continue
        values = answered(size) if is_asked_alone else measured(size, whole=arguments.whole)
        figures += told(size, values, first, size / sizes[0])
        first = first or values
        if arguments.json:
            write(arguments.json, figures)  # a run that is ended leaves what it has
    title = f"Archives of {', '.join(f'{size:,}' for size in sizes)} stories"
    report(title, machine("numpy", "faiss-cpu", "sqlalchemy"), figures, arguments.json)


def _with_largest() -> list[int]:
    if is_kept(LARGEST):
        return [*SIZES, LARGEST]
    told = f"without {LARGEST:,} stories, which are not kept in {ARCHIVES}; to make them: bench_large.py"
    print(f"{told} --stories {LARGEST}", file=sys.stderr)
    return list(SIZES)


def answered(stories: int) -> growth.Values:
    """Return what blocks of one size take, and the memory that answers hold."""
    return _alone(answering, synthetic_archive(stories))


def measured(stories: int, *, whole: bool) -> growth.Values:
    """Return the figures of one size by name, each part measured in a process of its own."""
    archive, values = synthetic_archive(stories), answered(stories)
    with tempfile.TemporaryDirectory(dir=ARCHIVES) as directory:
        copy = copied(archive, Path(directory) / "archive")
        values |= _alone(rebuilding, copy)
        if whole:
            shutil.rmtree(copy)
            done = bench_blocks.run(bench_blocks.fresh(archive, copy))
            values["all blocks"] = done.seconds / 60
            values["all blocks, a second"] = done.blocks / done.seconds
    return values


def _alone(work: Callable[[Path], growth.Values], archive: Path) -> growth.Values:
    with alone() as process:
        return dict(process.submit(work, archive).result())


def answering(archive: Path) -> growth.Values:
    """Ask for blocks, see `growth.answering`; those of retrieval alone are measured elsewhere."""
    values = growth.answering(archive)
    return {name.replace("related", "a block"): value for name, value in values.items()}


def rebuilding(archive: Path) -> growth.Values:
    """Derive everything from the catalog, and save it."""
    before = _processor()
    values = growth.building(archive)
    told = {name.replace("build", "rebuild"): value for name, value in values.items()}
    return told | {"rebuild, processor": _processor() - before}


def _processor() -> float:
    """Return the processor time, s, of this process, and of those that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def told(stories: int, values: growth.Values, first: growth.Values, times: float) -> list[Figure]:
    """Return the figures of one size, each beside linear growth from the smallest one's."""
    figures = []
    for name, value in values.items():
        rate = name.endswith("a second")
        base = first[name] * (1 if rate else times) if name in first else None
        unit = "/s" if rate else UNITS.get(name, "min")
        figures.append(compared(f"{stories:,} stories: {name}", value, unit, base, more_is_better=rate))
    return figures


if __name__ == "__main__":
    main()
