"""Part "recency": how much age may count while no link is known, on two archives and two simulations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from recommender.ranking.weights import shipped
from study.bench import PUBLISHERS, Bench, change, kept, left_out, level, table
from study.streams import agency, daily, sampled
from study.tables import Linear, Table
from study.worth import as_shipped

WEIGHTS = (0.0, 0.3, 0.5, 0.7, 0.8, 1.0, 1.5)
SHIPPED = 0.7


def reweighted(model: Linear, feature: str, weight: float) -> Linear:
    """Return the model with another weight of one feature, all others as they are."""
    weights = np.array(model.weights)
    weights[model.design.names.index(feature)] = weight
    return replace(model, weights=weights)


def cases() -> Iterator[tuple[Bench, Linear]]:
    """Yield each case with weights that have not seen it."""
    for name in PUBLISHERS:
        yield Bench.of(name), as_shipped(left_out(name))
    for stream in (daily, agency):
        yield stream(), as_shipped(shipped())


def main() -> None:
    """Print nDCG@5 without links for each weight of `fading_recency`."""
    lines = []
    for bench, model in cases():
        asked = sampled(bench.queries)
        rows = Table.of(bench, {query: bench.pool(query, None) for query in asked})
        base = rows.agreement(reweighted(model, "fading_recency", SHIPPED)(rows))
        cells = [level(base)]
        for weight in WEIGHTS:
            values = rows.agreement(reweighted(model, "fading_recency", weight)(rows))
            cells.append(change(values, base))
        lines.append([bench.name, *cells])
        print("|", " | ".join(lines[-1]), "|", flush=True)
    print(table(("", f"{SHIPPED} (shipped)", *map(str, WEIGHTS)), lines))
    kept("recency", lines)
