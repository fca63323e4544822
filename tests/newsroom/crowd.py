"""A process of a crowd over one archive: run as ``python -m tests.newsroom.crowd ROLE ARCHIVE SEED SECONDS``.

A reader asks for blocks, a writer withdraws and restores. Each writes what it saw and did as JSON lines, with
the times of the machine's monotonic clock, which all processes share.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from recommender.errors import ArchiveBusyError, HiddenError
from recommender.newsroom import Newsroom, Worker
from tests.fakes import HashEmbedder
from tests.newsroom.world import SUBJECTS, WIDE

STORIES = [f"{SUBJECTS[n % 3].split()[0]}{n}" for n in range(12)]

LEAST = {"read": 51, "write": 3}  # answers, and withdrawals that changed something


def reads(newsroom: Newsroom, chance: random.Random) -> Iterator[dict[str, object]]:
    """Ask for a block again and again."""
    while True:
        name, begins = chance.choice(STORIES), time.monotonic()
        try:
            shown = [slot.story.id for slot in newsroom.block(name).slots]
        except HiddenError:
            shown = []
        else:
            shown.append(name)
        yield {"begins": begins, "ends": time.monotonic(), "shown": shown}


def writes(newsroom: Newsroom, chance: random.Random) -> Iterator[dict[str, object]]:
    """Withdraw a story and bring it back, again and again, while the worker works."""
    worker = Worker(newsroom)
    worker.start()
    while True:
        name = chance.choice(STORIES)
        for act in (newsroom.withdraw, newsroom.restore):
            begins = time.monotonic()
            try:
                outcome = act(name).outcome
            except ArchiveBusyError:
                continue
            done = {"begins": begins, "ends": time.monotonic(), "name": name, "outcome": outcome.value}
            yield done | {"withdrawn": act == newsroom.withdraw}
            time.sleep(chance.random() / 20)


def main(role: str, archive: str, seed: str, seconds: str) -> None:
    """Play a role for so many seconds, or as long as it takes for some acts where the machine is slow."""
    chance, ends = random.Random(f"{role} {seed}"), time.monotonic() + float(seconds)
    lacking = LEAST[role]
    newsroom = Newsroom.open(Path(archive), WIDE, HashEmbedder(32))
    for line in {"read": reads, "write": writes}[role](newsroom, chance):
        print(json.dumps(line))
        lacking -= role == "read" or (line["withdrawn"] is True and line["outcome"] == "updated")
        if time.monotonic() > ends and lacking <= 0:
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
