"""The small JSON header in an index's directory: which engine wrote it, for which dimension and fields."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from index.errors import SnapshotCorrupt, SnapshotForeign, SnapshotMissing, SnapshotVersion

FILE = "index.json"
MAGIC = "related-stories index"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Header:
    """What a reader must know before it opens the other files; ``extra`` is the engine's own."""

    kind: str
    dimension: int
    fields: tuple[str, ...]
    extra: dict[str, Any] = field(default_factory=dict)


def write_header(directory: Path, header: Header) -> None:
    """Write ``index.json`` into ``directory``, which is made when it is not there."""
    directory.mkdir(exist_ok=True)  # where its parent was moved meanwhile, none is made in its place
    content = {
        "magic": MAGIC,
        "format": FORMAT,
        "kind": header.kind,
        "dimension": header.dimension,
        "fields": list(header.fields),
        "extra": header.extra,
    }
    (directory / FILE).write_text(json.dumps(content, indent=1), encoding="utf-8")


def read_header(directory: Path, kind: str | None = None) -> Header:
    """Read ``index.json``.

    Raises
    ------
    SnapshotMissing, SnapshotCorrupt, SnapshotForeign, SnapshotVersion
        Not there; not readable; written by another program, or another engine than ``kind``; newer.
    """
    path = directory / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SnapshotMissing(f"no index in {directory}") from error
    except ValueError as error:
        raise SnapshotCorrupt(f"{path} is not readable: {error}") from error
    if not isinstance(content, dict) or content.get("magic") != MAGIC:
        raise SnapshotForeign(f"{path} was not written by this package")
    if not isinstance(content.get("format"), int) or content["format"] > FORMAT:
        raise SnapshotVersion(f"{path} has format {content.get('format')}; this version reads up to {FORMAT}")
    try:
        header = Header(content["kind"], content["dimension"], tuple(content["fields"]), content["extra"])
    except (KeyError, TypeError) as error:
        raise SnapshotCorrupt(f"{path} lacks a part: {error}") from error
    if kind is not None and header.kind != kind:
        raise SnapshotForeign(f"{path} is of engine {header.kind!r}, not {kind!r}")
    return header
