"""Commands that steer all blocks: steer boost, bury, limit-age, ignore-tag, require-picture, list, end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, out, say_json
from recommender.cli.catalogs import editor
from recommender.cli.editing import EDITING, ByOption
from recommender.engine.steering import SteeringAct
from recommender.newsroom import Newsroom
from recommender.newsroom.steering import MOST_DAYS, MOST_STRENGTH, STRENGTH, SteeringEntry
from recommender.story.timestamps import format_time

steer = typer.Typer(no_args_is_help=True, help="Rules for all blocks, at once, until a day or until ended.")
app.add_typer(steer, name="steer", rich_help_panel=EDITING)

SectionOption = Annotated[list[str] | None, typer.Option(help="Stories of this section, or any of these.")]
TagOption = Annotated[list[str] | None, typer.Option(help="Stories with this tag, or any of these.")]
KindOption = Annotated[list[str] | None, typer.Option(help="Stories of this kind, or any of these.")]
LanguageOption = Annotated[list[str] | None, typer.Option(help="Stories in this language, or any of these.")]
StoryOption = Annotated[list[str] | None, typer.Option(help="This story, by id or address, or any of these.")]
UntilOption = Annotated[
    str | None, typer.Option(help="The last day, or moment.", show_default="until it is ended")
]
StrengthOption = Annotated[
    float, typer.Option(min=0.1, max=MOST_STRENGTH, help="How far they are moved, in standard deviations.")
]
DaysArgument = Annotated[int, typer.Argument(min=1, max=MOST_DAYS, help="Days since a story was published.")]


@steer.command(epilog="Example: `related steer boost --section Elections --until 2099-11-03 --archive news`")
def boost(
    section: SectionOption = None,
    tag: TagOption = None,
    kind: KindOption = None,
    language: LanguageOption = None,
    story: StoryOption = None,
    strength: StrengthOption = STRENGTH,
    until: UntilOption = None,
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Put related stories before others; what is not related stays out. Of several options all must hold."""
    about = {"section": section, "tag": tag, "kind": kind, "language": language, "story": story}
    _steer(archive, json, SteeringAct.BOOST, by, **about, strength=strength, until=until)


@steer.command(epilog="Example: `related steer bury --tag horoscope --archive news`")
def bury(
    section: SectionOption = None,
    tag: TagOption = None,
    kind: KindOption = None,
    language: LanguageOption = None,
    story: StoryOption = None,
    strength: StrengthOption = STRENGTH,
    until: UntilOption = None,
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Put stories behind others. Of several options all must hold."""
    about = {"section": section, "tag": tag, "kind": kind, "language": language, "story": story}
    _steer(archive, json, SteeringAct.BURY, by, **about, strength=strength, until=until)


@steer.command("limit-age", epilog="Example: `related steer limit-age 30 --section Weather --archive news`")
def limit_age(
    days: DaysArgument,
    section: SectionOption = None,
    tag: TagOption = None,
    kind: KindOption = None,
    until: UntilOption = None,
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Show no stories that are older than so many days, of some sections, tags or kinds, or at all."""
    _steer(
        archive, json, SteeringAct.LIMIT_AGE, by, days=days, section=section, tag=tag, kind=kind, until=until
    )


@steer.command("ignore-tag", epilog="Example: `related steer ignore-tag newsletter --archive news`")
def ignore_tag(
    tag: Annotated[list[str], typer.Argument(metavar="TAG...", help="Tags that say nothing.")],
    until: UntilOption = None,
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Let a tag that two stories share count for nothing; stories that have it are still shown."""
    _steer(archive, json, SteeringAct.IGNORE_TAG, by, tag=tag, until=until)


@steer.command("require-picture", epilog="Example: `related steer require-picture --archive news`")
def require_picture(
    section: SectionOption = None,
    tag: TagOption = None,
    kind: KindOption = None,
    until: UntilOption = None,
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Show no stories without a picture, of some sections, tags or kinds, or at all."""
    about = {"section": section, "tag": tag, "kind": kind}
    _steer(archive, json, SteeringAct.REQUIRE_PICTURE, by, **about, until=until)


@steer.command("list", epilog="Example: `related steer list --archive news`")
def list_rules(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    every: Annotated[bool, typer.Option("--all", help="Also rules that hold no more.")] = False,
) -> None:
    """Show the rules that hold: who made them and when."""
    with Newsroom.open(archive) as newsroom:
        now, entries = newsroom.engine.clock(), newsroom.steering()
    shown = [entry for entry in entries if every or entry.holds(now)]
    if json:
        say_json([entry.to_dict() for entry in shown])
        return
    table = Table("rule", "what", "of", "until", "by", "since", box=None)
    for entry in shown:
        ends = entry.ended_at or entry.ends
        until = format_time(ends) if ends else ""
        what, since = entry.act.value, format_time(entry.at)
        table.add_row(str(entry.num), what, _said(entry), until, entry.by, since)
    out.print(table)


@steer.command(epilog="Example: `related steer end 3 --archive news`")
def end(
    rule: Annotated[int, typer.Argument(help="Number of the rule; `related steer list` has them.")],
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """End a rule now, in all blocks."""
    with Newsroom.open(archive) as newsroom:
        entry = newsroom.end_steering(rule, editor(by))
    if json:
        say_json(entry.to_dict())
    else:
        out.print(f"rule {entry.num} holds no more: {entry.act} {_said(entry)}")


def _steer(archive: Path, json: bool, act: SteeringAct, by: str, **fields: Any) -> None:  # noqa: ANN401
    given = {name: value for name, value in fields.items() if value not in (None, [])}
    with Newsroom.open(archive) as newsroom:
        entry = newsroom.steer(act.value, editor(by), **given)
    if json:
        say_json(entry.to_dict())
        return
    until = f", until {format_time(entry.ends)}" if entry.ends else ""
    out.print(f"rule {entry.num}: {entry.act} {_said(entry)}{until}")
    out.print(f"all blocks follow at once; end it with: related steer end {entry.num}")


def _said(entry: SteeringEntry) -> str:
    """Return what a rule says, on one line."""
    parts = (
        f"{name} {', '.join(value) if isinstance(value, list) else f'{value:g}'}"
        for name, value in entry.fields.items()
    )
    return "; ".join(parts)
