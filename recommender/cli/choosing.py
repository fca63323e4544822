"""Commands that choose settings of blocks over those of the file: choose set, list, undo."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from recommender.archive.live_settings import CHOOSABLE
from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, err, out, say_json
from recommender.cli.catalogs import editor
from recommender.cli.editing import EDITING, ByOption
from recommender.newsroom import Newsroom
from recommender.newsroom.settings_choice import SettingsChoice
from recommender.story.timestamps import format_time

choose = typer.Typer(no_args_is_help=True, help="Settings of blocks, chosen over those of related.toml.")
app.add_typer(choose, name="choose", rich_help_panel=EDITING)


AS_FILE = "file"  # in place of a value: as the file has it again

ValuesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME=VALUE...",
        help=f"Settings: {', '.join(CHOOSABLE)}. The value {AS_FILE}: as related.toml has it again.",
    ),
]


def values_of(words: list[str]) -> dict[str, str | None]:
    """Return settings as they are named on the command line, by name; None for one as the file has it."""
    parts = [word.partition("=") for word in words]
    if wrong := [word for word, part in zip(words, parts, strict=True) if not part[1]]:
        raise typer.BadParameter(f"{wrong[0]!r} is no NAME=VALUE; write recency=0.5")
    return {name.strip(): None if value.strip() == AS_FILE else value.strip() for name, _, value in parts}


@choose.command(
    "set", epilog='Example: `related choose set recency=0.5 slots=4 --note "fresher" --archive news`'
)
def set_(
    values: ValuesArgument,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Let settings hold for all blocks from now on; those that are not named stay as they are."""
    given = values_of(values)
    with Newsroom.open(archive) as newsroom:
        fixed = newsroom.archive.live_settings.by_environment
        made = newsroom.settings_desk.choose(given, editor(by), note)
    for name in given.keys() & fixed.keys():
        err.print(f"{name} stays as it is here: {fixed[name]} is set, and counts before it")
    _say(made, json)


@choose.command("list", epilog="Example: `related choose list --archive news`")
def list_choices(archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Show what was chosen, by whom, when and why; the last choice holds."""
    with Newsroom.open(archive) as newsroom:
        choices = newsroom.settings_desk.choices()
    if json:
        say_json([choice.to_dict() for choice in choices])
        return
    table = Table("choice", "settings", "by", "at", "why", box=None)
    for choice in choices:
        table.add_row(str(choice.num), choice.in_words, choice.by, format_time(choice.at), choice.note)
    out.print(table)


@choose.command(epilog="Example: `related choose undo 1 --archive news`")
def undo(
    choice: Annotated[int, typer.Argument(help="Its number; `related choose list` has them.")],
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Put back the settings that held before a choice."""
    with Newsroom.open(archive) as newsroom:
        made = newsroom.settings_desk.put_back(choice, editor(by))
    _say(made, json)


def _say(made: SettingsChoice, json: bool) -> None:
    if json:
        say_json(made.to_dict())
        return
    out.print(f"choice {made.num}: {made.in_words}")
    out.print(f"blocks are made anew in the background; take it back with: related choose undo {made.num}")
