"""Which engine holds an archive's hybrid vectors: makes and opens indexes for a view. Knows no SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from index import IndexInputError, SnapshotForeign, VectorIndex, load_index, open_index
from index.manifest import read_header
from recommender.archive.index_columns import FIELDS, STAMP
from recommender.archive.index_settings import LOCAL, IndexSettings
from recommender.archive.shared_index import SharedIndex, Use
from recommender.errors import SettingsError
from recommender.features.feature_store import Store
from recommender.features.hybrid_vectors import HybridModel


@dataclass(frozen=True)
class VectorEngine:
    """Where the vectors of one archive are.

    Attributes
    ----------
    settings : IndexSettings
        Which engine, and where it is.
    archive : str
        What tells the archive from all others.
    background : bool
        For a process that stays: what makes searches faster is built beside its work.
    to_follow : callable
        Which stories others changed that a store does not have yet.
    use : callable, optional
        Returns what says that a publisher's vectors are used.
    """

    settings: IndexSettings = field(default_factory=IndexSettings)
    archive: str = ""
    background: bool = False
    to_follow: Callable[[Store], Iterable[int]] = lambda _: ()
    use: Callable[[str], Use] | None = None

    def open(self, store: Store, hybrid: HybridModel) -> VectorIndex:
        """Return an index for the vectors of a model; on a server, what is held there of them.

        Raises
        ------
        SettingsError
            When the engine cannot be used at all: not installed, or the address is none.
        """
        if self.settings.engine == LOCAL:
            return open_index(LOCAL, hybrid.dimension, FIELDS, background=self.background)
        publisher = publisher_of(self.archive, hybrid.version)  # other models' vectors are no neighbours
        try:
            index = open_index(
                self.settings.engine,
                hybrid.dimension,
                (*FIELDS, STAMP),
                background=self.background,
                url=self.settings.url,
                publisher=publisher,
            )
        except IndexInputError as error:
            raise SettingsError(f"settings of [index]: {error}") from error
        use = None if self.use is None else self.use(publisher)
        return SharedIndex(index, store, hybrid, self.to_follow, use)

    def load(self, directory: Path, store: Store, hybrid: HybridModel) -> VectorIndex:
        """Open what an index saved.

        Raises
        ------
        SnapshotError
            When it is of another engine, or of no use.
        """
        kind = read_header(directory).kind
        if kind != self.settings.engine:
            raise SnapshotForeign(f"{directory} is of the engine {kind}, the settings name another")
        if kind == LOCAL:
            return load_index(directory, background=self.background)
        return self.open(store, hybrid)


def publisher_of(archive: str, version: str = "") -> str:
    """Return by which name a server has an archive's vectors of a version; how all do begin without one."""
    return f"{archive} {version}"


LOCAL_ENGINE = VectorEngine()
