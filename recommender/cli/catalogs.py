"""The catalog of an archive, opened alone for keys, people and the audit log; and who acts on it."""

from __future__ import annotations

import getpass
import os
import time
from pathlib import Path

from recommender.archive.archive_place import ArchivePlace
from recommender.catalog import Catalog
from recommender.catalog.audit import Actor
from recommender.engine.requested_filters import moment
from recommender.errors import QuestionError
from recommender.settings import load_settings

HERE = "command line"  # where an act came from


def editor(by: str) -> str:
    """Return who does it: as they are named, else their login."""
    try:
        return by or getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return ""


def operator() -> Actor:
    """Return who types a command: as they are named, else the login from which they became another user."""
    named = os.environ.get("RELATED_EDITOR", "") or os.environ.get("SUDO_USER", "")
    return Actor(editor(named), HERE)


def grace_until(until: str, archive: Path) -> int:
    """Return the seconds from now to a day or moment to come."""
    ends = moment("--until", until, load_settings(archive).timezone, last=True)
    seconds = int((ends or 0) - time.time())
    if seconds <= 0:
        raise QuestionError(f"--until is {until!r}, which is past; give a day to come")
    return seconds


def catalog_of(archive: Path) -> Catalog:
    """Return the catalog of an archive, opened; raise `NotFoundError` where there is none."""
    return ArchivePlace.of(archive).open_catalog()
