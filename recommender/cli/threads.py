"""The command that tells the running stories of the last weeks: threads."""

from __future__ import annotations

from typing import Annotated

import typer

from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, err, out, say_json
from recommender.engine.dates import day
from recommender.engine.page_style import PageStyle
from recommender.engine.render import one_line
from recommender.library import Recommender
from recommender.newsroom import Thread


@app.command(epilog="Example: `related threads --archive news`")
def threads(
    story: Annotated[
        str | None, typer.Argument(help="Only the thread of this story, by id or address, with its timeline.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="As of that day or time.", show_default="now")] = None,
    least: Annotated[
        int | None, typer.Option(min=1, help="Reports a thread has at least.", show_default="threads.least")
    ] = None,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Tell the events of the last weeks as running stories, those with the newest report first."""
    with Recommender.open(archive) as recommender:
        look = recommender.engine.look
        found = recommender.threads(at, least) if story is None else [recommender.thread(story, at)]
    if json:
        told = [thread.to_dict(timeline=story is not None) for thread in found]
        say_json(told if story is None else told[0])
        return
    for thread in found:
        _say(thread, look, timeline=story is not None)
    if not found:
        err.print("No event of these days has so many reports; `--least 2` asks for fewer.")


def _say(thread: Thread, look: PageStyle, *, timeline: bool) -> None:
    reports = "1 report" if len(thread.reports) == 1 else f"{len(thread.reports)} reports"
    facts = [thread.state.value, reports, ", ".join(thread.about)]
    ends = (thread.first.published, thread.latest.published)
    first, last = (day(each, look.language, look.timezone) for each in ends)
    out.print(one_line(thread.title))
    out.print(one_line(f"    {first} to {last}; {'; '.join(filter(None, facts))}; {thread.id}"))
    for report in thread.reports if timeline else ():
        told = [report.story, *report.versions]
        for place, one in enumerate(told):
            date = day(one.published, look.language, look.timezone)
            out.print(one_line(f"    {'  also ' if place else ''}{date}  {one.id}  {one.headline}"))
