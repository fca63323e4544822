"""Commands that change an archive: init, add, publish, remove."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from index.storage.file_checks import open_private
from recommender.archive.archive import Archive
from recommender.cli.app import (
    DEFAULT_ARCHIVE,
    ArchiveOption,
    JsonOption,
    SlotsOption,
    app,
    err,
    out,
    progress,
    read_input,
    say_html,
    say_json,
)
from recommender.cli.changes import change_rows, print_changes, print_set_aside, published_row
from recommender.cli.lifecycle import DryRunOption
from recommender.cli.settings_reference import commented
from recommender.errors import NotFoundError, StoryError
from recommender.ingest.jsonl import RefusedFile, count_lines, read_stories
from recommender.newsroom import BlockChange, Newsroom
from recommender.settings import FILE_NAME, Settings
from recommender.story.story import Story

REFUSED = "refused"
KeepDeletedOption = Annotated[
    bool, typer.Option("--keep-deleted", help="Leave stories that were deleted as they are: for a job.")
]
SHOWN_REFUSALS = 10  # more than these scroll the counts off the screen; all of them are in the file


@app.command(epilog="Example: `related init --archive news`")
def init(archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Make an empty archive, and a related.toml with every setting in it, unless there is one."""
    with Archive.create(archive) as made:
        model = made.settings.model
    if not (archive / FILE_NAME).exists():
        with open_private(archive / FILE_NAME) as file:
            file.write(commented().encode())
    if json:
        say_json({"archive": str(archive), "model": model})
    else:
        out.print(f"made an empty archive in {archive}; fill it with: related add FILE --archive {archive}")


@app.command(epilog="Example: `related add stories.jsonl --archive news`")
def add(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Files of stories as JSON, one a line or an array, also packed by gzip; - is standard input."
        ),
    ],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    refused: Annotated[
        Path | None,
        typer.Option(
            help="File for the stories that were refused.", show_default="ARCHIVE/refused/TIME.jsonl"
        ),
    ] = None,
    keep_deleted: KeepDeletedOption = False,
) -> None:
    """Add stories, or update those that changed. A bad story is set aside and does not stop the rest."""
    place = refused or archive / REFUSED / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.jsonl"
    shown: list[str] = []
    with (
        Archive.open(archive) as opened,
        RefusedFile(place) as aside,
        progress("adding stories", count_lines(files), quiet=json) as done,
    ):
        stories = _read(files, opened.settings, aside, shown, done)
        report = opened.add(stories, on_done=done, undelete=not keep_deleted)
    if json:
        say_json(
            report.counts()
            | {"set_aside": report.set_aside}
            | {"refused": aside.count, "refused_file": str(place) if aside.count else None}
        )
    else:
        deleted = f"{report.deleted} stay deleted, " if report.deleted else ""
        out.print(f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
                  f"{report.older} older than what is held, {deleted}{aside.count} refused")  # fmt: skip
        print_set_aside(report.set_aside)
        if aside.count:
            err.print("\n".join([*shown, f"  all refused stories are in {place}"]))
    if aside.count:
        raise typer.Exit(StoryError.exit_code)


def _read(
    files: list[str], settings: Settings, aside: RefusedFile, shown: list[str], done: Callable[[int], None]
) -> Iterator[Story]:
    """Yield the stories of all files; put what is refused aside, and the first refusals into `shown`."""
    for file in files:
        for item in read_stories(file, zone=settings.timezone, limits=settings.limits):
            if isinstance(item, Story):
                yield item
                continue
            aside.write(item)
            done(1)
            if len(shown) < SHOWN_REFUSALS:
                shown.append(f"  {file} line {item.line}: {item.error}")


@app.command(epilog="Example: `related publish story.json --archive news --html`")
def publish(
    file: Annotated[str, typer.Argument(help="One story as JSON; - is standard input.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    html: Annotated[bool, typer.Option("--html", help="Answer with the block as HTML.")] = False,
    k: SlotsOption = None,
    dry_run: DryRunOption = False,
    keep_deleted: KeepDeletedOption = False,
) -> None:
    """Add or update one story; answer with its block and the pages whose blocks it changes."""
    text = read_input(file)
    with Newsroom.open(archive) as newsroom:
        settings = newsroom.settings
        story = Story.from_json(text, zone=settings.timezone, limits=settings.limits, where=file)
        published = newsroom.publish(story, k, dry_run=dry_run, undelete=not keep_deleted)
        newsroom.archive.save_when_due()
    if json:
        say_json(published_row(published))
    elif html:
        say_html(published.block.to_html())
    else:
        out.print(published.block.to_text())
        print_changes(published.changed, published.stale, dry_run=dry_run)
        print_set_aside({story.id: published.set_aside} if published.set_aside else {})
    if published.note and not json:
        err.print(published.note)


@app.command(epilog="Example: `related remove story-17 --archive news`")
def remove(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of the stories.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Take stories out of the archive. No block shows them after this command."""
    removed: list[str] = []
    missing: list[str] = []
    changed: list[BlockChange] = []
    with Newsroom.open(archive) as newsroom:
        for id in dict.fromkeys(ids):
            try:
                deleted = newsroom.delete(id)
                changed += deleted.changed
                (removed if deleted.taken else missing).append(id)
            except NotFoundError:
                missing.append(id)
    if json:
        say_json({"removed": removed, "missing": missing, "changed": change_rows(changed)})
    else:
        out.print(f"{len(removed)} removed")
        print_changes(changed)
        for id in missing:
            err.print(f"no such story: {id}; `related query` finds ids by text")
    if missing:
        raise typer.Exit(NotFoundError.exit_code)
