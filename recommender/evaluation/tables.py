"""The figures of a measurement as rows of text, and as tables for a terminal. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recommender.evaluation.graded import Mean, RatedFigures
from recommender.evaluation.metrics import HEADLINE
from recommender.evaluation.significance import SURE
from recommender.evaluation.slices import LEAST_QUERIES, Slices
from recommender.evaluation.sources import BOTH, BY_NAMES, EVERYTHING, NAMES, NEAREST, RECENT, WITH_NAMES
from recommender.evaluation.systems import DRAFTS, HISTORY, NEWEST, SERVED_EARLIER

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

    from recommender.evaluation.report import Evaluation

AGREEMENT = {
    "ndcg@5": "nDCG@5",
    "recall@5": "R@5",
    "recall@10": "R@10",
    "recall@50": "R@50",
    "recall@200": "R@200",
    "mrr": "MRR",
    "hit@5": "hit@5",
}
BLOCKS = {
    "ndcg@5_unfiltered": "any date",
    "full_blocks": "full",
    "distinct_shown": "shown",
    "gini": "Gini",
    "near_copies": "near-copies",
    "future_links": "future",
}
SHOWN = {"slots_shown": "slots a block", "precision": "linked"}
SOURCES = {
    NEAREST: "nearest by hybrid vector",
    RECENT: "most recent",
    BOTH: "both: what is scored",
    NAMES: f"{BY_NAMES} sharing rare names",
    WITH_NAMES: "all three",
    EVERYTHING: "every earlier story",
}
_SHORT = {HISTORY: "history", SERVED_EARLIER: "served", "first_attempt_past": "first"}
"""Heads of narrow columns: a terminal has 80 places."""
_LABEL = 26


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as text.

    Attributes
    ----------
    title : str
    head : tuple of str
        The first names the rows.
    rows : tuple of tuple of str
    notes : tuple of str
        What has to be known to read it.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def sheets(result: Evaluation) -> Iterator[Sheet]:
    """Yield all tables of a measurement, narrow ones, those that decide first."""
    yield agreement(result)
    yield paired(result)
    yield significant(result)
    yield shown(result)
    yield candidates(result)
    yield exposure(result)
    yield from (rated(found) for found in (result.rated,) if found)
    for name, part in parts(result).items():
        yield narrow(per_part(part, name))
    yield from (ablation(name, found) for name, found in result.ablation.items())


def agreement(result: Evaluation) -> Sheet:
    """Return how well each system agrees with the writers."""
    counts = result.counts
    others = ", ".join(f"{count} {name}" for name, count in counts.items() if name != "queries")
    newest = [name for name in result.systems if name in NEWEST]
    drafts = [name for name in result.systems if name in DRAFTS]
    notes = (
        "Earlier stories only; anchors masked in deck and body; \xb1 is half of the 95 % interval.",
        *((f"{', '.join(newest)}: the newest 30 % of the queries.",) if newest else ()),
        *((f"{', '.join(drafts)}: anchors kept, as in a draft before its links are set.",) if drafts else ()),
    )
    return _of_systems(result, AGREEMENT, f"{counts['queries']} queries ({others})", notes)


def rated(found: RatedFigures) -> Sheet:
    """Return what editors think of slots, and how far the systems order these as they would."""
    rows = [("acceptable (1 or 2)", _interval(found.acceptable)), ("chosen (2)", _interval(found.chosen))]
    rows += [(f"nDCG@5, {name}", _interval(mean)) for name, mean in found.ndcg.items()]
    if found.agreement is not None:
        rows.append((f"two agree, {found.twice} slots", _interval(found.agreement)))
    if found.alpha is not None:
        rows.append(("Krippendorff's alpha", f"{found.alpha:.2f}"))
    title = f"{found.slots} slots of {found.blocks} blocks, rated by {found.raters}"
    notes = ("Gains of 0, 1 and 3; stories that nobody rated are left out of the order.",)
    return Sheet(title, ("figure", "95 % interval"), tuple(rows), notes)


def _interval(mean: Mean) -> str:
    return f"{mean.mean:.3f} [{mean.low:.3f}, {mean.high:.3f}]"


def exposure(result: Evaluation) -> Sheet:
    """Return what the blocks of many stories show."""
    title = f"nDCG@5 without the date filter, and what {result.blocks} blocks show"
    return _of_systems(result, BLOCKS, title, ())


def _of_systems(result: Evaluation, titles: Mapping[str, str], title: str, notes: tuple[str, ...]) -> Sheet:
    rows = ((name, *(_cell(figures, each) for each in titles)) for name, figures in result.systems.items())
    return Sheet(title, ("system", *titles.values()), tuple(rows), notes)


def paired(result: Evaluation) -> Sheet:
    """Return by how much ours is above the others."""
    rows, found = [], dict[str, Any](result.paired)
    for name, figures in found.items():
        above = "tuned weights above" if name in NEWEST else "ours above"
        rows.append((f"{above} {name}", *_difference(figures["difference"], figures["ci"])))
    return Sheet("Paired differences of nDCG@5", ("", "difference", "95 % interval"), tuple(rows))


def significant(result: Evaluation) -> Sheet:
    """Return which differences could be chance."""
    rows = [
        (f"{one} above {other}", signed(row["difference"]), chance(row["p"]), chance(row["p_holm"]))
        for one, against in result.significance.items()
        for other, row in against.items()
    ]
    notes = (f"Paired randomisation; below {number(SURE)} after Holm's correction is beyond chance.",)
    return Sheet("Could it be chance?", ("nDCG@5", "difference", "p", "p, Holm"), tuple(rows), notes)


def shown(result: Evaluation) -> Sheet:
    """Return how many slots each system shows, and how many of them the writers set."""
    rows = ((name, *(_between(figures, each) for each in SHOWN)) for name, figures in result.systems.items())
    notes = (
        "Writers link few of the stories that they could have linked: a slot without a link is not wrong.",
    )
    return Sheet(
        "Slots shown, and the share of them that is linked", ("system", *SHOWN.values()), tuple(rows), notes
    )


def candidates(result: Evaluation) -> Sheet:
    """Return what each way of looking for candidates reaches, and what comes of it."""
    found: Any = result.candidates["sources"]
    columns = ("recall", "stories", HEADLINE, f"{HEADLINE}_history")
    rows = [(SOURCES[name], *(_optional(row, column) for column in columns)) for name, row in found.items()]
    notes = [
        f"{SOURCES[name].capitalize()} against what is scored, nDCG@5 with history: "
        + " ".join(_difference(row["difference_history"], row["difference_history_ci"]))
        for name, row in found.items()
        if "difference_history" in row
    ]
    head = ("candidates", "recall", "stories", "ours", "ours_history")
    return Sheet("Candidates: recall of the writers' links, and nDCG@5", head, tuple(rows), tuple(notes))


def parts(result: Evaluation) -> dict[str, Slices]:
    """Return what the questions were parted by, where there are any rows."""
    found = {"year": result.per_year, "tag": result.per_tag, "section": result.per_section}
    return {name: part for name, part in found.items() if part.rows}


def per_part(part: Slices, name: str) -> Sheet:
    """Return nDCG@5 of each system in parts of the questions."""
    rows: Any = part.rows
    systems = tuple(next(iter(rows.values()))["systems"])
    cells = (
        (label, str(row["queries"]), *(_cell(row["systems"][each], HEADLINE) for each in systems))
        for label, row in rows.items()
    )
    left = part.left_out()
    notes = (
        f"Left out: {left['values']} {name}s, the rarest or of fewer than {LEAST_QUERIES} queries; "
        f"{left['queries']} queries are in none of the rows.",
    )
    head = (name, "queries", *systems)
    return Sheet(f"nDCG@5 by {name}", head, tuple(cells), () if name == "year" else notes)


def narrow(sheet: Sheet) -> Sheet:
    """Return a table of many systems without the intervals, their names cut short."""
    rows = ((_cut(row[0]), *(cell.partition(" \xb1")[0] for cell in row[1:])) for row in sheet.rows)
    notes = (*sheet.notes, *(f"{short}: {name}" for name, short in _SHORT.items() if name in sheet.head))
    return Sheet(sheet.title, tuple(_SHORT.get(name, name) for name in sheet.head), tuple(rows), notes)


def _weight(row: Mapping[str, Any]) -> str:
    return number(row["weight"]) if "weight" in row else ""


def _cut(label: str) -> str:
    return label if len(label) <= _LABEL else f"{label[: _LABEL - 1]}\u2026"


def ablation(system: str, found: Mapping[str, Any]) -> Sheet:
    """Return what a system is without each feature and each group of them, the dearest first."""
    cells = (
        (label, _weight(row), number(row[HEADLINE]), *_difference(row["difference"], row["ci"]))
        for label, row in ablation_rows(found)
    )
    title = f"{system} without a feature; with all of them nDCG@5 is {number(found[HEADLINE])}"
    notes = ("The other weights stay as they are: nothing is learned anew.",)
    return Sheet(title, ("without", "weight", "nDCG@5", "difference", "95 % interval"), tuple(cells), notes)


def ablation_rows(found: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the groups and then the features, each in order of what is lost without it."""
    return [
        (label if kind == "features" else f"all of {label}", row)
        for kind in ("groups", "features")
        for label, row in sorted(found[kind].items(), key=lambda item: item[1]["difference"])
    ]


