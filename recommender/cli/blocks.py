"""The command that makes all blocks: blocks."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, out, say_json
from recommender.cli.lifecycle import LIFE
from recommender.cli.output_files import check_writable, whole_file
from recommender.cli.progress_bar import progress
from recommender.engine.block import Block
from recommender.newsroom import Newsroom, RebuildReport


@app.command(rich_help_panel=LIFE, epilog="Example: `related blocks --all --archive news`")
def blocks(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID|URL]...", help="Ids or addresses of stories; or --all.")
    ] = None,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    every: Annotated[bool, typer.Option("--all", help="The blocks of all stories.")] = False,
    to: Annotated[
        str | None,
        typer.Option("--out", help="Write the blocks to this file as JSON Lines; - is standard output."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes beside this one.", show_default="one a core")
    ] = None,
) -> None:
    """Make and store the blocks that are missing or out of date; those that are fresh are left alone.

    What is stored stays: after Ctrl-C or a crash, the same command goes on with what is left.
    """
    if every == bool(ids):
        raise typer.BadParameter("give the ids of stories, or --all")
    if json and to == "-":
        raise typer.BadParameter("with --out - the answer is the blocks; leave out --json")
    check_writable(None if to is None else Path(to))
    with Newsroom.open(archive) as newsroom:
        report = _made(newsroom, None if every else ids, workers, quiet=json or to == "-")
        written = 0
        if to is not None:
            some = newsroom.blocks() if every else (newsroom.block(id) for id in dict.fromkeys(ids or ()))
            written = _write(some, to)
    if to == "-":
        return
    if json:
        say_json(report.counts() | ({} if to is None else {"written": written, "file": to}))
        return
    out.print(f"{report.made:,} blocks made, {report.changed:,} pages changed, {report.fresh:,} were fresh")
    if report.left:
        out.print(f"{report.left:,} wait again, since stories changed meanwhile; run it again")
    if to is not None:
        out.print(f"wrote {written:,} blocks to {to}")


def _made(newsroom: Newsroom, ids: list[str] | None, workers: int | None, quiet: bool) -> RebuildReport:
    with (
        newsroom.archive_pass(ids) as work,
        progress("making blocks", len(work.waiting()), quiet=quiet) as done,
    ):
        return work.run(on_done=done, workers=workers)


def _write(blocks: Iterable[Block], to: str) -> int:
    """Write blocks as JSON Lines; return how many there are."""
    count = 0
    with nullcontext(sys.stdout.buffer) if to == "-" else whole_file(Path(to)) as file:
        for block in blocks:
            file.write(block.to_json().encode() + b"\n")
            count += 1
    return count
