"""Commands for editors: pin, exclude, freeze, import, undo, and who did what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from recommender.cli.app import (
    DEFAULT_ARCHIVE,
    MOST_STORIES,
    ArchiveOption,
    JsonOption,
    app,
    err,
    out,
    say_json,
)
from recommender.cli.catalogs import editor
from recommender.cli.changes import change_rows
from recommender.newsroom import Edited, Newsroom
from recommender.story.timestamps import format_time

Source = Annotated[
    str, typer.Argument(metavar="ID|URL", help="Id or address of the story whose block it is.")
]
Target = Annotated[
    str, typer.Argument(metavar="ID|URL", help="Id or address of the story that stands in it, or shall not.")
]
ByOption = Annotated[
    str, typer.Option("--by", envvar="RELATED_EDITOR", help="Who does it.", show_default="your login")
]
EDITING = "For editors"


def _done(archive: Path, json: bool, act: Callable[[Newsroom], Edited]) -> None:
    with Newsroom.open(archive) as newsroom:
        edited = act(newsroom)
    if json:
        refusal = edited.refusal and {"reason": edited.refusal.reason.value, "words": edited.refusal.words}
        answer = {"event": edited.event or None, "refusal": refusal, "changed": change_rows(edited.changed)}
        say_json(edited.block.to_dict() | answer)
        return
    out.print(edited.block.to_text())
    said = f"kept as act {edited.event}; take it back with: related undo {edited.event}"
    err.print(said if edited.event else "nothing to change")
    if edited.refusal:
        err.print(f"the pin is kept but not shown now: {edited.refusal.words}")


@app.command(rich_help_panel=EDITING, epilog="Example: `related pin story-17 story-4 --at 1 --archive news`")
def pin(
    source: Source,
    target: Target,
    at: Annotated[int, typer.Option("--at", min=1, max=MOST_STORIES, help="Position, from 1.")] = 1,
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Put a story at a position of another one's block."""
    _done(archive, json, lambda newsroom: newsroom.pin(source, target, at, editor(by)))


@app.command(rich_help_panel=EDITING, epilog="Example: `related unpin story-17 story-4 --archive news`")
def unpin(
    source: Source,
    target: Target,
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Take a pin out of a block."""
    _done(archive, json, lambda newsroom: newsroom.unpin(source, target, editor(by)))


@app.command(rich_help_panel=EDITING, epilog="Example: `related exclude story-17 story-5 --archive news`")
def exclude(
    source: Source,
    target: Target,
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Keep a story out of another one's block."""
    _done(archive, json, lambda newsroom: newsroom.exclude(source, target, editor(by)))


@app.command(rich_help_panel=EDITING, epilog="Example: `related include story-17 story-5 --archive news`")
def include(
    source: Source,
    target: Target,
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Take an exclusion back."""
    _done(archive, json, lambda newsroom: newsroom.include(source, target, editor(by)))


@app.command(rich_help_panel=EDITING, epilog="Example: `related freeze story-17 --archive news`")
def freeze(
    source: Source, by: ByOption = "", archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False
) -> None:
    """Keep a block as it is now."""
    _done(archive, json, lambda newsroom: newsroom.freeze(source, editor(by)))


@app.command(rich_help_panel=EDITING, epilog="Example: `related unfreeze story-17 --archive news`")
def unfreeze(
    source: Source, by: ByOption = "", archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False
) -> None:
    """Let pins and engine at a frozen block again."""
    _done(archive, json, lambda newsroom: newsroom.unfreeze(source, editor(by)))


@app.command(
    "import-block",
    rich_help_panel=EDITING,
    epilog="Example: `related import-block story-17 story-4 story-9 --archive news`",
)
def import_block(
    source: Source,
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID|URL...", help="Its stories by id or address, in order; none to undo."),
    ] = None,
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Take over a block that editors chose elsewhere: its stories come first."""
    _done(archive, json, lambda newsroom: newsroom.import_curated(source, targets or [], editor(by)))


@app.command(rich_help_panel=EDITING, epilog="Example: `related undo 12 --archive news`")
def undo(
    act: Annotated[int, typer.Argument(help="Number of the act; `related history` lists them.")],
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Take one act of an editor back, whatever came after it."""
    _done(archive, json, lambda newsroom: newsroom.undo(act, editor(by)))


@app.command(rich_help_panel=EDITING, epilog="Example: `related history story-17 --archive news`")
def history(source: Source, archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Show what editors did to a block: who and when."""
    with Newsroom.open(archive) as newsroom:
        events = newsroom.history(source)
        if not events:  # nothing was done to it, unless there is none: of a deleted one acts stay
            newsroom.set_aside(source)
    if json:
        say_json([event.to_dict() for event in events])
        return
    table = Table("act", "what", "stories", "at", "by", "when", "undone", box=None)
    for event in events:
        undone = f"by {event.undone_by}" if event.undone_by else ""
        place = str(event.position or "")
        what, when = event.act.value, format_time(event.at)
        table.add_row(str(event.num), what, " ".join(event.targets), place, event.by, when, undone)
    out.print(table)
