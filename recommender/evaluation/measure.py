"""One measurement, top to bottom: read, mask, build an archive, rank with every system, compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.embedding import Embedder
from recommender.engine.engine import Engine
from recommender.evaluation import metrics, slices
from recommender.evaluation.ablation import ablated, values_without
from recommender.evaluation.case import Case, read_case
from recommender.evaluation.exhibits import exhibits
from recommender.evaluation.exposure import exposure, sample, showings
from recommender.evaluation.graded import RatedFigures, figures
from recommender.evaluation.metrics import Floats
from recommender.evaluation.ours import Ours, SystemAnswer
from recommender.evaluation.report import Curves, Evaluation
from recommender.evaluation.significance import significance
from recommender.evaluation.sources import candidate_figures
from recommender.evaluation.systems import (
    COMPARED,
    DRAFTS,
    HAND_SET_SUM,
    HISTORY,
    OURS,
    TFIDF,
    TUNED,
    System,
    all_systems,
    answer,
    draft_systems,
    late_systems,
    parted,
)
from recommender.newsroom.ratings import Rating
from recommender.ranking import calibration
from recommender.settings import Settings

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

NONE: Mapping[str, System] = {}


def evaluate(
    stories: Path,
    links: Path,
    settings: Settings | None = None,
    embedder: Embedder | None = None,
    on_done: Callable[[int], None] | None = None,
    *,
    tune: bool = False,
    ablation: bool = False,
    drafts: bool = False,
    ratings: Sequence[Rating] = (),
) -> Evaluation:
    """Measure agreement with a publisher's own links, in a temporary archive.

    Parameters
    ----------
    stories, links : Path
        JSON Lines of stories, and of links with source, target and anchor.
    settings : Settings, optional
        Those of the archive that is meant; past-only is always measured.
    embedder : Embedder, optional
        Instead of the one that the settings name.
    on_done : callable, optional
        Told how many more stories are embedded.
    tune : bool
        Learn the publisher's own weights from its older questions as well, and try them on the newest.
    ablation : bool
        Rank without each feature, and with one more source of candidates, as well.
    drafts : bool
        Ask as drafts, too: the words on which the links stand are left in, in an archive of their own.
    ratings : sequence of Rating
        What editors think of slots; those of stories that are not among these are passed over.

    Raises
    ------
    SourceError
        When a file cannot be read or gives no query.
    RankerError
        When there are too few links to tune on.
    """
    settings = replace(settings or Settings(), past_only=True)
    case = read_case(stories, links, settings.timezone)
    with ExitStack() as stack:

        def engine_of(case: Case) -> Engine:
            place = Path(stack.enter_context(TemporaryDirectory(prefix="related-evaluate-"))) / "archive"
            archive = stack.enter_context(Archive.create(ArchivePlace.alone(place), settings, embedder))
            engine = Engine(archive)
            archive.add(case.stories, on_done)
            return engine

        engine = engine_of(case)
        ours, history = Ours(case, engine), Ours(case, engine, history=True, learns=True)
        systems, likeness = all_systems(ours, history, engine.archive.embedder)
        if drafts:
            kept = read_case(stories, links, settings.timezone, masked=False)
            systems |= draft_systems(kept, engine_of(kept))
        late = late_systems(case, engine) if tune else {}
        return compared(ours, history, systems, likeness, late, ablation=ablation, ratings=ratings)


def compared(
    ours: Ours,
    history: Ours,
    systems: Mapping[str, System],
    likeness: csr_matrix,
    late: Mapping[str, System] = NONE,
    *,
    ablation: bool = False,
    ratings: Sequence[Rating] = (),
) -> Evaluation:
    """Run every system on every query and on a sample of blocks, and put the figures side by side."""
    case = ours.case
    queries, newest = list(case.relevant), parted(case)[1]
    all_ = {name: _measured(case, system, queries, likeness) for name, system in systems.items()}
    late_ = {name: _measured(case, system, newest, likeness) for name, system in late.items()}
    ndcg = _headlines(all_)
    main = {name: ndcg[name] for name in COMPARED if name in ndcg}
    found = candidate_figures(ours, history, queries, ndcg, one_more=ablation)
    return Evaluation(
        counts=case.counts,
        systems={name: one.figures for name, one in (all_ | late_).items()},
        paired=_paired({name: each for name, each in ndcg.items() if name not in DRAFTS}, OURS)
        | _paired(_headlines(late_), TUNED),
        significance=significance(ndcg, (OURS, HISTORY), (HAND_SET_SUM, TFIDF)),
        candidates=found.figures,
        blocks=len(sample(case)),
        ranker=ours.model.version,
        per_year=slices.each_year(slices.years(case, queries), main),
        per_tag=slices.most_frequent(slices.tags(case, queries), main),
        per_section=slices.most_frequent(slices.sections(case, queries), main),
        reliability={name: one.reliability for name, one in all_.items() if one.reliability},
        ablation={
            name: ablated(system.model, values_without(system, queries))
            for name, system in ((OURS, ours), (HISTORY, history))
            if ablation
        },
        curves=Curves(
            {name: one.recall for name, one in all_.items()},
            found.recall,
            {name: one.lorenz for name, one in all_.items()},
        ),
        exhibits=exhibits(history, queries, ndcg[HISTORY]),
        rated=_rated(case, systems, ratings),
    )


def _rated(case: Case, systems: Mapping[str, System], ratings: Sequence[Rating]) -> RatedFigures | None:
    """Return what editors think of slots, and how far each system orders these stories as they would."""
    place = {story.id: at for at, story in enumerate(case.stories)}
    known = [each for each in ratings if each.source in place and each.target in place]

    def ordered(system: System, source: str, targets: Sequence[str]) -> list[str]:
        order = {int(at): rank for rank, at in enumerate(system(place[source], False))}
        return sorted((each for each in targets if place[each] in order), key=lambda id: order[place[id]])

    compared = {name: partial(ordered, system) for name, system in systems.items() if name not in DRAFTS}
    return figures(known, compared)


@dataclass(frozen=True, eq=False)
class _Measured:
    """What one system did: its figures, its values for each query, and its curves."""

    figures: dict[str, object]
    values: dict[str, Floats]
    recall: Floats
    lorenz: Floats
    reliability: list[dict[str, float]]


def _measured(case: Case, system: System, queries: Sequence[int], likeness: csr_matrix) -> _Measured:
    """Ask a system each query, with the date filter and without, and for a sample of blocks."""
    sampled = sample(case)
    answers = {story: answer(system, story) for story in {*queries, *sampled}}
    counts = np.array([len(case.relevant[query]) for query in queries], np.int64)
    right = [case.relevant[query] for query in queries]
    hits = metrics.gains([answers[query].order for query in queries], right)
    values = metrics.per_query(hits, counts)
    free = metrics.gains([system(query, False) for query in queries], right)
    blocks = {story: answers[story].order[: metrics.BLOCK] for story in sampled}
    samples, shown = (
        metrics.resampled(len(queries)),
        metrics.slots([answers[query].order for query in queries]),
    )
    figures = (
        metrics.summary(values, samples)
        | metrics.precision(hits, shown, samples)
        | {f"{metrics.HEADLINE}_unfiltered": float(metrics.ndcg(free, counts, metrics.BLOCK).mean())}
        | exposure(case, blocks, likeness)
    )
    shares = metrics.lorenz(showings(case, blocks))
    recall = metrics.recall_curve(hits, counts)
    reliability = _reliability(case, {story: answers[story] for story in sampled})
    return _Measured(figures, values, recall, shares, reliability)


def _headlines(measured: Mapping[str, _Measured]) -> dict[str, Floats]:
    return {name: one.values[metrics.HEADLINE] for name, one in measured.items()}


def _reliability(case: Case, answers: Mapping[int, SystemAnswer]) -> list[dict[str, float]]:
    """Return what was said of the slots and what was so; stories with long lists of links are passed over."""
    said: list[Floats] = [np.zeros(0)]
    linked: list[NDArray[np.bool_]] = [np.zeros(0, np.bool_)]
    for story, one in answers.items():
        if one.said is not None and story not in case.lists:
            said.append(one.said)
            right = case.relevant.get(story, frozenset())
            linked.append(np.isin(one.order[: len(one.said)], list(right)))
    return calibration.reliability(np.concatenate(said), np.concatenate(linked))


def _paired(values: Mapping[str, Floats], ours: str) -> dict[str, dict[str, object]]:
    """Return by how much ``ours`` is above each of the others, with the interval of the paired bootstrap."""
    return {
        name: metrics.difference(values[ours] - each, metrics.resampled(len(each)))
        for name, each in values.items()
        if name != ours
    }
