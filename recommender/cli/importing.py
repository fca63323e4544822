"""Commands that read many stories at once: add, whatever the files are, and import, of one kind."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.importing import Imported, add_found
from recommender.archive.model_choice import ModelChoice
from recommender.catalog.web_sources import WebSources
from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, err, out, say_json
from recommender.cli.changes import print_set_aside
from recommender.cli.lifecycle import DryRunOption
from recommender.cli.progress_bar import progress
from recommender.cli.stories import ContentTypeOption, KeepDeletedOption
from recommender.embedding import DEFAULT_MODEL
from recommender.errors import SettingsError, StoryError
from recommender.ingest.base import ContentType, Options, Refused
from recommender.ingest.jsonl import RefusedFile, count_lines
from recommender.ingest.live.base import Item, Reached
from recommender.ingest.reading import is_address, read_source
from recommender.ingest.refusals import passed_words
from recommender.ingest.registry import source_of
from recommender.settings import Settings, load_settings
from recommender.story.text_safety import is_web_url
from recommender.web.settings import load_web_settings

REFUSED = "refused"
SHOWN_REFUSALS = 10  # more than these scroll the counts off the screen; all of them are in the file
SHOWN_NOTES = 10

RefusedOption = Annotated[
    Path | None,
    typer.Option(help="File for the stories that were refused.", show_default="ARCHIVE/refused/TIME.jsonl"),
]
ZoneOption = Annotated[
    str | None, typer.Option(help="Zone of times that name none.", show_default="the setting zone")
]
SiteOption = Annotated[str, typer.Option("--url", help="Address of the site, for links that name no host.")]
OfLanguageOption = Annotated[
    str | None, typer.Option("--language", help="Of stories that declare none (BCP 47).")
]
FullPagesOption = Annotated[
    bool,
    typer.Option("--full-pages", help="Of feeds at an address: read the pages, too."),
]
QuickOption = Annotated[
    bool,
    typer.Option(
        "--quick",
        help="Of an empty archive, in English: vectors at once, less good ones; a service makes better ones.",
    ),
]
FromStartOption = Annotated[
    bool, typer.Option("--from-start", help="Of addresses: read all again, not only what is new.")
]


@app.command(epilog="Example: `related add stories.jsonl --archive news`")
def add(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders or addresses of stories: JSON, CSV, Markdown, feeds, sitemaps, pages, "
            "exports and APIs of a CMS, also packed by gzip; - is standard input."
        ),
    ],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    refused: RefusedOption = None,
    keep_deleted: KeepDeletedOption = False,
    dry_run: DryRunOption = False,
    content_type: ContentTypeOption = ContentType.AUTO,
    zone: ZoneOption = None,
    url: SiteOption = "",
    language: OfLanguageOption = None,
    full_pages: FullPagesOption = False,
    from_start: FromStartOption = False,
    quick: QuickOption = False,
) -> None:
    """Add stories, or update those that changed. A bad story is set aside and does not stop the rest."""
    asked = Asked(None, files, content_type, zone, url, language, full_pages, from_start)
    how = Taking(
        refused=place_of_refused(refused, archive), json=json, keep_deleted=keep_deleted, dry_run=dry_run
    )
    _take(asked, archive, how, quick=quick)


@app.command("import", epilog="Example: `related import json stories.jsonl --dry-run --archive news`")
def import_stories(
    kind: Annotated[str, typer.Argument(help="Kind of source: wordpress, feed, markdown, csv, ...")],
    files: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE...", help="Files, folders or addresses; - is standard input."),
    ],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    refused: RefusedOption = None,
    keep_deleted: KeepDeletedOption = False,
    dry_run: DryRunOption = False,
    content_type: ContentTypeOption = ContentType.AUTO,
    zone: ZoneOption = None,
    url: SiteOption = "",
    language: OfLanguageOption = None,
    full_pages: FullPagesOption = False,
    from_start: FromStartOption = False,
    quick: QuickOption = False,
) -> None:
    """Add the stories of sources of one kind, as `related add` does of any."""
    source_of(kind)  # before an archive is opened
    asked = Asked(kind, files, content_type, zone, url, language, full_pages, from_start)
    how = Taking(
        refused=place_of_refused(refused, archive), json=json, keep_deleted=keep_deleted, dry_run=dry_run
    )
    _take(asked, archive, how, quick=quick)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be read, and how."""

    kind: str | None
    files: list[str]
    content_type: ContentType
    zone: str | None
    url: str
    language: str | None
    full_pages: bool
    from_start: bool
    passed: Counter[str] = field(default_factory=Counter)  # what was read and is no story

    def read(self, archive: Archive) -> Iterator[Item]:
        """Yield what is in all sources."""
        options = self.options(archive.settings)
        for file in self.files:
            if is_address(file):
                yield from self._at(file, archive, options)
            else:
                yield from read_source(file, options, self.kind)

    def total(self) -> int | None:
        """Return how many stories there may be, for a progress bar: lines, where all are JSON Lines."""
        is_counted = not any("://" in file or Path(file).is_dir() for file in self.files)
        return count_lines(self.files, of_json=True) if is_counted else None

    def options(self, settings: Settings) -> Options:
        """Return what readers are told."""
        return Options(
            zone=_zone(self.zone) if self.zone else settings.timezone,
            url=_site(self.url),
            language=self.language,
            content_type=self.content_type,
            limits=settings.limits,
            passed=self.passed,
        )

    def _at(self, url: str, archive: Archive, options: Options) -> Iterator[Item]:
        """Yield what is new at an address since it was read last."""
        from recommender.ingest.live.base import Reader
        from recommender.ingest.live.reading import read_address  # loads what asks other sites
        from recommender.web.client import WebClient

        held = None if self.from_start else WebSources(archive.catalog).get(url)
        with WebClient(load_web_settings(archive.path)) as web:
            reader = Reader(
                web=web, options=options, full_pages=self.full_pages, since=held.state if held else {}
            )
            yield from read_address(url, reader, self.kind or (held.kind if held else None))


