"""What is derived from a catalog, on disk: written by generations, mapped by all that open the archive."""

from __future__ import annotations

from pathlib import Path

from index import (
    Check,
    Generation,
    SnapshotBusy,
    SnapshotCorrupt,
    SnapshotError,
    SnapshotForeign,
    SnapshotLinked,
    SnapshotMissing,
    Snapshots,
)
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.link_graph import LiveLinkGraph
from recommender.archive.private_files import DERIVED
from recommender.archive.vector_engine import VectorEngine
from recommender.archive.vector_use import VectorUse
from recommender.archive.view import View
from recommender.catalog import Catalog
from recommender.errors import ArchiveBusyError, ArchiveError, ArchiveVersionError
from recommender.features.hybrid_vectors import HybridModel

ARCHIVE_ID = "archive_id"  # settings of the catalog: a snapshot of another archive is foreign

NONE_YET = "there is none yet"


def standing_of(directory: Path) -> int:
    """Return the number of the last change that the newest snapshot holds, 0 where there is none."""
    try:
        return int(Snapshots(directory).latest().meta.get("seq", 0))
    except SnapshotError:
        return 0


def why_unfit(place: ArchivePlace, catalog: Catalog) -> str:
    """Return why the newest snapshot is of no use to this version, "" where it is; nothing is changed."""
    directory, held = place.directory / DERIVED, catalog.model()
    try:
        latest = Snapshots(directory).latest()
        seq = int(latest.meta.get("seq", 0))
        if latest.meta.get("archive") != catalog.setting(ARCHIVE_ID) or seq > catalog.last_seq():
            return "it is of another archive, or of a later state of this one"
        if latest.meta.get("model") != (held.hash if held else ""):
            return "it is of another embedding model"
        View.load(latest.path, seq, engine=engine_of(place, catalog)).close()
    except SnapshotMissing:
        return NONE_YET if catalog.last_seq() else ""
    except (SnapshotError, ArchiveError, FileNotFoundError) as error:
        return str(error)
    return ""


def engine_of(place: ArchivePlace, catalog: Catalog, *, background: bool = False) -> VectorEngine:
    """Return where the vectors of an archive are."""
    archive = str(catalog.setting(ARCHIVE_ID))
    return VectorEngine(place.index, archive, background, use=lambda publisher: VectorUse(catalog, publisher))


class ArchiveSnapshots:
    """The snapshots of one archive, and which of them a process stands on.

    Parameters
    ----------
    directory : Path
        Where they are.
    catalog : Catalog
        What they are derived from.
    engine : VectorEngine
        Where the vectors are.
    """

    def __init__(self, directory: Path, catalog: Catalog, engine: VectorEngine) -> None:
        self.directory, self._catalog, self._engine = directory, catalog, engine
        self.generation = 0
        self._seq = -1
        self._model: HybridModel | None = None

    def lacks(self, view: View) -> int:
        """Return how many changes of a view the newest snapshot lacks; all of them while there is none."""
        return view.seq - max(self._seq, 0)

    def has_model(self, view: View) -> bool:
        """Return whether there is a snapshot with the view's lexical model."""
        return self._seq >= 0 and view.hybrid is self._model

    def write(self, view: View, link_graph: LiveLinkGraph, patience: float, model: str) -> None:
        """Write a snapshot, waiting `patience` seconds for another process that writes one.

        It is of the vectors of the embedding model with that hash.

        Raises
        ------
        ArchiveBusyError, ArchiveVersionError, ArchiveError
            See `Archive.save`.
        """

        def files(directory: Path) -> None:
            view.save(directory)
            link_graph.save(directory, view.seq)

        meta = {"archive": self._id(), "seq": view.seq, "model": model}
        try:
            made = Snapshots(self.directory, patience).commit(files, meta)
        except SnapshotBusy as error:
            raise ArchiveBusyError(str(error)) from error
        except SnapshotLinked as error:
            raise ArchiveError(
                f"{error}; stories are safe, but every opening takes longer until then"
            ) from error
        except SnapshotError as error:
            raise ArchiveVersionError(
                f"{error}; stories are safe, but every opening takes longer: install a newer version of "
                f"related-stories, or delete {self.directory} and run: related rebuild"
            ) from error
        except OSError as error:
            raise ArchiveError(
                f"cannot write the snapshot in {self.directory}: {error}; stories are safe, but every "
                "opening takes longer: make room and run: related rebuild"
            ) from error
        self._stand_on(made.number, view.seq, view)

    def map(self, link_graph: LiveLinkGraph, model: str) -> View:
        """Map the newest snapshot that fits and is of that model; let ``link_graph`` go on from it.

        Raises
        ------
        SnapshotError
            When there is none.
        """
        return Snapshots(self.directory).load(lambda snapshot: self._mapped(snapshot, link_graph, model))

    def newer(self, view: View, link_graph: LiveLinkGraph, model: str) -> View:
        """Map the newest snapshot if it is ahead of a view; else return the view.

        Raises
        ------
        SnapshotError
            When there is none that fits.
        """

        def ahead(snapshot: Generation) -> View:
            is_newer = int(snapshot.meta.get("seq", 0)) > view.seq
            return self._mapped(snapshot, link_graph, model) if is_newer else view

        return Snapshots(self.directory).load(ahead)

    def audit(self, check: Check) -> None:
        """Read through the large files that are mapped; see `Snapshots.audit`."""
        Snapshots(self.directory).audit(self.generation, check)

    def _mapped(self, snapshot: Generation, link_graph: LiveLinkGraph, model: str) -> View:
        seq = snapshot.meta.get("seq")
        if snapshot.meta.get("archive") != self._id() or not isinstance(seq, int):
            raise SnapshotCorrupt(f"{snapshot.path} is of another archive")
        if snapshot.meta.get("model") != model:
            raise SnapshotForeign(f"{snapshot.path} is of another embedding model")
        if seq > self._catalog.last_seq():
            raise SnapshotCorrupt(f"{snapshot.path} is of a later state of this archive")
        try:
            view = View.load(snapshot.path, seq, engine=self._engine)
            link_graph.load(snapshot.path, seq)
        except (ArchiveError, FileNotFoundError) as error:
            raise SnapshotCorrupt(str(error)) from error
        self._stand_on(snapshot.number, seq, view)
        return view

    def _stand_on(self, generation: int, seq: int, view: View) -> None:
        self.generation, self._seq, self._model = generation, seq, view.hybrid

    def _id(self) -> object:
        return self._catalog.setting(ARCHIVE_ID)
