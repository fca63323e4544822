"""The head of a saved store: its format, how many stories, how long its files. Reads no other file."""

from __future__ import annotations

import json
from pathlib import Path

from recommender.errors import ArchiveError, ArchiveVersionError

NAME = "store.json"
NUMBERS = ("format", "dimension", "size", "count")


def write(directory: Path, head: dict[str, int]) -> None:
    """Write the `NUMBERS` of a store whose other files stand in the directory, and how long these are."""
    lengths = {file.name: file.stat().st_size for file in sorted(directory.glob("*.npy"))}
    (directory / NAME).write_text(json.dumps({**head, "bytes": lengths}), encoding="utf-8")


def read(directory: Path, form: int) -> dict[str, int]:
    """Return what was written, of a store of just this format whose files are whole.

    Raises
    ------
    ArchiveVersionError
        When a newer version wrote it.
    ArchiveError
        When it is older, or a file is missing, short or foreign.
    """
    try:
        head = json.loads((directory / NAME).read_text(encoding="utf-8"))
        found, sizes = int(head["format"]), dict(head.pop("bytes"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArchiveError(
            f"{directory} holds no store that can be read: {error}; rebuild the archive"
        ) from error
    if found > form:
        raise ArchiveVersionError(
            f"{directory} has store format {found}, this version reads up to {form}; upgrade"
        )
    if found < form:
        raise ArchiveError(f"{directory} has the older store format {found}; rebuild the archive")
    for file in map(directory.joinpath, sizes):
        if not file.is_file() or file.stat().st_size != sizes[file.name]:
            raise ArchiveError(f"{file} is missing or torn; rebuild the archive")
    return {name: int(head[name]) for name in NUMBERS}
