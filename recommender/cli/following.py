"""The command that follows sites: what is new there is published, what is gone there is withdrawn."""

from __future__ import annotations

import signal
import threading
from collections.abc import Set
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from recommender.catalog.web_sources import WebSources
from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, err, out, say_json
from recommender.errors import NotFoundError, SettingsError
from recommender.following.follower import Look
from recommender.following.runner import Runner
from recommender.following.settings import Address, FollowSettings, addresses_in, load_follow_settings
from recommender.newsroom import Newsroom, Worker
from recommender.web.settings import load_web_settings

REFRESH_BLOCKS, REFRESH_SECONDS = (
    1000,
    10.0,
)  # after one look; more is left to the next


@app.command(epilog="Example: `related follow https://news.example/feed/ --once --archive news`")
def follow(
    sites: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KIND] URL...",
            help="Feeds, sitemaps, sites of WordPress (wordpress-json URL), Ghost and Drupal.",
            show_default="the setting urls of [follow]",
        ),
    ] = None,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    once: Annotated[bool, typer.Option("--once", help="Look at each once, and end: for cron.")] = False,
    full_pages: Annotated[
        bool | None,
        typer.Option("--full-pages/--entries", help="Read pages of a feed's entries.", show_default=False),
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Follow these no more; their stories stay.")
    ] = False,
) -> None:
    """Publish what is new at sites, and withdraw what is gone there, until told to stop."""
    settings = load_follow_settings(archive)
    if full_pages is not None:
        settings = replace(settings, full_pages=full_pages)
    addresses = addresses_in(sites) if sites else settings.addresses
    if not addresses:
        raise SettingsError("no site is named; give its URL, or set urls in the table [follow]")
    for address in () if forget else addresses:
        address.check()
    with Newsroom.open(archive, background=not once) as newsroom:
        if forget:
            _forget(newsroom, addresses, json)
        elif once:
            _once(newsroom, addresses, settings, archive, json)
        else:
            _until_stopped(newsroom, addresses, settings, archive, json)


def _forget(newsroom: Newsroom, addresses: tuple[Address, ...], json: bool) -> None:
    sources = WebSources(newsroom.archive.catalog)
    for address in addresses:
        if not sources.forget(address.url):
            raise NotFoundError(f"{address.url} is not followed; see: related status")
    if json:
        say_json({"forgotten": [address.url for address in addresses]})


def _once(
    newsroom: Newsroom, addresses: tuple[Address, ...], settings: FollowSettings, archive: Path, json: bool
) -> None:
    runner = Runner(newsroom, addresses, settings, load_web_settings(archive), tell=lambda _: None)
    try:
        looks = runner.once()
    finally:
        runner.stop()
    put_off = _put_off(newsroom, {address.url for address in addresses} - {look.url for look in looks})
    newsroom.run_due(REFRESH_BLOCKS)
    newsroom.refresh(REFRESH_BLOCKS, REFRESH_SECONDS)
    if json:
        say_json([asdict(look) for look in [*looks, *put_off]])
    else:
        for look in [*looks, *put_off]:
            _say(look)
    if any(look.error for look in looks):
        raise typer.Exit(SettingsError.exit_code)


def _put_off(newsroom: Newsroom, urls: Set[str]) -> list[Look]:
    """Return what is to be said of sites that failed before and are not due yet."""
    rows = map(WebSources(newsroom.archive.catalog).get, sorted(urls))
    return [Look.put_off(row) for row in rows if row is not None]


def _until_stopped(
    newsroom: Newsroom, addresses: tuple[Address, ...], settings: FollowSettings, archive: Path, json: bool
) -> None:
    worker = Worker(newsroom)
    stopped = threading.Event()

    def tell(look: Look) -> None:
        worker.wake()
        if json:
            say_json(asdict(look))
        else:
            _say(look)

    def stop(_: int, __: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    runner = Runner(newsroom, addresses, settings, load_web_settings(archive), tell)
    worker.start()
    runner.start()
    try:
        stopped.wait()
    finally:
        runner.stop()
        worker.stop()


def _say(look: Look) -> None:
    if look.error:
        again = f"; it is asked again at {look.asked_again}" if look.asked_again else ""
        err.print(f"{look.error}{again}")
    else:
        refused = f", {look.refused} refused" if look.refused else ""
        out.print(f"{look.url}: {look.taken} new or changed, {look.withdrawn} withdrawn{refused}")
    for refusal in look.refusals:
        err.print(f"  {refusal}")
    if look.refusals and (more := look.refused - len(look.refusals)):
        err.print(f"  and {more} more")
