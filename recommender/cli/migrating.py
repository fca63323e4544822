"""The command that moves an archive from a file to a server, or back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from recommender.archive.migration import give_up
from recommender.archive.migration import migrate as move
from recommender.cli.app import JsonOption, app, out, say_json
from recommender.cli.archive_option import as_option, parsed


@app.command(epilog="Example: `related migrate news again`")
def migrate(
    source: Annotated[
        Path,
        typer.Argument(
            parser=parsed,
            metavar="SOURCE",
            help="The archive: directory, or postgresql://USER@HOST/DATABASE.",
        ),
    ],
    target: Annotated[
        Path | None,
        typer.Argument(parser=parsed, metavar="[TARGET]", help="Where it is to be: a place without archive."),
    ] = None,
    json: JsonOption = False,
    give_up_: Annotated[
        bool, typer.Option("--give-up", help="Let SOURCE take writes again, which moves or has moved.")
    ] = False,
) -> None:
    """Move an archive from a file to a PostgreSQL server or back, all of it, and compare every row.

    It is read all the while, and takes no writes from then on: they go to TARGET once this says that it is
    done. If it was killed, run it again.
    """
    if give_up_ == (target is not None):
        raise typer.BadParameter("give SOURCE and TARGET, or SOURCE and --give-up")
    if target is None:
        to = give_up(source)
        said = f"{source} takes writes again; it was to move to {to}" if to else f"{source} moves nowhere"
        say_json({"archive": str(source), "given_up": to}) if json else out.print(said)
        return
    moved = move(source, target)
    if json:
        say_json({"stories": moved.stories, **asdict(moved), "directory": str(moved.directory)})
    elif moved.tables:
        rows = sum(content.rows for content in moved.tables.values())
        out.print(
            f"moved {moved.stories:,} stories to {moved.to}: {rows:,} rows of {len(moved.tables)} tables, "
            f"all compared; serve it with: related serve {as_option(target)}"
        )
    else:
        out.print(
            f"all of it was moved to {moved.to} before; serve it with: related serve {as_option(target)}"
        )
