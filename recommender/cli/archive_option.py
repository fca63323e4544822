"""The option that names an archive: a directory, or the address of a catalog. Opens neither."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_ARCHIVE = Path("archive")
_CATALOG_URL = "RELATED_CATALOG_URL"


def _archive(named: str | Path) -> Path:
    """Return the directory of an archive; the address of a catalog is kept for all that is opened here."""
    if "://" not in str(named):
        return Path(named)
    places = importlib.import_module("recommender.archive.archive_place")  # not for every `related --help`
    place = places.ArchivePlace.of(named)
    if place.server:
        os.environ[_CATALOG_URL] = str(named)
    directory: Path = place.directory
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
