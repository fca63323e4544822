"""The command that moves an archive from a file to a server, or back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from recommender.archive.migration import give_up
from recommender.archive.migration import migrate as move
from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, out, say_json
from recommender.cli.archive_option import as_option, parsed


@app.command(epilog="Example: `related migrate news again`")
def migrate(
    places: Annotated[
        list[Path] | None,
        typer.Argument(
            parser=parsed,
            metavar="[SOURCE] TARGET",
            help="The archive, unless --archive names it, and where it is to be, where there is none: "
            "directories, or postgresql://USER@HOST/DATABASE.",
        ),
    ] = None,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    giving_up: Annotated[
        bool, typer.Option("--give-up", help="Let SOURCE take writes again, which moves or has moved.")
    ] = False,
) -> None:
    """Move an archive from a file to a PostgreSQL server or back, all of it, and compare every row.

    It is read all the while, and takes no writes from then on: they go to TARGET once this says that it is
    done. If it was killed, run it again.
    """
    match giving_up, places or []:
        case True, []:
            _give_up(archive, json)
        case True, [source]:
            _give_up(source, json)
        case False, [target]:
            _move(archive, target, json)
        case False, [source, target]:
            _move(source, target, json)
        case _:
            raise typer.BadParameter("give SOURCE and TARGET, or SOURCE and --give-up")


def _give_up(source: Path, json: bool) -> None:
    to = give_up(source)
    if json:
        say_json({"archive": str(source), "given_up": to})
    else:
        done = f"{source} takes writes again; it was to move to {to}: let nobody write there"
        out.print(done if to else f"{source} moves nowhere")


def _move(source: Path, target: Path, json: bool) -> None:
    moved = move(source, target)
    if json:
        say_json({"stories": moved.stories, **asdict(moved), "directory": str(moved.directory)})
        return
    done = f"all of it was moved to {moved.to} before"
    if moved.tables:
        rows = sum(content.rows for content in moved.tables.values())
        tables = f"{rows:,} rows of {len(moved.tables)} tables, all compared"
        done = f"moved {moved.stories:,} stories to {moved.to}: {tables}"
    out.print(f"{done}; serve it with: related serve {as_option(target)}")
