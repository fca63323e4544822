"""How fast the desk's pages answer with 100,000 stories, while other pages ask for their blocks.

One person looks: each page is asked for, and the next one when it has come. Beside each figure stands the
same without the blocks, and how much of that the service's process computed: the rest is waiting, on a
loaded machine mostly for the processor. The archive is synthetic (see `make_archive.py`), and a person is
added to it. The blocks that are asked for are made before. A page that was turned away (503) counts as the
longest wait.

Example: python scripts/bench_desk.py --stories 100000 --json bench/out/desk.json
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import httpx
import numpy as np
from bench_service import SERVE, process_of, run_load, wait_ready
from benchlib import Figure, check_environment, compared, machine, report
from load import SHED, Load
from make_archive import synthetic_archive

from recommender.catalog import Catalog
from recommender.client import Client
from recommender.desk.people import People
from recommender.desk.roles import Role
from recommender.desk.safety import SESSION
from recommender.desk.story import SCRIPTS
from recommender.service.keys import Keyring, Right
from recommender.service.settings import ServiceSettings
from recommender.story.story import Story, visible_window

LOOKS = 60  # at each page, of which the first is the first of the service
BLOCKS = 300  # blocks a second that are asked for beside
PAGES = 200  # of which they are
BAR = 200  # milliseconds that the p95 of the front, a search and a story's page may take
PERSON = "bench-desk"
TURNED_AWAY = 1000 * ServiceSettings().read_wait_seconds

Paths = Mapping[str, Iterator[str]]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--archive", type=Path, help="one that is there, in place of a synthetic one")
    parser.add_argument("--looks", type=int, default=LOOKS, help="at each page")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    check_environment()
    archive = arguments.archive or synthetic_archive(arguments.stories)
    figures = measured(archive, arguments.looks)
    report(f"The desk on {archive}", machine("starlette", "jinja2", "numpy"), figures, arguments.json)
    for figure in figures:
        if figure.name.endswith("p95") and figure.name.split(",")[0] in ("front", "search", "story"):
            print(
                f"{'held' if figure.value < BAR else 'missed'}: {figure.name} {figure.value:.0f} of {BAR} ms"
            )


def measured(archive: Path, looks: int) -> list[Figure]:
    """Return p50 and p95 of each page, with blocks asked for beside, each beside the same without."""
    with Catalog.open(archive / "catalog.sqlite") as catalog:
        keys = Keyring(catalog)
        if "bench" in {key.name for key in keys.list()}:
            keys.remove("bench")
        key = keys.add("bench", Right)
        people = People(catalog, time.time)
        if people.find(PERSON) is None:
            people.add(PERSON, Role.EDITOR)
        token = people.begin_session(people.named(PERSON), 1) or ""
        nums = catalog.nums()
        some = catalog.by_nums(nums[:: max(1, len(nums) // (3 * PAGES))]).values()
        stories = [story for story in some if _is_public(story)]
    blocks = [f"/stories/{quote(story.id, safe='')}/related" for story in stories[:PAGES]]
    words = [word for story in stories for word in story.headline.split() if len(word) > 4]
    with process_of("-c", SERVE, "serve", "--archive", str(archive), "--port", "0") as (process, port):
        with Client(f"http://127.0.0.1:{port}", key) as client:
            wait_ready(client)
        cookies = {SESSION: token, SCRIPTS: "1"}  # of a browser that has shown a page of the desk before
        browser = httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies=cookies, timeout=60)
        with browser:
            for path in blocks:  # made, and in memory
                browser.get(path, headers={"authorization": f"Bearer {key}"}).raise_for_status()
            first = {name: _timed(browser, next(paths)) for name, paths in _paths(stories, words).items()}
            computed = _looked(browser, _paths(stories[7:], words[::-1]), looks, process.pid)
            alone = _looked(browser, _paths(stories[70:], words[3:]), looks)
            load = Load(port, blocks, key, connections=8, rate=BLOCKS)
            beside = _beside(load, lambda: _looked(browser, _paths(stories, words[7:]), looks))
    figures = [Figure(f"{name}, the first", milliseconds, "ms") for name, milliseconds in first.items()]
    for name, times in beside.items():
        for share in (50, 95):
            value, without = (float(np.percentile(some, share)) for some in (times, alone[name]))
            figures.append(compared(f"{name}, p{share}", value, "ms", without))
        figures.append(Figure(f"{name}, processor, p50", float(np.median(computed[name])), "ms"))
    return figures


def _is_public(story: Story) -> bool:
    begins, ends = visible_window(story)
    return begins <= time.time() < ends


def _paths(stories: list[Story], words: list[str]) -> Paths:
    """Return where each page is, another one at each look."""
    ids = (quote(story.id, safe="") for story in itertools.cycle(stories))
    cycle = itertools.cycle(stories)  # of the story looked at before, as its page asks
    pairs = zip(itertools.cycle(words), itertools.cycle(words[3:]), strict=False)
    return {
        "front": (f"/desk?page={number}" for number in itertools.count(1)),
        "search": (f"/desk?q={quote(f'{one} {other[:3]}')}" for one, other in pairs),
        "story": (f"/desk/stories/{id}" for id in ids),
        "behind a block": (f"/desk/stories/{quote(story.id, safe='')}?part=behind" for story in cycle),
        "block in its frame": (
            f"/desk/stories/{quote(story.id, safe='')}/block" for story in itertools.cycle(stories)
        ),
        "map": itertools.repeat("/desk/map"),
        "to look at": itertools.repeat("/desk/attention"),
    }


def _looked(browser: httpx.Client, pages: Paths, looks: int, pid: int = 0) -> dict[str, list[float]]:
    """Return the milliseconds of each look, the pages in turn; of a process: what it computed meanwhile."""
    times: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(looks):
        for name, paths in pages.items():
            begin = _computed(pid) if pid else 0.0
            waited = _timed(browser, next(paths))
            times[name].append(_computed(pid) - begin if pid else waited)
    return times


def _computed(pid: int) -> float:
    """Return the processor milliseconds that all threads of a process have taken."""
    nanoseconds = (
        int(Path(task, "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()
    )
    return sum(nanoseconds) / 1e6


def _timed(browser: httpx.Client, path: str) -> float:
    begin = time.perf_counter()
    answer = browser.get(path)
    milliseconds = (time.perf_counter() - begin) * 1000
    if answer.status_code == SHED:
        return max(milliseconds, TURNED_AWAY)
    if answer.status_code != httpx.codes.OK:
        raise RuntimeError(f"{path} answers {answer.status_code}: {answer.text[-500:]}")
    return milliseconds


def _beside(load: Load, look: Callable[[], dict[str, list[float]]]) -> dict[str, list[float]]:
    """Look while blocks are asked for, in pieces of some seconds until the looking ends."""
    stop, answered = threading.Event(), []

    def ask_on() -> None:
        while not stop.is_set():
            answered.append(run_load(load))

    thread = threading.Thread(target=ask_on)
    thread.start()
    try:
        return look()
    finally:
        stop.set()
        thread.join()
        rate = statistics.median(result.per_second for result in answered)
        print(f"{rate:.0f} blocks a second beside, p99 {max(result.p99 for result in answered):.0f} ms")


if __name__ == "__main__":
    main()
