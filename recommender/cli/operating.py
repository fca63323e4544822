"""Commands of who operates an archive: backup, settings. To restore one is `related restore`."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from recommender.archive.archive_place import ArchivePlace
from recommender.archive.backup import back_up
from recommender.archive.backup import check as checked
from recommender.archive.backup_stream import back_up_to, received
from recommender.archive.upgrade import rehearse
from recommender.archive.upgrade import upgrade as bring_up
from recommender.catalog.chosen_settings import ChosenSettings
from recommender.cli.app import (
    DEFAULT_ARCHIVE,
    STANDARD_INPUT,
    STREAM,
    ArchiveOption,
    JsonOption,
    app,
    err,
    input_stream,
    out,
    output_stream,
    say_json,
)
from recommender.cli.archive_option import as_option
from recommender.cli.settings_reference import Effective, effective, literal
from recommender.errors import ArchiveError, NotFoundError


@app.command(epilog="Example: `related backup backups/monday --archive news`")
def backup(
    to: Annotated[
        Path,
        typer.Argument(
            metavar="DIR|-",
            help="Directory to make, which must not exist, or - for a tar on standard output; or to verify.",
        ),
    ],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Make none: check the one in DIR, page by page.")
    ] = False,
) -> None:
    """Copy the archive, which may be in use, to a new directory, and check the copy.

    It holds the stories, what editors did, keys and settings; `related restore DIR` takes it back.
    """
    if to == STREAM and not verify:
        if json:
            raise typer.BadParameter("standard output is for the tar; leave out --json")
        with output_stream() as stream:
            made = back_up_to(archive, stream)
        err.print(f"backed up {made.stories:,} stories to standard output, from a checked copy; "
                  "take it back with: related restore - --archive DIR")  # fmt: skip
        return
    if to == STREAM:
        with received(input_stream()) as path:
            made = checked(path, STANDARD_INPUT)
    else:
        made = checked(to) if verify else back_up(archive, to)
    if json:
        say_json({"backup": str(to), "stories": made.stories, **asdict(made)})
    elif verify:
        out.print(f"{to} is whole: {made.stories:,} stories, as of {made.made}")
    else:
        out.print(f"backed up {made.stories:,} stories to {to}, and checked the copy; "
                  f"take it back with: related restore {shlex.quote(str(to))} --archive DIR")  # fmt: skip


@app.command(epilog="Example: `related upgrade --check --archive news`")
def upgrade(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only on a copy, which is thrown away: what is done, how long.")
    ] = False,
) -> None:
    """Bring an archive of an older version up to date, as its next opening would; --check rehearses it."""
    done = rehearse(archive) if check else bring_up(archive)
    if json:
        say_json({"needed": done.is_needed, "check": check, **asdict(done)})
        return
    would = "takes" if check else "took"
    if not done.is_needed:
        out.print(f"{archive} is up to date: schema {done.after}, {done.stories:,} stories")
    if done.before != done.after:
        out.print(
            f"the catalog goes from schema {done.before} to {done.after}: {would} {done.catalog_seconds} s"
        )
    if done.derived_anew:
        out.print(f"{done.stories:,} stories are derived anew: {would} {done.derived_seconds} s "
                  f"({done.derived_anew}); none is embedded again")  # fmt: skip


@app.command(epilog="Example: `related settings --archive news`")
def settings(archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Show every setting as it holds, and what set it: default, related.toml, a choice, the environment."""
    if not archive.is_dir():
        raise NotFoundError(f"no archive in {archive}; make one with: related init {as_option(archive)}")
    found = effective(archive, chosen=_chosen(archive))
    if json:
        say_json([asdict(one) for one in found])
        return
    rows = [(_name(one), literal(one.value), one.source) for one in found]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, source in rows:
        out.print(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {source}")


def _chosen(archive: Path) -> dict[str, tuple[float, str]]:
    """Return what editors chose over the file, and who; nothing where there is no catalog to read it from."""
    try:
        with ArchivePlace.of(archive).open_catalog() as catalog:
            last = ChosenSettings(catalog).newest()
    except NotFoundError:
        return {}
    except ArchiveError as error:
        err.print(f"what editors chose is not known: {error}")
        return {}
    if last is None:
        return {}
    return {name: (value, f"choice {last['num']} by {last['by']}") for name, value in last["values"].items()}


def _name(one: Effective) -> str:
    return f"{one.table}.{one.name}" if one.table else one.name
