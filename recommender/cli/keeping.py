"""Commands that keep an archive safe: backup. To restore one is `related restore`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from recommender.backup import back_up
from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, out, say_json


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
