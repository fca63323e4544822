"""Commands that change an archive: init, publish, remove; for many stories see importing.py."""

from __future__ import annotations

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
    read_input,
    refuse_several,
    say_html,
    say_json,
)
from recommender.cli.archive_option import as_option
from recommender.cli.changes import change_rows, print_changes, print_set_aside, published_row
from recommender.cli.lifecycle import DryRunOption
from recommender.cli.settings_reference import commented
from recommender.errors import NotFoundError
from recommender.newsroom import BlockChange, Newsroom
from recommender.setting_sources import FILE_NAME
from recommender.story.story import ContentType, Story

ContentTypeOption = Annotated[
    ContentType, typer.Option("--content-type", help="What bodies are; auto tells it by their tags.")
]
KeepDeletedOption = Annotated[
    bool, typer.Option("--keep-deleted", help="Leave stories that were deleted as they are: for a job.")
]


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
        out.print(f"made an empty archive in {archive}; fill it with: related add FILE {as_option(archive)}")


@app.command(epilog="Example: `related publish story.json --archive news`")
def publish(
    file: Annotated[str, typer.Argument(help="One story as JSON; - is standard input.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    html: Annotated[bool, typer.Option("--html", help="Answer with the block as HTML.")] = False,
    k: SlotsOption = None,
    dry_run: DryRunOption = False,
    keep_deleted: KeepDeletedOption = False,
    content_type: ContentTypeOption = ContentType.AUTO,
) -> None:
    """Add or update one story; answer with its block and the pages whose blocks it changes."""
    refuse_several(json=json, html=html)
    text, notes = read_input(file), list[str]()
    with Newsroom.open(archive) as newsroom:
        settings = newsroom.settings
        story = Story.from_json(
            text,
            zone=settings.timezone,
            limits=settings.limits,
            where=file,
            content_type=content_type,
            notes=notes,
        )
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
    if not json:
        for note in [*notes, *([published.note] if published.note else [])]:
            err.print(note)


@app.command(epilog="Example: `related remove story-17 --archive news`")
def remove(
    ids: Annotated[list[str], typer.Argument(metavar="ID|URL...", help="Ids or addresses of the stories.")],
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
                (removed if deleted.taken else missing).append(deleted.id)
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
