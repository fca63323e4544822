"""The command audit: who changed or used what lets somebody in, chose settings, acted on blocks."""

from __future__ import annotations

from typing import Annotated

import typer

from recommender.catalog.audit import KINDS, AuditLog, Entry
from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, say_json
from recommender.cli.catalogs import catalog_of
from recommender.cli.tables import say_table, shown_time
from recommender.engine.requested_filters import moment
from recommender.settings import load_settings

MOST_ENTRIES = 100_000


@app.command(epilog="Example: `related audit --act key --since 2026-01-01 --archive news`")
def audit(
    act: Annotated[
        str,
        typer.Option(help="Of this kind: key, person, session, settings, comparison, block; or key.rotate."),
    ] = "",
    about: Annotated[str, typer.Option(help="About this key, person or story.")] = "",
    by: Annotated[str, typer.Option(help="Done by this person.")] = "",
    since: Annotated[str, typer.Option(help="From this day or moment on.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=MOST_ENTRIES, help="How many, the newest.")] = 50,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Show who changed or used keys and accounts, chose settings, acted on blocks: the newest first."""
    if act and act.partition(".")[0] not in KINDS:  # no answer would say that nothing of the kind was done
        raise typer.BadParameter(
            f"there is no act {act!r}; give {', '.join(KINDS)}, or one such as key.rotate"
        )
    begin = moment("--since", since or None, load_settings(archive).timezone) or 0
    with catalog_of(archive) as catalog:
        found = AuditLog(catalog).latest(limit, act=act, about=about, by=by, since=begin)
    rows = [_row(entry) for entry in found]
    if json:
        say_json(rows)
    else:
        say_table(rows, "nothing of the kind")


def _row(entry: Entry) -> dict[str, object]:
    return {**entry._asdict(), "at": shown_time(entry.at)}
