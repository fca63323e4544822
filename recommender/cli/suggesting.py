"""The command that proposes links to set in the text of a draft."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from recommender.cli.app import DEFAULT_ARCHIVE, MOST_STORIES, ArchiveOption, JsonOption, app, out, say_json
from recommender.cli.filters import (
    KindOption,
    LanguageOption,
    SectionOption,
    SinceOption,
    TagOption,
    UntilOption,
    WithoutOption,
    given,
)
from recommender.cli.questions import text_of
from recommender.errors import SourceError
from recommender.library import Recommender


@app.command(epilog="Example: `related suggest draft.html --archive news`")
def suggest(
    file: Annotated[
        str,
        typer.Argument(help="The draft: its text, plain or HTML, or a story as JSON; - is standard input."),
    ],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    k: Annotated[int, typer.Option("-k", min=1, max=MOST_STORIES, help="Links to propose at most.")] = 5,
    section: SectionOption = None,
    tag: TagOption = None,
    kind: KindOption = None,
    language: LanguageOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    without: WithoutOption = None,
    least_score: Annotated[
        float | None, typer.Option(help="Only links at least so probable.", show_default="0.03")
    ] = None,
) -> None:
    """Propose links to set in a draft's text: phrases, each with the earlier story it should lead to."""
    filters = given(
        section=section, tag=tag, kind=kind, language=language, since=since, until=until,
        without=without, least_score=least_score,
    )  # fmt: skip
    text = text_of(file)
    with Recommender.open(archive) as recommender:
        found = recommender.suggest(_draft(text, file), k, **filters)
    if json:
        say_json(found.to_dict())
    else:
        out.print(found.to_text())


def _draft(text: str, file: str) -> str | dict[str, Any]:
    """Return the fields of a draft where a file holds a JSON object, else its text."""
    if not text.lstrip().startswith("{"):
        return text
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        if file.endswith(".json"):
            raise SourceError(
                f"{file}: no JSON object ({error}); give a story's fields, or a text"
            ) from error
        return text
