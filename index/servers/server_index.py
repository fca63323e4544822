"""What indexes on a server have in common: whose vectors, when to improve, what is saved. Knows no server."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from index.base import Ids
from index.checks import check_shape
from index.manifest import Header, read_header, write_header
from index.servers.calls import Calls
from index.storage.background import BackgroundJob, Check


class ServerIndex(ABC):
    """One publisher's vectors on a server.

    Nothing is asked before the first call, so it can be made while the server is away. Every call may raise
    `IndexUnavailable`.

    Parameters
    ----------
    dimension : int
        Components of a vector.
    fields : tuple of str
        The int64 fields that filters may read.
    url : str
        Where the server is.
    publisher : str
        Whose vectors: what two publishers hold under one id are two rows, and no search sees the other's.
    exact_rows : int, optional
        From how many rows on `improve` makes searches faster than a scan; what suits the server by default.
    background : bool
        For a process that stays: writes start `improve` when it may be due.
    """

    KIND: ClassVar[str]
    EXACT_ROWS: ClassVar[int]

    def __init__(
        self,
        dimension: int,
        fields: tuple[str, ...] = (),
        *,
        url: str,
        publisher: str,
        exact_rows: int | None = None,
        background: bool = False,
    ) -> None:
        check_shape(dimension, fields)
        self.dimension, self.fields, self.publisher = dimension, tuple(fields), publisher
        self._exact_rows = self.EXACT_ROWS if exact_rows is None else exact_rows
        self._in_background, self._unseen = background, 0
        self._improver = BackgroundJob()
        self._calls = self._connect(url)

    @abstractmethod
    def _connect(self, url: str) -> Calls:
        """Remember where the rows are, and return what makes calls there."""

    @abstractmethod
    def values(self, field: str) -> tuple[Ids, Ids]:
        """Return all ids, ascending, and what each has in a field (see `VectorIndex.values`)."""

    @abstractmethod
    def held_in(self) -> str:
        """Return the name of what holds the rows now (see `VectorIndex.held_in`)."""

    @abstractmethod
    def improve(self, check: Check = lambda: None) -> bool:
        """Make searches faster where there are rows enough (see `VectorIndex.improve`)."""

    def _note_written(self, rows: int) -> None:
        """Start `improve` in the background when so many rows were written that it may be due."""
        self._unseen += rows
        if self._in_background and self._unseen >= self._exact_rows // 4:
            self._unseen = 0
            self._improver.start(self.improve)

    def close(self) -> None:
        """End what is waited for in the background. The index stays usable."""
        self._improver.stop()

    # On disk: where to look, and nothing of what is there

    def save(self, directory: Path) -> None:
        """Write whose vectors these are; the vectors stay on the server."""
        write_header(directory, Header(self.KIND, self.dimension, self.fields, {"publisher": self.publisher}))

    @classmethod
    def load(cls, directory: Path, *, url: str, background: bool = False) -> Self:
        """Open what `save` wrote, on the server at ``url``."""
        header = read_header(directory, cls.KIND)
        publisher = str(header.extra.get("publisher", ""))
        return cls(header.dimension, header.fields, url=url, publisher=publisher, background=background)
