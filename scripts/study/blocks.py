"""Parts "variety", "candidates", "copies": what stands in a block beside its scores."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import row_sums
from recommender.evaluation import baselines
from recommender.evaluation.metrics import BLOCK, Floats
from recommender.features.hybrid_vectors import HybridModel
from recommender.ingest.jsonl import read_stories
from recommender.ranking import candidates, copies, diversity, features
from recommender.ranking.model import LinearModel
from recommender.ranking.pool import Nums, Pool
from recommender.story.story import Story
from study.bench import PUBLISHERS, SEEDS, Bench, change, kept, kept_archive, left_out, level, table

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

STRENGTHS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)
NEAR_COPY = 0.9  # TF-IDF cosine, as `related evaluate` counts them
ENTITY_CANDIDATES = 50  # of the third source: a quarter of the nearest


# Variety


@dataclass(frozen=True, eq=False)
class Shown:
    """What blocks of one strength hold.

    Attributes
    ----------
    agreement : (q,) float64
        nDCG@5 of each query.
    likeness : float
        Mean cosine (centred, dense) of two slots of one block, over all stories.
    copies : int
        Slots with a near-copy of the story or of an earlier slot.
    distinct : int
        Different stories in all blocks.
    """

    agreement: Floats
    likeness: float
    copies: int
    distinct: int


Order = Callable[[Pool, NDArray[np.float32]], NDArray[np.int64]]


def orders() -> dict[str, Order]:
    """Return every way to fill a block from scores."""
    found: dict[str, Order] = {"by score alone": lambda _, scores: np.argsort(-scores, kind="stable")[:BLOCK]}
    for strength in STRENGTHS:

        def diverse(pool: Pool, scores: NDArray[np.float32], strength: float = strength) -> NDArray[np.int64]:
            return diversity.diverse(pool, scores, BLOCK, strength)[:BLOCK]

        found[f"copies folded, strength {strength:g}"] = diverse
    return found


def shown(bench: Bench, model: LinearModel) -> dict[str, Shown]:
    """Fill every story's block in every way."""
    rows = baselines.tfidf_rows(bench.case)
    ways = orders()
    blocks: dict[str, dict[int, Nums]] = {name: {} for name in ways}
    likeness: dict[str, list[float]] = {name: [] for name in ways}
    for story in range(len(bench.nums)):
        pool = bench.pool(story, bench.graph)
        if not len(pool):
            continue
        scores = model.scores(features.matrix(pool, model.features), pool.known_links)
        for name, way in ways.items():
            places = way(pool, scores)
            blocks[name][story] = pool.nums[places]
            if len(places) > 1:
                vectors = pool.centred_means(places)
                likeness[name].append(float((vectors @ vectors.T)[np.triu_indices(len(places), 1)].mean()))
    out = {}
    for name, each in blocks.items():
        agreement = bench.agreement(
            bench.queries, [each.get(q, np.zeros(0, np.int64)) for q in bench.queries]
        )
        twice = sum(near_copies(rows, story, bench.place[block]) for story, block in each.items())
        distinct = len(np.unique(np.concatenate(list(each.values()))))
        out[name] = Shown(agreement, float(np.mean(likeness[name])), twice, distinct)
    return out


def near_copies(rows: csr_matrix, story: int, block: NDArray[np.int64]) -> int:
    """Return how many slots hold a near-copy of the story or of an earlier slot."""
    own = rows[np.concatenate([[story], block])]
    alike = np.tril((own @ own.T).toarray() >= NEAR_COPY, k=-1)
    return int(alike.any(axis=1).sum())


def variety() -> None:
    """Print what variety costs and what it brings."""
    lines = []
    for name in PUBLISHERS:
        found = shown(Bench.of(name), left_out(name).model)
        base = found[f"copies folded, strength {0:g}"].agreement
        for way, each in found.items():
            lines.append(
                [
                    name, way, level(each.agreement), change(each.agreement, base),
                    f"{each.likeness:.3f}", each.copies, each.distinct,
                ]
            )  # fmt: skip
    head = ("", "block", "nDCG@5", "change", "likeness of two slots", "near-copies", "distinct stories")
    print(table(head, lines))
    kept("variety", lines)


# Candidates


def by_entities(bench: Bench, story: int) -> Nums:
    """Return the earlier stories that share the rarest names with a story: a third source, tried."""
    store, hybrid = bench.view.store, bench.view.hybrid
    if hybrid is None:
        return np.zeros(0, np.int64)
    earlier = bench.nums[bench.case.earlier(story)]
    rows = store.terms("entities", earlier)
    own = store.item(int(bench.nums[story])).entities.ids
    rarity = np.where(np.isin(rows.ids, own), hybrid.idf["entities"][rows.ids] - 1, 0) ** 2
    shared = row_sums(rarity.astype(np.float32), rows.offsets)
    best = np.argsort(-shared, kind="stable")[:ENTITY_CANDIDATES]
    return np.asarray(earlier[best[shared[best] > 0]])


