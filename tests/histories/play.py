"""Plays a random history against services, two library processes and the command line over one archive.

    python -m tests.histories.play OPERATIONS [SEED [ADDRESS]]

ADDRESS is that of a PostgreSQL database, for a catalog there: three services, two workers and the others are
machines then, and after each write all services are asked for all pages until as many were answered.

Every answer is held against `Model`: nobody is shown, told or sent what readers may not see just then. The
same seed asks for the same operations; how far the services' workers have come is up to the machine.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.histories.processes import all_doors
from tests.histories.together import Together
from tests.histories.writes import NAMES

QUIET_EVERY = 2000  # operations
SHARD = 10_000  # operations over one archive
MIXED = 200  # operations by all doors before all copies are asked


class Player(Together):
    """One history."""

    def play(self, operations: int) -> None:
        """Fill the archive, then do so many operations at random."""
        for name in NAMES[: len(NAMES) // 2]:
            self.publish(name)
        moves: dict[Callable[[], None], int] = {
            self.read_page: 70,
            self.read_library: 20,
            self.read_fragment: 14,
            self.read_by_address: 10,
            self.ask_text: 6,
            self.ask_command: 2,
            self.some_publish: 8,
            self.send_again: 4,
            self.send_many: 1,
            self.amend: 5,
            self.delete: 1,
            self.edit: 6,
            self.write_together: 2,
            self.rehearse: 2,
            self.rehearse_call: 1,
            self.pass_time: 4,
            self.read_outbox: 1,
        }
        chosen = self.random.choices(list(moves), list(moves.values()), k=operations)
        for number, move in enumerate(chosen, 1):
            try:
                move()
                if number % QUIET_EVERY == 0:
                    self.check_quiet()
                    print(f"{number:,} done", flush=True)
            except AssertionError as error:
                error.add_note(f"in operation {number:,}, {move.__name__}")
                raise
            self.done[move.__name__] += 1
        self.check_quiet()

    def ask_all_copies(self, answers: int) -> None:
        """Write by one door, and ask all services for all pages, until there were so many answers."""
        moves = {
            self.some_publish: 8,
            self.send_again: 3,
            self.amend: 6,
            self.edit: 5,
            self.delete: 1,
            self.pass_time: 5,
            self.write_together: 1,
        }
        while self.answers < answers:
            (move,) = self.random.choices(list(moves), list(moves.values()))
            try:
                move()
                for service in self.doors.services:
                    self.read_pages(service)
            except AssertionError as error:
                error.add_note(f"after {self.answers:,} answers, {move.__name__}")
                raise
        self.check_quiet()


@contextmanager
def a_player(folder: Path, seed: int, catalog_url: str = "") -> Iterator[Player]:
    """Yield a player over an empty archive, with all its processes."""
    with all_doors(folder, catalog_url) as doors:
        yield Player(doors, seed)


def main() -> None:
    """Play so many operations, in histories of `SHARD` at most, each with a seed of its own."""
    operations = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(4))
    address = sys.argv[3] if len(sys.argv) > 3 else ""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends the processes, too
    for shard, begun in enumerate(range(0, operations, SHARD)):
        catalog_url = f"{address}?schema=history_{seed + shard}" if address else ""
        play(min(SHARD, operations - begun), seed + shard, catalog_url)


def play(operations: int, seed: int, catalog_url: str) -> None:
    """Play one history, and say what is needed to play it again."""
    print(f"{operations:,} operations, seed {seed}", flush=True)
    begins = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, a_player(Path(folder), seed, catalog_url) as player:
        player.play(min(operations, MIXED) if catalog_url else operations)
        if catalog_url:
            player.ask_all_copies(operations)
    took = f"{time.monotonic() - begins:.0f} s, {player.answers:,} answers of services"
    print(f"1 passed, 0 failed ({took}): {dict(player.done)}", flush=True)


if __name__ == "__main__":
    main()