def _cell(figures: Mapping[str, Any], name: str) -> str:
    text = number(figures[name])
    if name != HEADLINE:
        return text
    low, high = figures[f"{name}_ci"]
    return f"{text} \xb1{number((high - low) / 2)}"


def _between(figures: Mapping[str, Any], name: str) -> str:
    low, high = figures[f"{name}_ci"]
    return f"{number(figures[name])} [{number(low)}, {number(high)}]"


def _optional(row: Mapping[str, Any], name: str) -> str:
    if name not in row:
        return ""
    return f"{row[name]:.0f}" if name == "stories" else number(row[name])


def _difference(value: float, interval: Sequence[float]) -> tuple[str, str]:
    low, high = interval
    return signed(value), f"[{signed(low)}, {signed(high)}]"


def number(value: object) -> str:
    """Return a figure in three places, without the zero before the point."""
    return f"{value:.3f}".replace("0.", ".", 1) if isinstance(value, float) else str(value)


def chance(value: float) -> str:
    """Return a p-value in four places, as many as the test can tell."""
    return f"{value:.4f}".replace("0.", ".", 1)


def signed(value: float) -> str:
    """Return a difference in three places, with its sign."""
    return f"{value:+.3f}".replace("0.", ".", 1)


def tables(result: Evaluation) -> Group:
    """Return all tables for a terminal."""
    from rich.console import Group

    return Group(*map(_printed, sheets(result)))


def _printed(sheet: Sheet) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(
        title=sheet.title,
        caption="\n".join(sheet.notes) or None,
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
        caption_justify="left",
    )
    table.add_column(sheet.head[0], no_wrap=True)
    for name in sheet.head[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    for row in sheet.rows:
        table.add_row(*row)
    return table
