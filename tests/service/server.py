"""The service as a process, with an embedder that needs no model: python -m tests.service.server DIR PORT."""

from __future__ import annotations

import sys
from pathlib import Path

from recommender.newsroom import Newsroom
from recommender.service.server import serve
from recommender.service.settings import load_service_settings
from tests.fakes import HashEmbedder


def main() -> None:
    """Serve an archive until told to stop."""
    archive, port = Path(sys.argv[1]), int(sys.argv[2])
    with Newsroom.open(archive, embedder=HashEmbedder()) as newsroom:
        newsroom.archive.opened = lambda _: HashEmbedder()  # whichever is asked for, to go over to it
        serve(newsroom, load_service_settings(archive), "127.0.0.1", port)


if __name__ == "__main__":
    main()
