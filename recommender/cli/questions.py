"""Commands that ask: show, query."""

from __future__ import annotations

from typing import Annotated

import typer

from recommender.analysis.wording import own_name
from recommender.cli.app import (
    DEFAULT_ARCHIVE,
    MOST_STORIES,
    ArchiveOption,
    JsonOption,
    SlotsOption,
    app,
    err,
    out,
    read_input,
    refuse_several,
    say_html,
    say_json,
)
from recommender.cli.filters import (
    KindOption,
    LanguageOption,
    LeastOption,
    PictureOption,
    SectionOption,
    SinceOption,
    TagOption,
    UntilOption,
    WithoutOption,
    given,
)
from recommender.engine.block import Block
from recommender.engine.render import card, one_line
from recommender.errors import SourceError, set_aside
from recommender.library import Recommender
from recommender.story.language_tags import tag_of

HtmlOption = Annotated[bool, typer.Option("--html", help="Answer with the block as HTML.")]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="Answer in a format of others, such as atom, jsonld, newsletter."),
]
PreviewOption = Annotated[
    bool, typer.Option("--preview", help="Also of a story that readers may not see yet.")
]
EngineOption = Annotated[
    bool,
    typer.Option("--engine", help="What the stories alone make of it: no pins, exclusions or stored blocks."),
]


@app.command(epilog="Example: `related show story-17 --archive news`")
def show(
    id: Annotated[str, typer.Argument(help="Id or address of the story.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    html: HtmlOption = False,
    format: FormatOption = None,
    k: SlotsOption = None,
    preview: PreviewOption = False,
    engine: EngineOption = False,
    section: SectionOption = None,
    tag: TagOption = None,
    kind: KindOption = None,
    language: LanguageOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    without: WithoutOption = None,
    picture: PictureOption = False,
    least_score: LeastOption = None,
) -> None:
    """Show the related stories of a story in the archive, as they stand on its page."""
    filters = given(
        section=section, tag=tag, kind=kind, language=language,
        since=since, until=until, without=without, picture=picture, least_score=least_score,
    )  # fmt: skip
    refuse_several(json=json, html=html, format=format is not None)
    with Recommender.open(archive) as recommender:
        if format is not None:
            say_html(
                recommender.rendered(id, format, k, preview=preview, engine=engine, **filters).rstrip("\n")
            )
            return
        block = recommender.related(id, k, preview=preview, engine=engine, **filters)
        _answer(block, json, html)
        _say_why_empty(block, recommender)


@app.command(epilog='Example: `related query "talks on Ukraine" --archive news`')
def query(
    text: Annotated[str | None, typer.Argument(help="Any text: a phrase, a paragraph, a draft.")] = None,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    html: HtmlOption = False,
    k: Annotated[int, typer.Option("-k", min=1, max=MOST_STORIES, help="Stories to return.")] = 10,
    file: Annotated[str | None, typer.Option(help="Read the text from a file; - is standard input.")] = None,
    id: Annotated[
        str | None, typer.Option("--id", help="Ask by a story of the archive, as show does.")
    ] = None,
    preview: PreviewOption = False,
    engine: EngineOption = False,
    section: SectionOption = None,
    tag: TagOption = None,
    kind: KindOption = None,
    language: LanguageOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    without: WithoutOption = None,
    picture: PictureOption = False,
    least_score: LeastOption = None,
) -> None:
    """Find the stories that are nearest to a text."""
    filters = given(
        section=section, tag=tag, kind=kind, language=language,
        since=since, until=until, without=without, picture=picture, least_score=least_score,
    )  # fmt: skip
    if sum(given is not None for given in (text, file, id)) != 1:
        raise typer.BadParameter("give exactly one of TEXT, --file or --id")
    refuse_several(json=json, html=html)
    with Recommender.open(archive, asks_once=True) as recommender:
        if id is not None:
            block = recommender.related(id, k, preview=preview, engine=engine, **filters)
        else:
            words = text if text is not None else text_of(file or "-")
            block = recommender.similar(words, k=k, **filters)
        _answer(block, json, html)
        _say_why_empty(block, recommender)


@app.command(epilog="Example: `related translations story-17 --archive news`")
def translations(
    id: Annotated[str, typer.Argument(help="Id or address of the story.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """List the stories that tell in other languages what a story tells."""
    with Recommender.open(archive) as recommender:
        found = recommender.translations(id)
    if json:
        say_json([card(story) for story in found])
        return
    for story in found:
        out.print(f"{own_name(tag_of(story))}: {one_line(story.headline)} ({story.id})")
    if not found:
        err.print("No story of another language tells the same.")


def text_of(file: str) -> str:
    """Return the text of a file, or of standard input."""
    try:
        return read_input(file).decode()
    except UnicodeDecodeError as error:
        raise SourceError(f"{file} is not UTF-8 text (byte {error.start}); convert it first") from error


def _answer(block: Block, json: bool, html: bool) -> None:
    if json:
        say_json(block.to_dict())
    else:
        say_html(block.to_html()) if html else out.print(block.to_text())


def _say_why_empty(block: Block, recommender: Recommender) -> None:
    """Tell beside the answer when a story has no block because it is set aside."""
    if block.id is not None and not block.slots and (reason := recommender.newsroom.set_aside(block.id)):
        err.print(set_aside(block.id, reason))
