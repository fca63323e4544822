"""The option that names an archive: a directory, or the address of a catalog. Opens neither."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_ARCHIVE = Path("archive")


def _archive(named: str | Path) -> Path:
    """Return the directory of an archive; that of an address leads to it from now on (`ArchivePlace.of`)."""
    if "://" not in str(named):
        return Path(named)
    places = importlib.import_module("recommender.archive.archive_place")  # not for every `related --help`
    directory: Path = places.ArchivePlace.of(named).directory
    return directory


ArchiveOption = Annotated[
    Path,
    typer.Option(
        "--archive",
        "-a",
        envvar="RELATED_ARCHIVE",
        help="Directory of the archive, or postgresql://USER@HOST/DATABASE.",
        show_default=True,
        parser=_archive,
        metavar="PATH",
    ),
]
