"""Commands that show what an archive holds, whatever readers may see: get, list."""

from __future__ import annotations

from typing import Annotated

import typer

from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, out, say_json
from recommender.cli.filters import (
    KindOption,
    LanguageOption,
    PictureOption,
    SectionOption,
    SinceOption,
    TagOption,
    UntilOption,
    WithoutOption,
    given,
)
from recommender.engine.dates import day
from recommender.engine.render import card, one_line, story_text
from recommender.errors import NotFoundError, shown
from recommender.ingest.base import Origin
from recommender.library import Recommender
from recommender.story.languages import language_of
from recommender.story.link_policy import state
from recommender.story.story import Status, Story


@app.command(epilog="Example: `related get story-17 --archive news`")
def get(
    name: Annotated[str, typer.Argument(metavar="ID|URL", help="Id of the story, or its address.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Show a story as it is held, public or not. With --json it is one that `related add` reads."""
    with Recommender.open(archive) as recommender:
        story, engine = recommender.get(name), recommender.engine
        look, now = engine.look, int(engine.clock())
        origin = recommender.archive.catalog.origin(story.id) if story else None
    if story is None:
        raise NotFoundError(f"no story {shown(name)}, by id or address; `related query` finds ids by text")
    if json:
        say_json(story.to_json() | _detected(story) | ({"origin": _told(origin)} if origin else {}))
    else:
        out.print(story_text(story, look, now=now))
        if origin:
            out.print("\ncame from: " + one_line(", ".join(f"{k} {v}" for k, v in _told(origin).items())))


def _detected(story: Story) -> dict[str, dict[str, object]]:
    """Return in what language the text of a story was found to be, where it was not declared."""
    found = language_of(story)
    if found.declared or not found.tag:
        return {}
    return {"detected": {"language": found.tag, "confidence": found.confidence}}


def _told(origin: Origin) -> dict[str, str]:
    """Return what is known of where a story came from."""
    known = {"kind": origin.kind, "id": origin.id, "type": origin.type, "revision": origin.revision}
    return {name: value for name, value in known.items() if value}


@app.command("list", epilog="Example: `related list --limit 50 --archive news`")
def list_stories(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    limit: Annotated[int, typer.Option(min=1, max=2**31, help="Stories at most.")] = 20,
    section: SectionOption = None,
    tag: TagOption = None,
    kind: KindOption = None,
    language: LanguageOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    without: WithoutOption = None,
    picture: PictureOption = False,
) -> None:
    """List the newest stories, newest first, public or not."""
    filters = given(
        section=section,
        tag=tag,
        kind=kind,
        language=language,
        since=since,
        until=until,
        without=without,
        picture=picture,
    )
    with Recommender.open(archive) as recommender:
        stories, engine = recommender.list(limit=limit, **filters), recommender.engine
        look, now = engine.look, int(engine.clock())
    if json:
        say_json(
            [card(story) | {"status": story.status.value, "state": state(story, now)} for story in stories]
        )
        return
    for story in stories:
        stands = state(story, now)
        status = "" if stands == Status.PUBLISHED else f" ({stands})"
        date = day(story.published, look.language, look.timezone)
        out.print(one_line(f"{date}  {story.id}  {story.headline}{status}"))
