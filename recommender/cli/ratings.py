"""Commands for what editors think of slots: ratings export, import, show."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.app import (
    DEFAULT_ARCHIVE,
    ArchiveOption,
    JsonOption,
    app,
    err,
    out,
    read_input,
    say_json,
)
from recommender.cli.catalogs import editor
from recommender.cli.editing import EDITING, ByOption
from recommender.errors import SourceError
from recommender.newsroom import Newsroom
from recommender.newsroom.rating_files import CSV, JSONL, read, written
from recommender.newsroom.ratings import Grade

ratings = typer.Typer(no_args_is_help=True, help="What editors think of single slots, 0 to 2.")
app.add_typer(ratings, name="ratings", rich_help_panel=EDITING)


class Kind(StrEnum):
    """Forms of a file of ratings."""

    JSONL = JSONL
    CSV = CSV


@ratings.command("import", epilog="Example: `related ratings import ratings.jsonl --archive news`")
def import_file(
    file: Annotated[str, typer.Argument(help="JSON Lines or CSV: source, target, grade, by, at; or -.")],
    by: ByOption = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Take over ratings that were made elsewhere; of one editor on one slot the newest counts.

    Those that are held already change nothing; those on stories that the archive does not hold are left out.
    """
    found = read(read_input(file), file, editor(by))
    with Newsroom.open(archive) as newsroom:
        new = sum(newsroom.import_ratings(found))
    if json:
        say_json({"read": len(found), "new": new})
    else:
        out.print(f"{new:,} of {len(found):,} ratings are new")


@ratings.command(epilog="Example: `related ratings export --to ratings.csv --format csv --archive news`")
def export(
    to: Annotated[Path | None, typer.Option(help="File to write.", show_default="standard output")] = None,
    kind: Annotated[Kind, typer.Option("--format", help="Form of the file.")] = Kind.JSONL,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Write what counts of each editor on each slot, the oldest first."""
    with Newsroom.open(archive) as newsroom:
        found = newsroom.ratings()
    if json and to is None:
        say_json([rating.to_dict() for rating in found])
        return
    text = written(found, kind.value)
    if to is None:
        out.file.write(text)
        return
    try:
        to.write_text(text, "utf-8")
    except OSError as error:
        raise SourceError(f"{to}: {error.strerror}; choose another file") from error
    if json:
        say_json({"wrote": str(to), "ratings": len(found)})
    else:
        err.print(f"wrote {len(found):,} ratings to {to}")


@ratings.command(epilog="Example: `related ratings show --archive news`")
def show(archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Tell how many slots were rated, how, and by whom."""
    with Newsroom.open(archive) as newsroom:
        found = newsroom.ratings()
    by_grade = Counter(rating.grade for rating in found)
    told = {grade.name.lower(): by_grade[grade] for grade in Grade}
    by_editor = dict(sorted(Counter(rating.by for rating in found).items()))
    if json:
        say_json({"ratings": len(found), "grades": told, "by": by_editor})
        return
    counts = ", ".join(f"{count:,} {name}" for name, count in told.items())
    out.print(f"{len(found):,} ratings: {counts}")
    for name, count in by_editor.items():
        out.print(f"  {count:,} by {name}")
