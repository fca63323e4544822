"""Many archives served by a process that needs no model: python -m tests.service.publishers_server DIR."""

from __future__ import annotations

import sys
from pathlib import Path

from recommender.desk.app import routes
from recommender.service.server import serve_publishers
from tests.fakes import HashEmbedder


def main() -> None:
    """Serve all archives of a directory on a free port until told to stop."""
    embedder = HashEmbedder()
    serve_publishers(Path(sys.argv[1]), "127.0.0.1", 0, pages=routes, models=lambda *_, **__: embedder)


if __name__ == "__main__":
    main()
