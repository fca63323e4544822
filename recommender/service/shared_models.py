"""Embedding models of a process with many archives: each is opened once."""

from __future__ import annotations

import threading
from pathlib import Path

from recommender.embedding import Embedder, open_embedder


class SharedModels:
    """Opens models as `open_embedder` does, each once."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, Path | None, str], Embedder] = {}
        self._lock = threading.Lock()

    def __call__(self, model: str, cache_dir: Path | None = None, runtime: str = "auto") -> Embedder:
        """Return a model; raises as `open_embedder` does."""
        key = (model, cache_dir, runtime)
        with self._lock:
            if key not in self._held:
                self._held[key] = open_embedder(model, cache_dir=cache_dir, runtime=runtime)
            return self._held[key]