def _site(url: str) -> str:
    if url and not is_web_url(url):
        raise SettingsError(f"--url is {url!r}, no web address; give one such as https://news.example")
    return url


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(f"--zone is {name!r}, no time zone; give one such as Asia/Dhaka") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """How what is read is taken in, and what is said of it."""

    refused: Path
    json: bool
    keep_deleted: bool = False
    dry_run: bool = False


def place_of_refused(refused: Path | None, archive: Path) -> Path:
    """Return where the stories go that are refused."""
    return refused or archive / REFUSED / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.jsonl"


def _take(asked: Asked, archive: Path, how: Taking, *, quick: bool) -> None:
    place = ArchivePlace.of(archive)
    settings = replace(load_settings(place.directory), quick_start=True) if quick else None
    with Archive.open(place, settings) as opened:
        if quick and opened.model is not None:
            err.print(f"--quick changes nothing: the archive has vectors by {opened.model.name} already")
        take(opened, asked.read(opened), asked, how)


def take(archive: Archive, items: Iterable[Item], asked: Asked, how: Taking) -> None:
    """Take in what is read, say what came of it, and end with an error code where something was refused."""
    shown: list[str] = []
    with (
        RefusedFile(how.refused) as aside,
        progress("adding stories", asked.total(), quiet=how.json) as done,
    ):

        def refuse(item: Refused) -> None:
            aside.write(item)
            done(1)
            if len(shown) < SHOWN_REFUSALS:
                shown.append(f"  {item.where}: {item.error}")

        def reach(item: Reached) -> None:
            WebSources(archive.catalog).reached(item.url, item.kind, item.state)

        imported = add_found(
            archive, items, refuse, done, undelete=not how.keep_deleted, dry_run=how.dry_run, on_reached=reach
        )
        choice = archive.model_choice()
    _say(imported, asked.passed, aside, shown, how, choice)
    if aside.count:
        raise typer.Exit(StoryError.exit_code)


def _say(
    imported: Imported,
    passed: Counter[str],
    aside: RefusedFile,
    shown: list[str],
    how: Taking,
    choice: ModelChoice | None,
) -> None:
    report = imported.report
    if how.json:
        say_json(
            report.counts()
            | {"set_aside": report.set_aside}
            | {"refused": aside.count, "refused_file": str(aside.path) if aside.count else None}
            | {"links": imported.links, "curated": imported.curated, "hidden": imported.hidden}
            | {"passed_over": dict(passed.most_common())}
            | {"notes": dict(imported.notes.most_common()), "dry_run": how.dry_run}
            | ({"model": asdict(choice)} if choice else {})
        )
        return
    if how.dry_run:
        out.print(f"{report.added} would be added, {report.unchanged} are held already and would be updated "
                  f"where they say something else, {aside.count} refused; nothing was added")  # fmt: skip
    else:
        deleted = f"{report.deleted} stay deleted, " if report.deleted else ""
        out.print(f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
                  f"{report.older} older than what is held, {deleted}{aside.count} refused")  # fmt: skip
    if choice and report.added and (choice.way_out or choice.model != DEFAULT_MODEL):
        out.print(f"embedded by {choice.model}: {choice.reason}")
        if choice.way_out:
            out.print(f"  {choice.way_out}")
    print_set_aside(report.set_aside)
    if passed:
        out.print(f"  passed over, no stories: {passed_words(passed)}")
    for note, count in imported.notes.most_common(SHOWN_NOTES):
        out.print(f"  {count} x {note}")
    if (more := len(imported.notes) - SHOWN_NOTES) > 0:
        out.print(f"  and {more} other notes: --json has all of them")
    if aside.count:
        err.print("\n".join([*shown, f"  all refused stories are in {aside.path}"]))
