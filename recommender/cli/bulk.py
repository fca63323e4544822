"""The command bulk: very many stories, embedded on all machines that there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from recommender.archive.archive import BATCH, Archive
from recommender.archive.intake import model_of
from recommender.bulk import LOCAL, need_extra, prepare_ray
from recommender.bulk.addresses import shown
from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, out, say_json
from recommender.cli.importing import (
    Asked,
    OfLanguageOption,
    RefusedOption,
    SiteOption,
    Taking,
    ZoneOption,
    place_of_refused,
    take,
)
from recommender.cli.progress_bar import progress
from recommender.cli.stories import ContentTypeOption, KeepDeletedOption
from recommender.embedding import open_embedder
from recommender.ingest.base import ContentType, Found
from recommender.ingest.registry import source_of

if TYPE_CHECKING:
    from recommender.bulk.job import Job

MOST_ACTORS = 10_000


SourcesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="Files or folders of stories, as for `related add`; in an object store, too: s3://BUCKET/PATH.",
    ),
]
ShardsOption = Annotated[
    str, typer.Option(help="Folder, or address in an object store, where vectors are kept meanwhile.")
]
KindOption = Annotated[
    str | None, typer.Option(help="Kind of the sources.", show_default="what they look like")
]
RayOption = Annotated[
    str, typer.Option(help="A Ray cluster, such as HOST:6379 or auto; local is this machine alone.")
]
ActorsOption = Annotated[
    int,
    typer.Option(
        min=0, max=MOST_ACTORS, help="How many embed at once.", show_default="one a machine, or one a GPU"
    ),
]
GpusOption = Annotated[bool, typer.Option("--gpus", help="Embed on GPUs, one an actor.")]
EmbedOnlyOption = Annotated[
    bool,
    typer.Option("--embed-only", help="Write vectors alone; the same call without it takes the stories in."),
]


@app.command(epilog="Example: `related bulk export.xml stories/ --shards shards --archive news`")
def bulk(
    sources: SourcesArgument,
    shards: ShardsOption,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    kind: KindOption = None,
    ray_address: RayOption = LOCAL,
    actors: ActorsOption = 0,
    gpus: GpusOption = False,
    embed_only: EmbedOnlyOption = False,
    refused: RefusedOption = None,
    keep_deleted: KeepDeletedOption = False,
    content_type: ContentTypeOption = ContentType.AUTO,
    zone: ZoneOption = None,
    url: SiteOption = "",
    language: OfLanguageOption = None,
) -> None:
    """Add very many stories: embed them by Ray on one machine or many, then take them in as `add` does.

    What was embedded is kept in shards. Stopped at any point, it goes on from there when it is run again.
    """
    need_extra()
    prepare_ray(ray_address)
    if kind is not None:
        source_of(kind)  # before an archive is opened
    asked = Asked(kind, sources, content_type, zone, url, language, full_pages=False, from_start=False)
    how = Taking(refused=place_of_refused(refused, archive), json=json, keep_deleted=keep_deleted)
    from recommender.bulk.loading import reading  # loads pyarrow and Ray
    from recommender.bulk.ray_embedding import Machines, embed

    with Archive.open(archive) as opened:
        job = _job(opened, asked, shards, gpus=gpus)
        with progress("embedding stories", asked.total(), quiet=json) as done:
            embed(job, Machines(ray_address, actors, gpus), done)
        if embed_only:
            _say_embedded(shards, json)
            return
        with reading(job, opened) as items:
            take(opened, items, asked, how)


def _say_embedded(shards: str, json: bool) -> None:
    place = shown(shards)
    if json:
        say_json({"shards": place})
    else:
        out.print(f"vectors are in {place}; the same call without --embed-only takes the stories in")


def _job(archive: Archive, asked: Asked, shards: str, *, gpus: bool) -> Job:
    """Return what is to be embedded, by the archive's model; a new archive's suits its first stories."""
    from recommender.bulk.blocks import read
    from recommender.bulk.job import Job

    options = asked.options(archive.settings)
    looked_at = replace(options, passed=Counter())  # what it passes over is counted when it is taken in
    items = (item for source in asked.files for item in read(source, looked_at, asked.kind))
    stories = (item.story for item in items if isinstance(item, Found))
    archive.choose(list(islice(stories, BATCH)))
    embedder, runtime = archive.embedder, "torch" if gpus else archive.settings.runtime
    return Job(
        sources=asked.files,
        options=options,
        kind=asked.kind,
        shards=shards,
        model=model_of(embedder),
        open_embedder=partial(
            open_embedder, embedder.name, cache_dir=archive.settings.cache_dir, runtime=runtime
        ),
    )
