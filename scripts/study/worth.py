"""Part "features": what each is worth when it goes, and what others would add, one publisher left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from recommender.evaluation.metrics import Floats
from recommender.ranking import features
from recommender.ranking.features import FEATURES, LEARNED
from recommender.ranking.weights import Ranker, shipped
from study import tables, tried
from study.bench import PUBLISHERS, Bench, change, kept, left_out, level, other, table
from study.tables import Design, Linear, Table, learn

Tables = Mapping[str, tuple[Table, Table]]
"""Of each publisher, its questions with the links of the past, and without."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "text": tuple(feature.__name__ for feature in features.TEXT),
    "time": ("between", "gap_prior", "fading_recency"),
    "form": tuple(feature.__name__ for feature in features.FORM),
    "links": ("neighbour_links", "author_links", "in_links", "recent_links"),
}
SCALINGS = {
    "share of the maximum": tables.maximum,
    "as they are": tables.raw,
    "standard deviations (shipped)": tables.deviation,
    "minimum to maximum": tables.span,
}


def read(bench: Bench, more: bool = False) -> tuple[Table, Table]:
    """Return a publisher's questions with the links of the past, and without; `more`: with what was tried."""
    asked = {**FEATURES, **tried.TRIED} if more else FEATURES
    found = []
    for links in (bench.graph, None):
        pools = {query: bench.pool(query, links) for query in bench.queries}
        found.append(Table.of(bench, pools, asked))
    return found[0], found[1]


def figures(taught: Tables, design: Design) -> dict[str, tuple[Floats, Floats]]:
    """Return nDCG@5 of each publisher by weights learned on the other: with links, and without."""
    out = {}
    for name in PUBLISHERS:
        model = learn(taught[other(name)], design)
        with_, without = (each.agreement(model(each)) for each in taught[name])
        out[name] = (with_, without)
    return out


def as_shipped(ranker: Ranker) -> Linear:
    """Return the weights of a file in the study's form."""
    values = np.array([weight.value for weight in ranker.model.weights])
    return Linear(replace(Design(), names=ranker.model.features), values, np.array(ranker.deviations))


def checked(taught: Tables, full: Mapping[str, tuple[Floats, Floats]]) -> None:
    """Show that what is learned here is what the files hold."""
    for name in PUBLISHERS:
        filed = as_shipped(left_out(name))
        for each, here, kind in zip(taught[name], full[name], ("links", "no links"), strict=True):
            values = each.agreement(filed(each))
            print(f"{name}, {kind}: file {level(values)}, learned here {level(here)}")


def main() -> None:
    """Print both tables."""
    benches = {name: Bench.of(name) for name in PUBLISHERS}
    taught = {name: read(bench, more=True) for name, bench in benches.items()}
    full = figures(taught, Design())
    checked(taught, full)
    rows: list[list[str]] = []
    weights = {weight.feature: weight.value for weight in shipped().model.weights}

    def add(what: str, weight: str, design: Design) -> None:
        found = figures(taught, design)
        cells = [change(found[name][kind], full[name][kind]) for name in PUBLISHERS for kind in (0, 1)]
        rows.append([what, weight, *cells])
        print("|", " | ".join(rows[-1]), "|", flush=True)

    head = ("", "weight", *(f"{name}, {kind}" for name in PUBLISHERS for kind in ("links", "none")))
    for name in LEARNED:
        add(f"without {name}", f"{weights[name]:.2f}", Design().without([name]))
    for group, names in GROUPS.items():
        add(f"without all of {group}", "", Design().without(names))
    for name in (each.__name__ for each in (*tried.TEXT, *tried.FORM, *tried.LINKS, *tried.SUPERSEDED)):
        add(f"and {name}", "", Design().and_(name, name in tried.RELATIVE))
    add("bm25 instead of window_words", "", Design().without(["window_words"]).and_("bm25", relative=True))
    recency = Design().without(["gap_prior", "fading_recency"])
    add("gap_odds instead of gap_prior and fading_recency", "", recency.and_("gap_odds", relative=False))
    for what, scaling in SCALINGS.items():
        add(what, "", replace(Design(), scaling=scaling))
    everything = frozenset(LEARNED) - {"same_series", "opinion", "fading_recency"}
    add(
        "standard deviations of all but the held",
        "",
        replace(Design(), scaling=tables.deviation, relative=everything),
    )
    for l2 in (1.0, 3.0, 30.0, 100.0):
        add_l2(taught, full, l2, rows)
    print(table(head, rows))
    kept(
        "features", {"head": head, "rows": rows, "full": {n: [level(v) for v in full[n]] for n in PUBLISHERS}}
    )


def add_l2(
    taught: Tables, full: Mapping[str, tuple[Floats, Floats]], l2: float, rows: list[list[str]]
) -> None:
    """Add a row for another strength of the pull towards no weight."""
    again = partial(learn, l2=l2)
    cells = []
    for name in PUBLISHERS:
        model = again(taught[other(name)], Design())
        cells += [
            change(each.agreement(model(each)), base)
            for each, base in zip(taught[name], full[name], strict=True)
        ]
    rows.append([f"L2 of {l2:.0f}", "", *cells])
