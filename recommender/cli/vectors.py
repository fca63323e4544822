"""Commands for what a server holds of an archive's vectors: vectors list, clean."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from index import IndexInputError, Stock, open_stock
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.index_settings import LOCAL, IndexSettings
from recommender.archive.snapshots import ARCHIVE_ID
from recommender.archive.vector_engine import publisher_of
from recommender.archive.vector_use import HeldVectors, delete_unused, held_vectors
from recommender.catalog import Catalog
from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, say_json
from recommender.cli.lifecycle import DryRunOption
from recommender.cli.tables import say_table, shown_time
from recommender.errors import SettingsError

DAY = 86_400
MOST_DAYS = 3650
NONE_HERE = (
    "the vectors are in the archive's own files, and no old ones; what is left on a server is found by "
    "RELATED_INDEX_ENGINE and RELATED_INDEX_URL"
)

vectors = typer.Typer(no_args_is_help=True, help="What a server of vectors holds of an archive.")
app.add_typer(vectors, name="vectors")


@vectors.command("list", epilog="Example: `related vectors list --archive news`")
def list_vectors(archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Show the vectors of each fit of the lexical model, and when they were last used."""
    _say(archive, json, held_vectors)


@vectors.command(epilog="Example: `related vectors clean --days 14 --archive news`")
def clean(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    dry_run: DryRunOption = False,
    days: Annotated[
        int, typer.Option(min=1, max=MOST_DAYS, help="Keep what was used within so many days.")
    ] = 7,
) -> None:
    """Delete the vectors that no copy of the archive uses any more; nothing has to be embedded again."""

    def deleted(catalog: Catalog, stock: Stock, prefix: str) -> Iterable[HeldVectors]:
        return delete_unused(catalog, stock, prefix, time.time(), days * DAY, dry_run=dry_run)

    _say(archive, json, deleted, "would be deleted" if dry_run else "deleted")


def _say(
    archive: Path,
    json: bool,
    find: Callable[[Catalog, Stock, str], Iterable[HeldVectors]],
    done: str = "",
) -> None:
    place = ArchivePlace.of(archive)
    with place.open_catalog() as catalog:
        prefix, settings = publisher_of(str(catalog.setting(ARCHIVE_ID))), place.index
        is_local = settings.engine == LOCAL
        found = [] if is_local else list(find(catalog, _stock(settings), prefix))
    if json:
        say_json([asdict(each) for each in found])
    else:
        rows = [_row(each) | ({"": done if each.is_deleted else "kept"} if done else {}) for each in found]
        say_table(rows, NONE_HERE if is_local else "the server holds no vectors of this archive")


def _stock(settings: IndexSettings) -> Stock:
    try:
        return open_stock(settings.engine, settings.url)
    except IndexInputError as error:
        raise SettingsError(f"settings of [index]: {error}") from error


def _row(held: HeldVectors) -> dict[str, object]:
    last = "never said" if not held.used else shown_time(int(held.used))
    return {"vectors": held.name, "rows": held.rows, "last used": last}
