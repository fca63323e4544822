"""Commands for clicks: clicks import, show, learn."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from recommender.archive.click_appeals import in_words as appeal_in_words
from recommender.archive.click_appeals import told as appeal_told
from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, out, read_input, say_json
from recommender.cli.comparing import in_words
from recommender.cli.editing import EDITING
from recommender.newsroom import Newsroom
from recommender.newsroom.click_files import read

clicks = typer.Typer(no_args_is_help=True, help="How often slots were shown and clicked, counted by day.")
app.add_typer(clicks, name="clicks", rich_help_panel=EDITING)


@clicks.command("import", epilog="Example: `related clicks import clicks.csv --archive news`")
def import_file(
    file: Annotated[str, typer.Argument(help="CSV: day, source, target, position, shown, clicked; or -.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Take over counts that were measured elsewhere; they replace those of their days and slots.

    Lines on stories that the archive does not hold are left out.
    """
    from recommender.newsroom.clicks import take

    rows = read(read_input(file), file)
    with Newsroom.open(archive) as newsroom:
        kept = take(newsroom, rows)
    if json:
        say_json({"read": len(rows), "kept": kept})
    else:
        out.print(f"kept {kept:,} of {len(rows):,} lines")


@clicks.command(epilog="Example: `related clicks show --archive news`")
def show(archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Tell which share of readers clicked in the last four weeks, by position, role and reason."""
    from recommender.evaluation.clicks import report
    from recommender.evaluation.comparison_standing import told
    from recommender.newsroom.clicks import of_late

    with Newsroom.open(archive) as newsroom:
        found = report(of_late(newsroom), newsroom.engine.look.say)
        compared = newsroom.comparison_desk.latest()
    groups = {"position": found.positions, "role": found.roles, "reason": found.reasons}
    if json:
        say_json(
            {name: [asdict(rate) | {"share": rate.share} for rate in rates] for name, rates in groups.items()}
            | {"comparison": compared and told(compared)}
        )
        return
    if not found.positions:
        out.print("nothing was counted in the last four weeks")
    for name, rates in groups.items():
        for rate in rates:
            first = "" if rate.corrected is None else f", as if first {rate.corrected:.2%}"
            share = f"{rate.share:.2%} [{rate.low:.2%}, {rate.high:.2%}]{first}"
            out.print(f"{name} {rate.name}: {share} of {rate.shown:,}")
    if compared:
        out.print(in_words(compared))


@clicks.command(epilog="Example: `related clicks learn --archive news`")
def learn(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    undo: Annotated[
        bool,
        typer.Option("--undo", help="Learn nothing, and go back to what was in use before."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Learn now which stories readers click more, kept if that foretells the newest clicks.

    A service with the setting learn_clicks does so every week. Without the setting, no block changes.
    """
    from recommender.evaluation.click_learning import ClickLearner

    with Newsroom.open(archive) as newsroom:
        learner, on = ClickLearner(newsroom.engine), newsroom.settings.learn_clicks
        found = appeal_told(learner.undo("related clicks learn --undo") if undo else learner.learn())
    if json:
        say_json(found | {"on": on})
        return
    out.print(appeal_in_words(found))
    if not on:
        out.print("no block changes: set learn_clicks = true in related.toml")
