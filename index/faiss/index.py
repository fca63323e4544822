"""FAISS behind the contract: exact while that is fast enough, then inverted lists and exact re-scoring.

Safe for many readers beside one writer: a search sees one `Searcher`, whatever is written meanwhile.
"""

from __future__ import annotations

import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.base import Columns, Figures, Hits, Ids, Vectors
from index.checks import check_field, check_ids, check_k, check_rows, check_shape, check_vectors
from index.errors import IndexInputError, SnapshotCorrupt
from index.faiss import maintenance
from index.faiss.profiles import AUTO, EXACT, PROFILES, Profile, chosen
from index.faiss.rows import Rows
from index.faiss.searcher import Searcher
from index.faiss.segments import Segment, Segments, grouped, write_group
from index.faiss.threads import cores
from index.filters import Filter
from index.manifest import Header, read_header, write_header
from index.storage.background import BackgroundJob, Check
from index.storage.memory_maps import is_much

if TYPE_CHECKING:  # imports FAISS, for which an archive without lists need not wait
    from index.faiss import ivf

KIND = "faiss"
RECALL = 0.985
"""Part of the exact 200 nearest that an approximate search has to find, on a sample: .98 and a margin."""
_LISTS_FILE = "lists.faiss"


class FaissIndex:
    """Nearest neighbours with FAISS (see `index.base.VectorIndex`).

    Parameters
    ----------
    dimension : int
        Components of a vector.
    fields : tuple of str
        The int64 fields that filters may read.
    profile : str or Profile
        "auto" (by the number of rows), "exact", "fast", "compact", or one of your own.
    recall : float
        What an approximate profile has to reach, against a scan, when it is built.
    background : bool
        For a process that stays: opening starts `warm` in a thread, writes start `improve` when it is due.
    """

    def __init__(
        self,
        dimension: int,
        fields: tuple[str, ...] = (),
        *,
        profile: str | Profile = AUTO,
        recall: float = RECALL,
        background: bool = False,
    ) -> None:
        check_shape(dimension, fields)
        known = (AUTO, EXACT, *PROFILES)
        if isinstance(profile, str) and profile not in known:
            raise IndexInputError(f"profile {profile!r} is unknown; known: {', '.join(known)}")
        self.dimension, self.fields = dimension, tuple(fields)
        self._profile, self._recall, self._in_background = profile, recall, background
        self._rows = Rows(self.fields)
        self._segments = Segments(dimension)
        self._lists: ivf.InvertedLists | None = None
        self._improver = BackgroundJob()
        self._moment_lock = threading.Lock()  # held for microseconds: to take or to publish a moment
        self._write_lock = threading.Lock()  # held by the one that writes
        self._improve_lock = threading.Lock()

    def upsert(self, ids: Ids, vectors: Vectors, columns: Columns) -> None:
        """Add or replace (see `VectorIndex.upsert`)."""
        check_rows(ids, vectors, columns, self.dimension, self.fields)
        with self._write_lock:
            self._segments.write(self._rows.size, vectors)
            self._rows.prepare()
            with self._moment_lock:
                self._rows.replace(ids, columns)
        if self._in_background and self.improvement_due:
            self.improve_in_background()

    def remove(self, ids: Ids) -> int:
        """Forget these ids; return how many were held."""
        check_ids(ids)
        with self._write_lock:
            self._rows.prepare()
            with self._moment_lock:
                return self._rows.kill(ids)

    def search(self, queries: Vectors, k: int, where: Filter | None = None) -> list[Hits]:
        """Return the ``k`` best for each query (see `VectorIndex.search`)."""
        check_vectors("queries", queries, self.dimension)
        check_k(k)
        if where is not None:
            where.check(self.fields)
        return self._searcher().search(queries, k, where)

    def __len__(self) -> int:
        return self._rows.live

    def values(self, field: str) -> tuple[Ids, Ids]:
        """Return all ids, ascending, and what each has in a field."""
        check_field(field, self.fields)
        rows = self._searcher().rows
        ids, values = rows.ids[rows.alive], rows.columns[field][rows.alive]
        order = np.argsort(ids)
        return ids[order], values[order].astype(np.int64)

    def held_in(self) -> str:
        """Return "": the rows are here."""
        return ""

    # Speed

    @property
    def improvement_due(self) -> bool:
        """Whether `improve` would change anything."""
        return bool(self._need())

    def improve(self, check: Check = lambda: None) -> bool:
        """Build what the profile for this size asks for, and return whether anything was due.

        Reads and writes go on meanwhile.

        Parameters
        ----------
        check : callable
            Called between blocks of the work; what it raises ends the work and leaves the index as it was.
        """
        with self._improve_lock:
            wanted = self._need()
            if wanted:
                self._improve(wanted, check)
            return bool(wanted)

    def improve_in_background(self) -> bool:
        """Start `improve` in a thread, on one core; return whether it was started (one at a time)."""

        def job(check: Check) -> None:
            with cores(1):  # the others go on answering
                self.improve(check)

        return self._improver.start(job)

    def warm(self, check: Check = lambda: None) -> None:
        """Map all vectors into memory (0.4 s a GB when cached), so that no question has to wait for them.

        Where that is too much, questions read what they need, and nothing is done.
        """
        for part in self._searcher().parts:
            check()
            if not is_much():
                part.touch()

    def wait(self) -> None:
        """Return when nothing is being built in the background."""
        self._improver.wait()

    def close(self) -> None:
        """End what is being built in the background. The index stays usable."""
        self._improver.stop()

    def measured_recall(self, sample: int = 50, k: int = 200, where: Filter | None = None) -> float:
        """Return the part (0 to 1) of the exact ``k`` nearest that is found, for ``sample`` held rows."""
        return maintenance.measured_recall(self._searcher(), sample, k, where)

    def figures(self) -> Figures:
        """Return what the index is made of."""
        searcher = self._searcher()
        slots, live = len(searcher.rows.ids), int(searcher.rows.alive.sum())
        lists = searcher.lists
        if lists is None:
            return Figures(EXACT, live, slots - live, slots, 0, 0)
        return Figures(lists.profile.name, live, slots - live, slots - lists.stop, lists.count, lists.probes)

    # On disk

    def save(self, directory: Path) -> None:
        """Write all to ``directory``. Reads and writes may go on meanwhile.

        Files that have not changed since the last `save` or `load` are hard links to it. Afterwards the
        vectors are mapped from the new files: what was in memory is given back.
        """
        segments, searcher = self._segments, self._searcher()
        groups = grouped(searcher.parts)
        names = [f"vectors{group[0].start:012d}.faiss" for group in groups]
        extra = {"rows": len(searcher.rows.ids), "segments": names, "lists": _described(searcher.lists)}
        write_header(directory, Header(KIND, self.dimension, self.fields, extra))
        searcher.rows.save(directory)
        for group, name in zip(groups, names, strict=True):
            write_group(group, directory / name)
        lists = searcher.lists.save(directory / _LISTS_FILE) if searcher.lists else None
        with self._write_lock, self._moment_lock:
            if self._segments is segments:  # not replaced by `improve` meanwhile
                segments.adopt(groups, [directory / name for name in names])
            if self._lists is searcher.lists:
                self._lists = lists

    @classmethod
    def load(
        cls,
        directory: Path,
        *,
        profile: str | Profile = AUTO,
        recall: float = RECALL,
        background: bool = False,
    ) -> FaissIndex:
        """Open what `save` wrote; vectors stay in the files and are mapped.

        Raises
        ------
        SnapshotMissing, SnapshotCorrupt, SnapshotForeign, SnapshotVersion
            See `index.manifest.read_header`; also corrupt when the files do not agree with each other.
        """
        header = read_header(directory, KIND)
        index = cls(header.dimension, header.fields, profile=profile, recall=recall, background=background)
        index._rows = rows = Rows.load(directory, index.fields)
        try:
            names, count, lists = (header.extra[part] for part in ("segments", "rows", "lists"))
            index._lists = _opened(directory / _LISTS_FILE, lists)
        except (KeyError, TypeError) as error:
            raise SnapshotCorrupt(f"the header of {directory} lacks a part: {error}") from error
        segments: list[Segment] = []
        for name in names:
            start = segments[-1].stop if segments else 0
            segments.append(Segment.mapped(directory / name, index.dimension, start))
        index._segments = Segments(index.dimension, segments)
        if not rows.size == index._segments.size == count:
            raise SnapshotCorrupt(f"the files of {directory} do not have the same number of rows")
        if background:
            index._improver.start(index.warm)
        return index

    def _searcher(self) -> Searcher:
        with self._moment_lock:
            return Searcher(self._rows.view(), self._segments.parts(self._rows.size), self._lists)

    def _need(self) -> maintenance.Need:
        live = self._rows.live
        return maintenance.need(live, self._rows.size - live, self._lists, chosen(self._profile, live))

    def _improve(self, wanted: maintenance.Need, check: Check) -> None:
        before = self._searcher()
        profile = chosen(self._profile, int(before.rows.alive.sum()))
        searcher, segments, kept = (
            maintenance.compacted(before, check) if wanted.compaction else (before, None, None)
        )
        lists = searcher.lists
        if profile is None or not searcher.rows.alive.any():
            lists = None
        elif wanted.training or lists is None:
            lists = maintenance.built(searcher, profile, self._recall, check)
        elif wanted.extension:
            lists = lists.extended(searcher.parts, searcher.rows.alive, check)
        elif wanted.bytes:
            lists = lists.with_bytes(searcher.parts, check)
        with self._write_lock:
            now = self._searcher()
            rows = self._rows
            if segments is not None and kept is not None:
                rows = maintenance.caught_up(before, now, segments, kept)
            with self._moment_lock:
                self._rows, self._segments, self._lists = rows, segments or self._segments, lists


def _described(lists: ivf.InvertedLists | None) -> dict[str, Any] | None:
    if lists is None:
        return None
    return {
        "profile": asdict(lists.profile),
        "stop": lists.stop,
        "trained_on": lists.trained_on,
        "probes": lists.probes,
        "bytes": lists.bytes is not None,
    }


def _opened(path: Path, described: dict[str, Any] | None) -> ivf.InvertedLists | None:
    if described is None:
        return None
    from index.faiss import ivf

    profile = Profile(**described["profile"])
    lists = ivf.opened(path, profile, described["stop"], described["trained_on"], described["probes"])
    return lists.with_saved_bytes(path.parent) if described.get("bytes") else lists
