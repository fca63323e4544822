"""What decides which stories the engine puts in a block, besides the stories: one hash. Knows no block.

All settings count but those that are named here, so that a new one counts unless somebody has thought of it;
weights count by what they say, whatever they are called; and the code counts as it is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

import msgspec

from recommender.features import feature_store
from recommender.ranking.weights import Ranker
from recommender.settings import Settings

FORMAT = 3  # of stored blocks; raised when what is stored in them changes meaning

CANNOT_MATTER = frozenset(
    {
        "zone",  # stories are held with the times that it gave them
        # stories are held with their vectors, which count by the weights
        "model", "quick_start", "runtime", "model_cache",
        "past_only",  # of the bare engine; `follow_ups` is what stored blocks go by
        "ranker", "learn",  # a path, and whether what lies there may change; what lies there counts
        "diff_blocks", "diff_seconds", "busy_seconds",  # when a block is made, not what it holds
        "keep_days", "audit_days",  # of what was told and undone, and of who was let in
        "max_body",  # of what is let in
        # what they change of the keys that are held is in the change log
        "address_hosts", "address_drop", "address_keep", "address_endings",
    }
)  # fmt: skip
"""Names of settings."""

DECIDING_CODE = {
    "recommender": (
        "analysis",
        "archive/index_columns.py",
        "archive/link_graph.py",
        "archive/live_translations.py",
        "archive/shared_index.py",
        "archive/view.py",
        "data",
        "embedding/nearness.py",
        "engine/assembly.py",
        "engine/engine.py",
        "engine/question.py",
        "engine/requested_filters.py",
        "engine/retrieval.py",
        "engine/search_scope.py",
        "engine/selection.py",
        "engine/steering.py",
        "engine/translated_stories.py",
        "features",
        "newsroom/block_builder.py",
        "newsroom/block_due.py",
        "newsroom/heirs.py",
        "newsroom/inbound_cap.py",
        "newsroom/layout.py",
        "newsroom/linked_translations.py",
        "newsroom/team_draft.py",
        "ranking",
        "story/languages.py",
        "story/link_policy.py",
    ),
    "index": ("faiss", "filters.py", "servers", "storage/kernels"),
}
"""Modules, packages and data whose every change may change a block."""

OF_OTHER_PARTS = frozenset(
    {"suggestions.json", "event_pairs.py", "phrases.py", "running_stories.py", "static.npz"}
)
"""Files among them that no block is made by: links that are suggested to writers, running stories, and what
vectors are made by, which count by its hash."""

SOURCES = (".py", ".pyx", ".json", ".npz", ".txt")
"""How the names of such files end."""


def recipe(settings: Settings, ranker: Ranker, weights: str, lexical: str) -> str:
    """Return sixteen hex digits that change with whatever may change a block.

    Parameters
    ----------
    settings : Settings
    ranker : Ranker
    weights : str
        The hash of the embedding model.
    lexical : str
        The version of the lexical model.
    """
    chosen = {name: value for name, value in asdict(settings).items() if name not in CANNOT_MATTER}
    model = ranker.model
    learned = (model.weights, model.history, ranker.deviations, ranker.ranges, ranker.calibration)
    parts = (FORMAT, feature_store.FORMAT, code_version(), weights, lexical, learned, chosen)
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:16]


@cache
def code_version() -> str:
    """Return a hash of the source of all that ranks and answers: less than 1 MB, read once."""
    digest = hashlib.sha256()
    for package, names in DECIDING_CODE.items():
        for name in names:
            for file in sources(resources.files(package) / name):
                digest.update(file.read_bytes())
    return digest.hexdigest()


def sources(place: Traversable) -> Iterator[Traversable]:
    """Yield the files of a place that decide what is answered, in a fixed order."""
    if place.is_dir():
        for inner in sorted(place.iterdir(), key=lambda one: one.name):
            yield from sources(inner)
    elif place.name not in OF_OTHER_PARTS and place.name.endswith(SOURCES):
        yield place
