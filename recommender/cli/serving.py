"""Commands of the HTTP service: serve, its keys, its webhooks."""

from __future__ import annotations

import importlib.util
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from recommender.catalog.deliveries import Deliveries
from recommender.cli.app import (
    DEFAULT_ARCHIVE,
    MOST_SECONDS,
    ArchiveOption,
    JsonOption,
    app,
    err,
    out,
    say_json,
)
from recommender.cli.catalogs import catalog_of, grace_until, operator
from recommender.cli.tables import say_table, shown_time
from recommender.errors import ExtraMissingError, NotFoundError, QuestionError
from recommender.newsroom import Newsroom
from recommender.service.keys import Key, Keyring, Right, parse_rights
from recommender.service.settings import load_service_settings
from recommender.service.signing import new_secret
from recommender.setting_sources import FILE_NAME

LOOPBACK = "127.0.0.1"
PORT = 8350
_EXTRA = (
    "starlette",
    "uvicorn",
    "httptools",
    "prometheus_client",
    "httpx",
    "threadpoolctl",
    "standardwebhooks",
    "argon2",
    "crawleruseragents",
)

keys = typer.Typer(no_args_is_help=True, help="API keys of the HTTP service.")
webhooks = typer.Typer(no_args_is_help=True, help="What the HTTP service posts when blocks change.")
app.add_typer(keys, name="keys")
app.add_typer(webhooks, name="webhooks")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the key, such as cms.")]


@app.command(
    epilog="Example: `related serve --archive news --port 8350`, or `related serve --publishers titles`"
)
def serve(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOOPBACK,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = PORT,
    open_reads: Annotated[
        bool | None,
        typer.Option("--open-reads/--closed-reads", help="Blocks need no key.", show_default=False),
    ] = None,
    publishers: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Instead of one archive, serve all archives in this directory, each below /p/NAME/.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Answer over HTTP until told to stop; everything acknowledged is kept."""
    need_extra()
    from recommender.desk.app import routes  # the web server's libraries are an extra
    from recommender.service.server import serve as run
    from recommender.service.server import serve_publishers

    level = os.environ.get("RELATED_LOG", "INFO").upper()
    if publishers is not None:
        if open_reads is not None:
            raise QuestionError(
                "--open-reads is of one archive; with --publishers set open_reads in the table [service] of "
                f"{publishers / FILE_NAME}, or of one publisher's"
            )
        serve_publishers(publishers, host, port, level, routes)
        return
    settings = load_service_settings(archive)
    if open_reads is not None:
        settings = replace(settings, open_reads=open_reads)
    with Newsroom.open(archive, background=True) as newsroom:
        run(newsroom, settings, host, port, level, routes)


@app.command(epilog="Example: `related work --archive news`")
def work(archive: ArchiveOption = DEFAULT_ARCHIVE) -> None:
    """Do what is due beside requests until told to stop; see the setting service.works."""
    need_extra()
    from recommender.service.working import work as run

    level = os.environ.get("RELATED_LOG", "INFO").upper()
    settings = load_service_settings(archive)
    with Newsroom.open(archive, background=True) as newsroom:
        run(newsroom, settings, level)


def need_extra() -> None:
    """Raise `ExtraMissingError` where the libraries of the service are not installed."""
    if missing := missing_extra():
        raise ExtraMissingError(
            f"the service needs {', '.join(missing)}; install: pip install 'related-stories[service]'"
        )


def missing_extra() -> list[str]:
    """Return which libraries of the service are not installed; none is imported."""
    return [name for name in _EXTRA if importlib.util.find_spec(name) is None]


@keys.command(epilog="Example: `related keys add cms --rights read,publish --archive news`")
def add(
    name: NameArgument,
    rights: Annotated[str, typer.Option(help="read, publish, edit, admin; separated by commas.")] = "read",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Make a key and print it, once: only its hash is kept."""
    with catalog_of(archive) as catalog:
        text = Keyring(catalog, actor=operator()).add(name, parse_rights(rights))
    _say_key(name, text, json)


@keys.command(epilog="Example: `related keys rotate cms --grace 3600 --archive news`")
def rotate(
    name: NameArgument,
    grace: Annotated[
        int, typer.Option(min=0, max=MOST_SECONDS, help="Seconds for which the old key still works.")
    ] = 0,
    until: Annotated[str, typer.Option(help="The last day, or moment, on which it does, instead.")] = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Make a new key of the same name and rights, and print it."""
    if until and grace:
        raise QuestionError("--grace and --until both say when the old key ends; give one of them")
    grace = grace_until(until, archive) if until else grace
    with catalog_of(archive) as catalog:
        text = Keyring(catalog, actor=operator()).rotate(name, grace)
    _say_key(name, text, json)


@keys.command(epilog="Example: `related keys remove cms --archive news`")
def remove(name: NameArgument, archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Refuse a key from now on, in every running service."""
    with catalog_of(archive) as catalog:
        Keyring(catalog, actor=operator()).remove(name)
    if json:
        say_json({"removed": name})
    else:
        out.print(f"removed the key {name}", markup=False)


@keys.command("end-tokens", epilog="Example: `related keys end-tokens --archive news`")
def end_tokens(archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Refuse all tokens of the sidebar from now on: what seals them is made anew. Keys stay."""
    with catalog_of(archive) as catalog:
        Keyring(catalog, actor=operator()).end_tokens()
    if json:
        say_json({"ended": "tokens"})
    else:
        out.print("all tokens of the sidebar have ended; who writes gets another one by itself")


@keys.command("list", epilog="Example: `related keys list --archive news`")
def list_keys(archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Show the keys, without what is secret."""
    with catalog_of(archive) as catalog:
        rows = [_key_row(key) for key in Keyring(catalog).list()]
    if json:
        say_json(rows)
    else:
        say_table(rows, "no key yet; make one with: related keys add NAME --rights read,publish,edit")


@webhooks.command(epilog="Example: `related webhooks secret`")
def secret() -> None:
    """Print a fresh secret for the setting webhook_secret."""
    out.print(new_secret(), markup=False)


@webhooks.command("list", epilog="Example: `related webhooks list --archive news`")
def list_webhooks(archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Show the posts that wait or were given up."""
    with catalog_of(archive) as catalog:
        rows = [row._asdict() for row in Deliveries(catalog).list()]
    if json:
        say_json(rows)
    else:
        say_table(rows, "nothing waits and nothing was given up")


@webhooks.command(epilog="Example: `related webhooks retry --archive news`")
def retry(
    num: Annotated[int | None, typer.Argument(help="Number of the post; all by default.")] = None,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Post again what was given up: the running service does so within a second or two."""
    with catalog_of(archive) as catalog:
        count = Deliveries(catalog).retry(int(time.time()), num)
    if num is not None and not count:
        raise NotFoundError(f"no post {num} that was given up; see: related webhooks list")
    if json:
        say_json({"retried": count})
    else:
        out.print(f"{count} will be posted again")


def _say_key(name: str, text: str, json: bool) -> None:
    if json:
        say_json({"name": name, "key": text})
    else:
        out.print(text, markup=False)
        err.print(f"this is the key {name}; it is not kept and never shown again", markup=False)


def _key_row(key: Key) -> dict[str, object]:
    return {
        "name": key.name,
        "rights": [right.value for right in Right if right in key.rights],
        "created": shown_time(key.created),
        "expires": None if key.expires is None else shown_time(key.expires),
    }
