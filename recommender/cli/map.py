"""The command that makes the picture of an archive: map."""

from __future__ import annotations

from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, err, out, say_json
from recommender.engine.render import one_line
from recommender.library import Recommender
from recommender.story_map.projection import INSTALL, PLAIN


@app.command("map", epilog="Example: `related map --archive news`")
def make_map(archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Make the picture of the archive by meaning anew, for the desk, and tell its clusters.

    The service makes it by itself when it is asked for.
    """
    with Recommender.open(archive) as recommender:
        picture = recommender.story_map.make()
    if json:
        say_json(picture.to_dict())
        return
    for cluster in picture.clusters:
        out.print(one_line(f"{cluster.stories:7,}  {', '.join(cluster.terms) or '(no name)'}"))
    out.print(f"{len(picture.nums):,} stories by {picture.method}")
    if picture.method == PLAIN and len(picture.nums):
        err.print(f"This is a coarse picture; a better one needs openTSNE: {INSTALL}")
