"""Commands of the desk: desk, which opens it, and people, who may sign in there."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

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
from recommender.cli.catalogs import catalog_of, editor, operator
from recommender.cli.serving import LOOPBACK, PORT, need_extra
from recommender.cli.tables import say_table, shown_time
from recommender.desk.settings import load_desk_settings
from recommender.errors import PersonError, SettingsError
from recommender.newsroom import Newsroom
from recommender.service.settings import load_service_settings

people = typer.Typer(no_args_is_help=True, help="People who may sign in at the desk.")
app.add_typer(people, name="people")

PersonArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the person, as it stands beside acts.")
]
RoleOption = Annotated[
    str,
    typer.Option(help="reader (sees), editor (changes blocks), admin (also sees the audit log)."),
]
UrlOption = Annotated[
    str,
    typer.Option(
        help="Where browsers reach the service.", show_default="the setting public_url, else loopback"
    ),
]


@app.command(epilog="Example: `related desk --archive news`")
def desk(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = PORT,
    by: Annotated[
        str, typer.Option("--as", envvar="RELATED_EDITOR", help="Who you are.", show_default="your login")
    ] = "",
) -> None:
    """Open the desk on this machine: serves it until told to stop, and prints a link that signs you in."""
    need_extra()
    from recommender.desk.app import routes_of_own  # the web server's libraries are an extra
    from recommender.desk.people import People
    from recommender.desk.roles import Role
    from recommender.service.server import serve

    settings, name = load_service_settings(archive), editor(by) or "desk"
    with catalog_of(archive) as catalog:
        held = People(catalog, actor=operator())
        if held.find(name) is None:
            held.add(name, Role.ADMIN)
        link = held.make_link(name, load_desk_settings(archive).link_hours)
    with Newsroom.open(archive, background=True) as newsroom:
        out.print(
            f"open this, once, to be {name} at the desk:\n\n  http://{LOOPBACK}:{port}/desk/link/{link}\n"
        )
        out.print("Ctrl+C ends it")
        serve(newsroom, settings, LOOPBACK, port, "WARNING", routes_of_own)


@people.command(epilog="Example: `related people add sports-desk --role editor --archive news`")
def add(
    name: PersonArgument,
    role: RoleOption = "reader",
    url: UrlOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Let somebody sign in, and print the link by which they do it first (none where a proxy does)."""
    need_extra()
    from recommender.desk.people import People, parse_role

    settings = load_desk_settings(archive)
    with catalog_of(archive) as catalog:
        held = People(catalog, actor=operator())
        person = held.add(name, parse_role(role))
        text = "" if settings.header else held.make_link(person.name, settings.link_hours)
    if text:
        _say_link(archive, person.name, text, url, json)
    elif json:
        say_json({"name": person.name, "link": None})
    else:
        out.print(f"{person.name} is let in when the proxy names them in {settings.header}")


@people.command(epilog="Example: `related people link sports-desk --archive news`")
def link(
    name: PersonArgument,
    hours: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=MOST_SECONDS / 3600,
            help="How long it may be used.",
            show_default="the setting link_hours",
        ),
    ] = None,
    url: UrlOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Print a link that signs a person in, once."""
    need_extra()
    from recommender.desk.people import People

    settings = load_desk_settings(archive)
    if settings.header:
        raise SettingsError(
            f"links sign nobody in: by the setting desk.header a proxy does ({settings.header}); "
            "take the setting out, or open the desk on this machine with: related desk"
        )
    with catalog_of(archive) as catalog:
        held = People(catalog, actor=operator())
        person = held.named(name)
        text = held.make_link(person.name, hours or settings.link_hours)
    _say_link(archive, person.name, text, url, json)


@people.command(epilog="Example: `related people role sports-desk admin --archive news`")
def role(
    name: PersonArgument,
    role: Annotated[str, typer.Argument(help="reader, editor or admin.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Give a person another role; they have to sign in again."""
    need_extra()
    from recommender.desk.people import People, parse_role

    with catalog_of(archive) as catalog:
        People(catalog, actor=operator()).set_role(name, parse_role(role))
    if json:
        say_json({"name": name, "role": role})
    else:
        out.print(f"{name} is {role} from now on, and has to sign in again")


@people.command(epilog="Example: `related people password sports-desk --archive news`")
def password(
    name: PersonArgument, archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False
) -> None:
    """Give a person a password: it is asked for, or read from standard input, and never shown."""
    need_extra()
    from recommender.desk.people import People

    with catalog_of(archive) as catalog:
        held = People(catalog, actor=operator())
        person = held.named(name)
        held.set_password(person.name, _asked(person.name))
    if json:
        say_json({"name": person.name, "password": True})
    else:
        out.print(f"{person.name} signs in with the new password from now on")


@people.command(epilog="Example: `related people remove sports-desk --archive news`")
def remove(name: PersonArgument, archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Let a person sign in no more; their sessions end at once, what they did stays under their name."""
    need_extra()
    from recommender.desk.people import People

    with catalog_of(archive) as catalog:
        People(catalog, actor=operator()).remove(name)
    if json:
        say_json({"removed": name})
    else:
        out.print(f"{name} is not let in any more")


@people.command("sign-out", epilog="Example: `related people sign-out sports-desk --archive news`")
def sign_out(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Whose sessions end.")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="Those of all people.")] = False,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """End sessions and unused links at once, in every running service; who is let in signs in again."""
    need_extra()
    from recommender.desk.people import People

    if bool(name) == everybody:
        raise PersonError("say whose sessions end: a name, or --all")
    with catalog_of(archive) as catalog:
        count = People(catalog, actor=operator()).sign_out(name or None)
    if json:
        say_json({"ended": count})
    else:
        out.print(f"ended {count} sessions")


@people.command("list", epilog="Example: `related people list --archive news`")
def list_people(archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Show who may sign in."""
    need_extra()
    from recommender.desk.people import People

    with catalog_of(archive) as catalog:
        rows = [
            {
                "name": each.person.name,
                "role": each.person.role.value,
                "password": each.has_password,
                "created": shown_time(each.created),
            }
            for each in People(catalog).list()
        ]
    if json:
        say_json(rows)
    else:
        say_table(rows, "nobody yet; let the first one in with: related people add NAME --role admin")


def _asked(name: str) -> str:
    """Return a password that is typed twice at a terminal, or the first line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(f"New password of {name}: ")
    if getpass.getpass("Once more: ") != first:
        raise PersonError("the two passwords differ; nothing was changed, do it again")
    return first


def _say_link(archive: Path, name: str, text: str, url: str, json: bool) -> None:
    base = url or load_service_settings(archive).public_url or f"http://{LOOPBACK}:{PORT}"
    address = f"{base.rstrip('/')}/desk/link/{text}"
    if json:
        say_json({"name": name, "link": address})
    else:
        out.print(address)
        err.print(f"this signs {name} in, once; it is not kept and never shown again")