def sources(bench: Bench, story: int) -> Iterator[tuple[str, Nums]]:
    """Yield each choice of candidates."""
    num, at = int(bench.nums[story]), int(bench.case.published[story])
    proposed = bench.proposed(story)
    recent = candidates.united(bench.view.store.recent(at, candidates.RECENT + 1), without=num)
    nearest = bench.nearest(story, candidates.NEAREST)
    entities = by_entities(bench, story)
    yield f"{candidates.NEAREST} nearest", nearest
    yield "100 recent", recent
    yield f"{candidates.NEAREST} nearest and 100 recent (shipped)", proposed
    yield "and 50 by shared rare names", candidates.united(proposed, entities, without=num)
    yield f"{candidates.NEAREST} nearest and 50 by names", candidates.united(nearest, entities, without=num)
    yield "everything", candidates.united(proposed, bench.nums[bench.case.earlier(story)])


def chosen(bench: Bench, model: LinearModel) -> list[list[object]]:
    """Return recall, and nDCG@5 with and without links, of each choice."""
    recall: dict[str, list[float]] = {}
    size: dict[str, list[int]] = {}
    found: dict[str, dict[bool, list[Nums]]] = {}
    for query in bench.queries:
        right = bench.right(query)
        for name, nums in sources(bench, query):
            recall.setdefault(name, []).append(float(np.isin(right, nums).mean()))
            size.setdefault(name, []).append(len(nums))
            ranks = found.setdefault(name, {True: [], False: []})
            for history, each in ranks.items():
                each.append(bench.ranked(query, model, bench.graph if history else None, nums))
    values = {
        name: {history: bench.agreement(bench.queries, each) for history, each in ranks.items()}
        for name, ranks in found.items()
    }
    everything = values["everything"]
    return [
        [
            bench.name, name, f"{np.mean(size[name]):.0f}", f"{np.mean(recall[name]):.3f}",
            *(f"{each[h].mean():.4f} ({change(each[h], everything[h])})" for h in (True, False)),
        ]
        for name, each in values.items()
    ]  # fmt: skip


def choices() -> None:
    """Print what the choice of candidates costs."""
    lines: list[list[object]] = []
    for name in PUBLISHERS:
        lines += chosen(Bench.of(name), left_out(name).model)
    head = ("", "candidates", "mean number", "recall", "nDCG@5, links (less everything)", "no links")
    print(table(head, lines))
    kept("candidates", lines)


# Copies


Pair = tuple[str, str]


def labelled() -> tuple[list[dict[str, str]], dict[Pair, Story]]:
    """Return the labelled pairs, and the stories that they are of by corpus and id."""
    with (SEEDS / "near_copies.tsv").open(encoding="utf-8") as file:
        pairs = list(csv.DictReader(file, delimiter="\t"))
    wanted = {(pair[f"{end}_corpus"], pair[f"{end}_id"]) for pair in pairs for end in ("first", "second")}
    stories = {
        (corpus, item.id): replace(item, id=f"{corpus}/{item.id}")
        for corpus in ("18f", "digitalgov", "wikinews")
        for item in read_stories(SEEDS / corpus / "articles.jsonl")
        if isinstance(item, Story) and (corpus, item.id) in wanted
    }
    return pairs, stories


def ends(pairs: Sequence[dict[str, str]]) -> Iterator[Pair]:
    """Yield the ids of both stories of each pair, as the kept archive has them."""
    for pair in pairs:
        first, second = (f"{pair[f'{end}_corpus']}/{pair[f'{end}_id']}" for end in ("first", "second"))
        yield first, second


def agreed(said: Sequence[bool], true: Sequence[bool]) -> str:
    """Return precision, recall and F1."""
    both = sum(a and b for a, b in zip(said, true, strict=True))
    precision, recall = both / max(sum(said), 1), both / max(sum(true), 1)
    f1 = 2 * both / max(sum(said) + sum(true), 1)
    return f"precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}"


def verdicts(pools: Mapping[int, Pool]) -> list[bool]:
    """Return whether the one candidate of each pool is a copy of its source."""
    return [bool(copies.copies_of(pool, pool.source)[0]) for pool in pools.values()]


def told() -> None:
    """Print how well copies are told from look-alikes, and by how wide a margin."""
    pairs, stories = labelled()
    archive = kept_archive("pairs", stories.values())
    nums = archive.catalog.nums_of([story.id for story in stories.values()])
    store = archive.catch_up().store
    hybrid = HybridModel.fit(store)
    pools = {
        i: Pool(store.item(nums[first]), np.array([nums[second]]), store, hybrid)
        for i, (first, second) in enumerate(ends(pairs))
    }
    true = [pair["verdict"] == "copy" for pair in pairs]
    print(f"{sum(true)} copies, {len(true) - sum(true)} look-alikes")
    print(f"as shipped: {agreed(verdicts(pools), true)}")
    words = np.array([float(pool.word_cosines[0]) for pool in pools.values()])
    dense = np.array([float(pool.nearness[0]) for pool in pools.values()])
    for least in (0.7, 0.8, 0.9):
        print(f"term cosine alone, from {least}: {agreed((words >= least).tolist(), true)}")
    for least in (0.9, 0.95):
        print(f"dense cosine alone, from {least}: {agreed((dense >= least).tolist(), true)}")
    reprints = [pair["why"] == "reprint" for pair in pairs]
    kinds = sorted({pair["why"] for pair in pairs})
    said = verdicts(pools)
    lines = [
        [
            why,
            sum(p["why"] == why for p in pairs),
            sum(s for s, p in zip(said, pairs, strict=True) if p["why"] == why),
        ]
        for why in kinds
    ]
    print(f"{sum(reprints)} of them reprints")
    print(table(("why", "pairs", "said to be copies"), lines))
    kept("copies", {"shipped": agreed(said, true), "kinds": lines})
