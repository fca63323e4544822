"""The service as a process whose clock an attacker moves: python -m tests.attack.server DIR PORT.

The file `clock-offset` beside the archive says by how many seconds.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from recommender.newsroom import Newsroom
from recommender.service.server import serve
from recommender.service.settings import load_service_settings
from tests.fakes import HashEmbedder

OFFSET = "clock-offset"


def main() -> None:
    """Serve an archive until told to stop."""
    archive, port = Path(sys.argv[1]), int(sys.argv[2])
    offset = archive.with_name(OFFSET)

    def clock() -> float:
        return time.time() + float(offset.read_text("ascii") or 0)

    with Newsroom.open(archive, embedder=HashEmbedder(), clock=clock, background=True) as newsroom:
        serve(newsroom, load_service_settings(archive), "127.0.0.1", port)


if __name__ == "__main__":
    main()
