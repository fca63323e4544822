"""Commands that let readers' clicks compare two settings: compare start, show, stop."""

from __future__ import annotations

from typing import Annotated

import typer

from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, out, say_json
from recommender.cli.catalogs import editor
from recommender.cli.choosing import ValuesArgument, values_of
from recommender.cli.editing import EDITING, ByOption
from recommender.newsroom import Newsroom
from recommender.newsroom.comparing import ComparisonEntry

compare = typer.Typer(no_args_is_help=True, help="Let readers' clicks compare two settings of blocks.")
app.add_typer(compare, name="compare", rich_help_panel=EDITING)


@compare.command(epilog="Example: `related compare start recency=0.5 --archive news`")
def start(
    values: ValuesArgument,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Let blocks of the last two weeks be drafted by the settings that hold and by these, and count."""
    with Newsroom.open(archive) as newsroom:
        begun = newsroom.comparison_desk.start(values_of(values), editor(by), note)
    _say(begun, json)


@compare.command(epilog="Example: `related compare show --archive news`")
def show(archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Tell how the comparison that runs stands, and how earlier ones ended."""
    with Newsroom.open(archive) as newsroom:
        entries = newsroom.comparison_desk.entries()
    if json:
        from recommender.evaluation.comparison_standing import told

        say_json([told(entry) for entry in entries])
        return
    if not entries:
        out.print("nothing was compared")
    for entry in entries:
        out.print(in_words(entry))


@compare.command(epilog="Example: `related compare stop --archive news`")
def stop(by: ByOption = "", archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """End the comparison: all blocks are those of the settings that hold again."""
    with Newsroom.open(archive) as newsroom:
        ended = newsroom.comparison_desk.stop(editor(by))
    _say(ended, json)


def in_words(entry: ComparisonEntry) -> str:
    """Return how a comparison stands, on one line."""
    from recommender.evaluation.sequential import WORDS, standing

    found = standing(entry.wins, entry.losses)
    state = f"ended by {entry.ended_by}" if entry.ended_by else f"runs, begun by {entry.by}"
    interval = f"{found.share:.1%} [{found.low:.1%}, {found.high:.1%}]"
    won = f"won {found.wins:,} of {found.units:,} decided, {interval}"
    return f"comparison {entry.num} ({entry.in_words}): {WORDS[found.verdict]}; {won}; {state}"


def _say(entry: ComparisonEntry, json: bool) -> None:
    if json:
        from recommender.evaluation.comparison_standing import told

        say_json(told(entry))
    else:
        out.print(in_words(entry))
