"""The filters of commands that answer with stories, as options. See `answer_filters`."""

from __future__ import annotations

from typing import Annotated, Any, cast

import typer

from recommender.engine.requested_filters import FilterFields

SectionOption = Annotated[list[str] | None, typer.Option(help="Only of this section; may be given again.")]
TagOption = Annotated[list[str] | None, typer.Option(help="Only with this tag; may be given again.")]
KindOption = Annotated[list[str] | None, typer.Option(help="Only of this kind; may be given again.")]
LanguageOption = Annotated[list[str] | None, typer.Option(help="Only in this language; may be given again.")]
SinceOption = Annotated[str | None, typer.Option(help="Only published from then on: a day or a time.")]
UntilOption = Annotated[str | None, typer.Option(help="Only published until then: a day or a time.")]
WithoutOption = Annotated[list[str] | None, typer.Option(help="Not this story, by id or address, or these.")]
PictureOption = Annotated[bool, typer.Option("--picture", help="Only stories with a picture.")]
LeastOption = Annotated[
    float | None, typer.Option(help="Only from this score on.", show_default="the setting least_score")
]


def given(**options: Any) -> FilterFields:  # noqa: ANN401 (whatever the options hold)
    """Return those of the options that were given."""
    was_given = {
        name: value for name, value in options.items() if value not in (None, []) and value is not False
    }
    return cast("FilterFields", was_given)
