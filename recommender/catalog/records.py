"""What goes into the catalog and comes out of it, as values. Knows no SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from recommender.errors import ArchiveError
from recommender.story.story import Story

Vectors = NDArray[np.float16]

DAMAGED = (
    "the file is damaged or not a catalog: restore it from a backup, or add the stories to a new archive; "
    "do not delete the -wal file beside it, which may hold the newest stories"
)
MICROSECONDS = 1_000_000  # in a second

MADE_BY = "made_by"  # in a model's provenance
UNKNOWN: Mapping[str, object] = {"precision": "unknown", "check": 0}
"""What made the vectors of an archive that recorded nothing: an earlier version, whose check had gaps."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STORED = np.dtype("<f2")
_decoder = msgspec.json.Decoder(Story)


class Outcome(StrEnum):
    """What became of a story that was sent; `DELETED`: it was deleted before, and stays so."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OLDER = "older"
    DELETED = "deleted"
    REMOVED = "removed"

    @property
    def taken(self) -> bool:
        """Whether anything was written."""
        return self in (Outcome.ADDED, Outcome.UPDATED, Outcome.REMOVED)


class Op(StrEnum):
    """What happened to a story: it was written, it is gone, or only links that start from it changed."""

    PUT = "put"
    REMOVE = "remove"
    LINK = "link"


class LinkKind(StrEnum):
    """Who set a link: the writer in the text, or an editor in a block; or that it leads to a translation."""

    TEXT = "text"
    CURATED = "curated"
    TRANSLATION = "translation"


LINK_KINDS = tuple(LinkKind)
"""`Links.kinds` holds positions in this tuple."""


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """A story to write, and its vectors, float16 (1 + chunks, d), unless its text is embedded already.

    With a `problem` it is kept and set aside: see `quarantine.py`.
    """

    story: Story
    vectors: Vectors | None = None
    problem: str = ""


class Row(NamedTuple):
    """A story as it is held; `vectors` is None when the text is not embedded by the model asked for."""

    num: int
    story: Story
    vectors: Vectors | None


class Change(NamedTuple):
    """The latest thing that happened to the story `num`, at `at` (epoch seconds)."""

    seq: int
    num: int
    op: Op
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Where vectors come from. `hash` is of the weights; `provenance` is JSON, with `MADE_BY` in it."""

    hash: str
    name: str
    dimension: int
    runtime: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def made_by(self) -> Sequence[Mapping[str, object]]:
        """What made its vectors, each as its embedder says; of an earlier version's it is not known."""
        made: Sequence[Mapping[str, object]] = self.provenance.get(MADE_BY, [UNKNOWN])
        return made


@dataclass(frozen=True, slots=True)
class Links:
    """Links between held stories.

    Attributes
    ----------
    sources, targets : int64 (m,)
        Nums; each pair stands once for each kind.
    set_at : int64 (m,)
        Epoch seconds.
    kinds : uint8 (m,)
        Positions in `LINK_KINDS`.
    weights : float32 (m,)
        What each counts, up to 1.
    """

    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    set_at: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Counts of what is held. `size` is in bytes, with what is not yet folded into the main file."""

    stories: int
    by_status: Mapping[str, int]
    embedded: int
    links: int
    waiting_links: int
    last_seq: int
    schema_version: int
    size: int


def revised(story: Story) -> int:
    """Return when this version of a story was made, in epoch microseconds (exact, unlike a float)."""
    return ((story.updated or story.published) - _EPOCH) // timedelta(microseconds=1)


def seconds(time: datetime) -> int:
    """Return an aware time in whole epoch seconds, rounded down."""
    return (time - _EPOCH) // timedelta(seconds=1)


def to_document(story: Story) -> str:
    """Return all of a story as JSON text."""
    return msgspec.json.encode(story).decode()


def from_document(document: str) -> Story:
    """Return the story that `to_document` was given. What the catalog holds was checked on its way in.

    Raises
    ------
    ArchiveError
        When the text is not what was written.
    """
    try:
        return _decoder.decode(document)
    except msgspec.MsgspecError as error:
        raise ArchiveError(f"its row does not read as it was written ({error})") from error


def to_blob(vectors: Vectors) -> bytes:
    """Return the bytes that `from_blob` reads."""
    return np.ascontiguousarray(vectors, dtype=_STORED).tobytes()


def from_blob(data: bytes, rows: int) -> Vectors:
    """Return the vectors, float16 (rows, d), without a copy and therefore read-only.

    Raises
    ------
    ArchiveError
        When there are not so many rows of whole numbers.
    """
    try:
        return np.frombuffer(data, dtype=_STORED).reshape(rows, -1)
    except ValueError as error:
        raise ArchiveError(f"its vectors of {len(data):,} bytes are not {rows} rows") from error


def vector_problem(vectors: Vectors, dimension: int) -> str:
    """Return what is wrong with the vectors of a text, or nothing."""
    if vectors.ndim != 2 or not len(vectors) or vectors.shape[1] != dimension:
        return f"its vectors have shape {vectors.shape}, not (1 + chunks, {dimension})"
    return "" if np.isfinite(vectors).all() else "its vectors are not finite numbers"
