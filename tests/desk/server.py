"""The service with its desk as a process that needs no model: python -m tests.desk.server DIR."""

from __future__ import annotations

import sys
from pathlib import Path

from recommender.desk.app import routes
from recommender.newsroom import Newsroom
from recommender.service.server import serve
from recommender.service.settings import load_service_settings
from tests.fakes import HashEmbedder


def main() -> None:
    """Serve an archive on a free port until told to stop."""
    archive = Path(sys.argv[1])
    with Newsroom.open(archive, embedder=HashEmbedder()) as newsroom:
        serve(newsroom, load_service_settings(archive), "127.0.0.1", 0, pages=routes)


if __name__ == "__main__":
    main()
