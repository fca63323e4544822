"""The option that names an archive: a directory, or the address of a catalog. Opens neither."""

from __future__ import annotations

import importlib
import shlex
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_ARCHIVE = Path("archive")
_NAMED: dict[Path, str] = {}  # addresses that this process was given, without passwords, by their directories


def parsed(named: str | Path) -> Path:
    """Return the directory of an archive; that of an address leads to it from now on (`ArchivePlace.of`)."""
    if "://" not in str(named):
        return Path(named)
    places = importlib.import_module("recommender.archive.archive_place")  # not for every `related --help`
    place = places.ArchivePlace.of(named)
    directory: Path = place.directory
    _NAMED[directory] = place.server.place
    return directory


def as_option(archive: Path) -> str:
    """Return the option by which the next command finds the archive of this one; a password is left out."""
    return f"--archive {shlex.quote(_NAMED.get(archive, str(archive)))}"


ArchiveOption = Annotated[
    Path,
    typer.Option(
        "--archive",
        "-a",
        envvar="RELATED_ARCHIVE",
        help="Directory of the archive, or postgresql://USER@HOST/DATABASE.",
        show_default=True,
        parser=parsed,
        metavar="PATH",
    ),
]
