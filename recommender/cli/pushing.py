"""Commands that push blocks into other systems: push wordpress, push drupal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.app import (
    DEFAULT_ARCHIVE,
    ArchiveOption,
    JsonOption,
    SlotsOption,
    app,
    err,
    out,
    say_json,
)
from recommender.cli.changes import MOST_NAMED
from recommender.cli.progress_bar import progress
from recommender.errors import StoryError
from recommender.export import push_drupal, push_wordpress
from recommender.export.cms_requests import CmsRequests
from recommender.export.formats import format_of
from recommender.export.push import Push, PushReport, Target
from recommender.export.push_drupal import Drupal
from recommender.export.push_wordpress import WordPress
from recommender.export.story_block import StoryBlock
from recommender.library import Recommender
from recommender.web.client import WebClient
from recommender.web.settings import load_web_settings

IDS = "ids"

push = typer.Typer(no_args_is_help=True, help="Blocks pushed into other systems.")
app.add_typer(push, name="push")

UrlArgument = Annotated[str, typer.Argument(metavar="URL", help="Address of the CMS.")]
FormatOption = Annotated[
    str,
    typer.Option("--format", help="What is pushed: a format of related export, or ids of the stories there."),
]
SiteOption = Annotated[
    str,
    typer.Option(
        "--site", help="Where readers find its stories, if that is elsewhere.", show_default="the CMS's"
    ),
]
FullOption = Annotated[
    bool, typer.Option("--full", help="Look at all stories, not only at those that changed.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Only say what would be pushed; the CMS is not asked.")
]


@push.command(epilog="Example: `related push wordpress https://news.example --dry-run --archive news`")
def wordpress(
    url: UrlArgument,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    meta: Annotated[str, typer.Option("--meta", help="Key of the meta value.")] = push_wordpress.META,
    format: FormatOption = "data",
    site: SiteOption = "",
    k: SlotsOption = None,
    full: FullOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Write the block of each post into a meta value of it, over the REST API."""

    def target(web: WebClient) -> Target:
        requests = CmsRequests(web=web, login=push_wordpress.LOGIN, rights=push_wordpress.RIGHTS)
        return WordPress(url=url, requests=requests, write=_writer(format), meta=meta)

    place = (url, url.partition("/wp-json")[0], f"{meta} {format}")
    _push(archive, place, target, site, k, json=json, full=full, dry_run=dry_run)


@push.command(epilog="Example: `related push drupal https://news.example --dry-run --archive news`")
def drupal(
    url: UrlArgument,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    field: Annotated[str, typer.Option("--field", help="Machine name of the field.")] = push_drupal.FIELD,
    format: FormatOption = IDS,
    site: SiteOption = "",
    k: SlotsOption = None,
    full: FullOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Write the block of each node into a field of it, over JSON:API."""

    def target(web: WebClient) -> Target:
        requests = CmsRequests(
            web=web, login=push_drupal.LOGIN, rights=push_drupal.RIGHTS, media_type=push_drupal.MEDIA_TYPE
        )
        return Drupal(url=url, requests=requests, write=_writer(format), field_name=field)

    place = (url, url.partition("/jsonapi")[0], f"{field} {format}")
    _push(archive, place, target, site, k, json=json, full=full, dry_run=dry_run)


def _writer(format: str) -> Callable[[StoryBlock], str] | None:
    return None if format == IDS else format_of(format).write


def _push(
    archive: Path,
    place: tuple[str, str, str],
    target: Callable[[WebClient], Target],
    site: str,
    k: int | None,
    *,
    json: bool,
    full: bool,
    dry_run: bool,
) -> None:
    (url, root, recipe), named = place, list[str]()
    with (
        Recommender.open(archive) as recommender,
        WebClient(load_web_settings(archive)) as web,
        progress("pushing blocks", None, quiet=json or dry_run) as done,
    ):
        work = Push(
            newsroom=recommender.newsroom, target=target(web), url=url, site=site or root, k=k, recipe=recipe
        )

        def tell(one: StoryBlock) -> None:
            named.append(one.story.id)
            done(1)

        report = work.run(full=full, dry_run=dry_run, on_story=tell)
    if json:
        say_json(report.counts() | {"dry_run": dry_run})
    else:
        _say(report, named, site or root, dry_run)
    if report.refused:
        raise typer.Exit(StoryError.exit_code)


def _say(report: PushReport, named: list[str], site: str, dry_run: bool) -> None:
    done = "would be pushed" if dry_run else "pushed"
    out.print(
        f"{report.pushed:,} {done}, {report.unchanged:,} unchanged, {len(report.gone):,} gone there, "
        f"{report.elsewhere:,} not of this site, {len(report.refused):,} refused"
    )
    for id in named[:MOST_NAMED] if dry_run else ():
        out.print(f"  {id}")
    for id in report.gone[:MOST_NAMED]:
        out.print(f"  gone there: {id}")
    for id, why in list(report.refused.items())[:MOST_NAMED]:
        err.print(f"  refused: {id}: {why}")
    if report.stories and report.elsewhere == report.stories:
        err.print(
            f"none of these stories is of {site}; if readers find them elsewhere, name that with --site"
        )
