"""The command that writes blocks out for others: export."""

from __future__ import annotations

from typing import Annotated

import typer

from recommender.cli.app import (
    DEFAULT_ARCHIVE,
    MOST_NUMBER,
    ArchiveOption,
    JsonOption,
    SlotsOption,
    app,
    out,
    say_json,
)
from recommender.cli.progress_bar import progress
from recommender.export.files import STANDARD_OUTPUT
from recommender.export.formats import FORMATS
from recommender.library import Recommender


@app.command(epilog="Example: `related export hugo --to site/data/related.json --archive news`")
def export(
    format: Annotated[str, typer.Argument(metavar="FORMAT", help=f"One of {', '.join(FORMATS)}.")],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="DIR/, ending in a slash: one file a story. Else one file; - is standard output.",
        ),
    ],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    site: Annotated[
        str, typer.Option("--site", help="Address of the site: stories of other sites are left out.")
    ] = "",
    k: SlotsOption = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_NUMBER, help="In one file: the newest stories, so many."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Look at all stories, not only at those that changed.")
    ] = False,
) -> None:
    """Write the blocks of all stories to files, in a format of others.

    Into a directory, the second time only what has changed; what readers may not see any more is taken away.
    """
    if json and to == STANDARD_OUTPUT:
        raise typer.BadParameter("with --to - the answer is the blocks; leave out --json")
    quiet = json or to == STANDARD_OUTPUT
    with Recommender.open(archive) as recommender, progress("making blocks", None, quiet=quiet) as done:
        report = recommender.export(format, to, site=site, k=k, full=full, limit=limit, on_done=done)
    if to == STANDARD_OUTPUT:
        return
    if json:
        say_json(report.counts() | {"to": to})
        return
    out.print(
        f"{report.written:,} files written, {report.unchanged:,} unchanged, {report.removed:,} removed; "
        f"{report.stories:,} stories looked at"
    )
