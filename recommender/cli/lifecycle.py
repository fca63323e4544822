"""Commands for the life of a story: withdraw, restore, merge; and for its traces: refresh, purges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from recommender.archive.backup import check, is_backup, need_place
from recommender.archive.backup import restore as restore_backup
from recommender.archive.backup_stream import received
from recommender.cli.app import (
    DEFAULT_ARCHIVE,
    MOST_NUMBER,
    MOST_SECONDS,
    STANDARD_INPUT,
    STREAM,
    ArchiveOption,
    JsonOption,
    app,
    input_stream,
    out,
    say_json,
)
from recommender.cli.changes import change_rows, print_changes, published_row
from recommender.errors import NotFoundError
from recommender.newsroom import Newsroom, Published

Id = Annotated[str, typer.Argument(metavar="ID|URL", help="Id of the story, or its address.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Only say what would change; nothing is written.")
]
LIFE = "The life of a story"


def _done(archive: Path, json: bool, act: Callable[[Newsroom], Published]) -> None:
    with Newsroom.open(archive) as newsroom:
        published = act(newsroom)
    if json:
        say_json(published_row(published))
        return
    would_be = "would be " if published.dry_run and published.taken else ""
    out.print(f"story {published.id}: {would_be}{published.outcome}")
    print_changes(published.changed, published.stale, dry_run=published.dry_run)


@app.command(
    rich_help_panel=LIFE, epilog="Example: `related withdraw story-17 --for story-18 --archive news`"
)
def withdraw(
    id: Id,
    successor: Annotated[
        str | None,
        typer.Option("--for", help="Id or address of the story that takes its places in other blocks."),
    ] = None,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Retract a story. No reader is shown it after this command."""
    _done(archive, json, lambda newsroom: newsroom.withdraw(id, successor, dry_run=dry_run))


@app.command(rich_help_panel=LIFE, epilog="Example: `related restore story-17 --archive news`")
def restore(
    what: Annotated[
        str,
        typer.Argument(
            metavar="ID|URL|DIR|-",
            help="Id or address of a story; or the directory of a backup; or - for one on standard input.",
        ),
    ],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    dry_run: DryRunOption = False,
    force: Annotated[
        bool, typer.Option("--force", help="Of a backup: also over an archive, which is kept aside.")
    ] = False,
) -> None:
    """Bring back a story that was retracted or has expired; or a whole archive from `related backup`."""
    if Path(what) == STREAM:
        _restore_received(archive, json, dry_run, force)
        return
    if is_backup(Path(what)):
        _restore_archive(Path(what), archive, json, dry_run, force)
        return
    try:
        _done(archive, json, lambda newsroom: newsroom.restore(what, dry_run=dry_run))
    except NotFoundError as error:
        if Path(what).is_dir():
            check(Path(what))  # a directory was meant: say what is wrong with it
        raise error from None


def _restore_received(archive: Path, json: bool, dry_run: bool, force: bool) -> None:
    stream = input_stream()
    if not dry_run:
        need_place(archive, force=force)  # said before all of it has come
    with received(stream) as path:
        _restore_archive(path, archive, json, dry_run, force, STANDARD_INPUT)


def _restore_archive(
    path: Path, archive: Path, json: bool, dry_run: bool, force: bool, called: str = ""
) -> None:
    if dry_run:
        backup, aside = check(path, called), None
    else:
        backup, aside = restore_backup(path, archive, force=force, keep=not called, called=called)
    if json:
        kept = None if aside is None else str(aside)
        say_json(asdict(backup) | {"stories": backup.stories, "replaced": kept, "dry_run": dry_run})
        return
    done = "would restore" if dry_run else "restored"
    out.print(f"{done} {backup.stories:,} stories, as of {backup.made}, in {archive}")
    if aside is not None:
        out.print(f"what was there is in {aside}")


@app.command(rich_help_panel=LIFE, epilog="Example: `related merge story-17 story-18 --archive news`")
def merge(
    id: Id,
    into: Annotated[
        str, typer.Argument(metavar="ID|URL", help="Id or address of the story that it becomes.")
    ],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Let a story become another, which takes its places and what editors did to its block."""
    _done(archive, json, lambda newsroom: newsroom.merge(id, into, dry_run=dry_run))


@app.command(rich_help_panel=LIFE, epilog="Example: `related refresh --seconds 60 --archive news`")
def refresh(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST_NUMBER, help="Blocks at most.")] = 1000,
    seconds: Annotated[float, typer.Option(min=0, max=MOST_SECONDS, help="About how long.")] = 10.0,
) -> None:
    """Make blocks anew that wait for it; a running service does so by itself."""
    with Newsroom.open(archive) as newsroom:
        changes = [*newsroom.run_due(limit), *newsroom.refresh(limit, seconds)]
        trouble = newsroom.archive.view.engine_trouble
    if trouble:
        typer.echo(f"what is left is made later: {trouble}", err=True)
    if json:
        say_json(change_rows(changes))
    else:
        print_changes(changes)


@app.command(rich_help_panel=LIFE, epilog="Example: `related purges --after 120 --archive news`")
def purges(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    after: Annotated[int, typer.Option(min=0, max=MOST_NUMBER, help="The last one that you know.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=MOST_NUMBER, help="Lines at most.")] = 100,
) -> None:
    """List the pages whose blocks changed, oldest first: what caches have to be told."""
    with Newsroom.open(archive) as newsroom:
        found = newsroom.purges(after, limit)
    if json:
        say_json([{"num": p.num, "at": p.at} | change_rows([p.change])[0] for p in found])
        return
    for purge in found:
        out.print(f"{purge.num:>6}  {purge.change.url or purge.change.source}  ({purge.change.reason})")
