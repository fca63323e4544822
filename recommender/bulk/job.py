"""What is to be embedded in bulk, and by what. Knows no Ray and no archive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from recommender.bulk.places import Place, absolute
from recommender.bulk.shards import Shards
from recommender.catalog import Model
from recommender.embedding import Embedder
from recommender.ingest.base import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be embedded, as every task and actor is told it.

    Parameters
    ----------
    sources : sequence of str
        Files or folders that every machine can read.
    options : Options
        How they are read.
    kind : str or None
        Of the sources.
    shards : str
        Folder of the shards; every machine can write there.
    model : Model
        The archive's.
    open_embedder : callable
        Opens it on the machine where it is called.
    """

    sources: Sequence[str]
    options: Options = field(default_factory=Options)
    kind: str | None = None
    shards: str
    model: Model
    open_embedder: Callable[[], Embedder]

    def everywhere(self) -> Self:
        """Return the same for machines that work in another directory."""
        return replace(self, sources=[absolute(each) for each in self.sources], shards=absolute(self.shards))

    def open_shards(self) -> Shards:
        """Return the shards as this machine sees them."""
        return Shards(Place.of(self.shards), self.model)
