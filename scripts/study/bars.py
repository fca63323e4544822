"""Part "bars": the whole ranking as the product shows it, by weights that have not seen the publisher."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.evaluation.metrics import Floats
from recommender.evaluation.trial import learn
from recommender.ranking.link_history import LinkGraph
from recommender.ranking.model import HAND_SET, LinearModel
from recommender.ranking.training import LabelledQuestion
from recommender.ranking.weights import Ranker
from study.bench import PUBLISHERS, Bench, change, kept, left_out, level, table


def ranked(bench: Bench, queries: Sequence[int], model: LinearModel, links: LinkGraph | None) -> Floats:
    """Return nDCG@5 of each query's block."""
    return bench.agreement(queries, [bench.ranked(query, model, links) for query in queries])


def own(bench: Bench, start: Ranker) -> LinearModel:
    """Return what `related tune` learns from the oldest queries."""
    questions = [
        LabelledQuestion.of(bench.pool(query, bench.graph), bench.right(query)) for query in bench.oldest
    ]
    return learn(questions, start, "tuned").model


def main() -> None:
    """Print both tables."""
    lines, late = [], []
    for name in PUBLISHERS:
        bench, ranker = Bench.of(name), left_out(name)
        hand = ranked(bench, bench.queries, HAND_SET, None)
        lines.append([name, "hand-set sum", level(hand), ""])
        for what, links in (("no links", None), ("links", bench.graph)):
            values = ranked(bench, bench.queries, ranker.model, links)
            lines.append([name, f"learned on the other, {what}", level(values), change(values, hand)])
        hand = ranked(bench, bench.newest, HAND_SET, None)
        default = ranked(bench, bench.newest, ranker.model, bench.graph)
        tuned = ranked(bench, bench.newest, own(bench, ranker), bench.graph)
        late.append([name, len(bench.newest), level(hand), level(default), level(tuned), change(tuned, hand)])
    print(table(("", "weights", "nDCG@5", "less the hand-set sum"), lines))
    print(table(("", "queries", "hand-set sum", "links", "tuned", "tuned less hand-set"), late))
    kept("bars", {"all": lines, "newest": late})
