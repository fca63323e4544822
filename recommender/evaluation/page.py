"""A measurement as one self-contained page. Computes no figures."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from recommender.evaluation import plots, tables
from recommender.evaluation.metrics import HEADLINE
from recommender.evaluation.plots import Interval
from recommender.evaluation.systems import HISTORY, NEWEST
from recommender.evaluation.tables import Sheet, number, signed
from recommender.story.text_safety import is_web_url

if TYPE_CHECKING:
    from recommender.evaluation.report import Evaluation

TITLE = "Agreement with the writers' own links"


@dataclass(frozen=True, slots=True)
class PagePart:
    """A part of the page: what is drawn, how to read it, and the tables.

    Attributes
    ----------
    anchor, title, text : str
    plots : tuple of (str, Markup)
        Each with what it shows, in words.
    sheets : tuple of Sheet
    """

    anchor: str
    title: str
    text: str
    plots: tuple[tuple[str, Markup], ...]
    sheets: tuple[Sheet, ...]


def page(result: Evaluation, subject: str = "") -> str:
    """Return the page; see `Evaluation.to_html`."""
    plots.need_matplotlib()
    parts = [_agreement(result), _candidates(result), _said(result), _exposure(result), *_slices(result)]
    parts += [_ablation(result)] if result.ablation else []
    template = _environment().get_template("evaluation.html")
    return template.render(
        title=TITLE,
        subject=subject,
        result=result,
        parts=[part for part in parts if part.plots or part.sheets],
        highlights=_highlights(result),
        style=Markup(_style("palette.css") + _style("page.css") + _style("evaluation.css")),
    ).lstrip()


def _highlights(result: Evaluation) -> list[tuple[str, str, str]]:
    """Return the few figures that one looks for first: what, how much, and how sure."""
    systems: Any = result.systems
    both = (("ours", "ours, no link read"), (HISTORY, "ours, earlier links read"))
    out = [
        (f"nDCG@5 of {what}", number(systems[name][HEADLINE]), _ends(systems[name][f"{HEADLINE}_ci"]))
        for name, what in both
    ]
    for name in ("bm25", "tfidf"):
        found: Any = result.paired[name]
        out.append((f"ours above {name}", signed(found["difference"]), _ends(found["ci"], signed)))
    return [*out, ("recall of the candidates", number(result.candidates["recall"]), "of the writers' links")]


def _ends(interval: Sequence[float], shown: Callable[[float], str] = number) -> str:
    return f"{shown(interval[0])} to {shown(interval[1])}"


def _agreement(result: Evaluation) -> PagePart:
    groups: dict[str, dict[str, Interval]] = {"all queries": {}, "the newest 30 % of the queries": {}}
    everything, newest = groups.values()
    for name, figures in result.systems.items():
        (newest if name in NEWEST else everything)[name] = _interval(figures)
    bars = plots.bars({title: rows for title, rows in groups.items() if rows})
    return PagePart(
        "agreement",
        "Agreement",
        "How well each system agrees with the links that the writers set: earlier stories only, anchors "
        "masked. Writers link few of the stories that they could have linked, so 1 is out of reach.",
        (("nDCG@5 of each system with its 95 % interval", bars),),
        (tables.paired(result), tables.significant(result), tables.agreement(result), tables.shown(result)),
    )


def _interval(figures: Mapping[str, Any]) -> Interval:
    low, high = figures[f"{HEADLINE}_ci"]
    return figures[HEADLINE], low, high


def _candidates(result: Evaluation) -> PagePart:
    recall: Any = result.candidates["recall"]
    drawn = plots.recall(result.curves.recall, result.curves.source_recall, recall)
    return PagePart(
        "candidates",
        "Candidates",
        "Only stories that are found can be ranked. The table says what each source of candidates finds, and "
        "what the ranking gains from more; the engine does not use the source names.",
        (("Recall by the number of stories looked at, for systems and sources of candidates", drawn),),
        (tables.candidates(result),),
    )


def _said(result: Evaluation) -> PagePart:
    figure = "Share of linked slots against their mean probability, in ten parts of equal size"
    return PagePart(
        "reliability",
        "Predicted and linked",
        "Slots of the sampled blocks in ten equal parts, by the probability that the engine gave them. On "
        "the dotted line as many were linked as the engine predicted. Stories without any link count, too.",
        ((figure, plots.reliability(result.reliability)),) if result.reliability else (),
        (),
    )


def _exposure(result: Evaluation) -> PagePart:
    figure = "Lorenz curve of how often stories are shown"
    return PagePart(
        "exposure",
        "Exposure",
        "Which stories readers of all blocks would see. Twice the area above a curve, up to the diagonal, is "
        "the Gini coefficient.",
        ((figure, plots.lorenz(result.curves.lorenz)),),
        (tables.exposure(result),),
    )


def _slices(result: Evaluation) -> list[PagePart]:
    text = "nDCG@5 with half of its 95 % interval: parts of few queries say little."
    return [
        PagePart(f"per-{name}", f"By {name}", text, (), (tables.per_part(part, name),))
        for name, part in tables.parts(result).items()
    ]


def _ablation(result: Evaluation) -> PagePart:
    drawn, sheets = [], []
    for name, found in result.ablation.items():
        features: Any = found["features"]
        # A whole group would press the single features together, and what weighs nothing is no news.
        intervals = {
            label: (row["difference"], *row["ci"])
            for label, row in sorted(features.items(), key=lambda item: item[1]["difference"])
            if any(row["ci"])
        }
        figure = f"{name} without each feature: difference of nDCG@5 with its 95 % interval"
        drawn += [(figure, plots.losses(name, intervals))] if intervals else []
        sheets.append(tables.ablation(name, found))
    return PagePart(
        "ablation",
        "Without a feature",
        "The same questions ranked without a feature or a group of them, the other weights as they are. "
        "Coloured: the 95 % interval of the paired difference leaves zero out. What changes nothing at all "
        "is in the tables alone.",
        tuple(drawn),
        tuple(sheets),
    )


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("recommender"),
        autoescape=True,
        auto_reload=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["web_url"] = lambda url: url is not None and is_web_url(url)
    environment.filters.update(day=_day, number=number)
    return environment


def _style(name: str) -> str:
    return resources.files("recommender").joinpath("templates", name).read_text("utf-8")


def _day(time: datetime) -> str:
    return f"{time.day} {time:%b %Y}"
