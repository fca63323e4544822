"""Commands of who operates an archive: backup, settings. To restore one is `related restore`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from recommender.archive.backup import back_up
from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, out, say_json
from recommender.cli.settings_reference import Effective, effective, literal
from recommender.errors import NotFoundError


@app.command(epilog="Example: `related backup backups/monday --archive news`")
def backup(
    to: Annotated[Path, typer.Argument(metavar="DIR", help="Directory to make; it must not exist.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Copy the archive, which may be in use, to a new directory, and check the copy.

    It holds the stories, what editors did, keys and settings; `related restore DIR` takes it back.
    """
    made = back_up(archive, to)
    if json:
        say_json({"backup": str(to), "stories": made.stories, **asdict(made)})
    else:
        out.print(f"backed up {made.stories:,} stories to {to}, and checked the copy; "
                  f"take it back with: related restore {to} --archive DIR")  # fmt: skip


@app.command(epilog="Example: `related settings --archive news`")
def settings(archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Show every setting as it holds, and where that was set: default, related.toml or environment."""
    if not archive.is_dir():
        raise NotFoundError(f"no archive in {archive}; make one with: related init --archive {archive}")
    found = effective(archive)
    if json:
        say_json([asdict(one) for one in found])
        return
    rows = [(_name(one), literal(one.value), one.source) for one in found]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, source in rows:
        out.print(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {source}")


def _name(one: Effective) -> str:
    return f"{one.table}.{one.name}" if one.table else one.name
