"""Tuning of one archive: its links, its masked stories, the trial, the weights. Knows no doors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.storage.background import Check
from recommender.analysis.encoded import Encoded
from recommender.analysis.words import encode
from recommender.archive.learned_weights import LearnedWeights
from recommender.archive.weights_journal import SHIPPED, Attempt, Journal, now
from recommender.embedding import story_units
from recommender.engine.engine import Engine
from recommender.engine.search_scope import Scope
from recommender.errors import SourceError
from recommender.evaluation import trial
from recommender.evaluation.case import MOST_LINKS, LinkRow, masked_story, read_links
from recommender.evaluation.rated import NOTHING_RATED, RatedSlots, marked, rated_slots, taught
from recommender.evaluation.tuning_result import Tuning
from recommender.ranking import calibration, features
from recommender.ranking.calibration import REACH, WITNESSES, Calibration, standing
from recommender.ranking.link_history import LinkGraph
from recommender.ranking.model import LinearModel
from recommender.ranking.pool import Pool
from recommender.ranking.training import LabelledQuestion, believed
from recommender.ranking.weights import ARCHIVE_FILE, Ranker, load, parse, shipped
from recommender.settings import Settings

Progress = Callable[[int], None]
Anchors = Mapping[int, Sequence[str]]

VERSION = "tuned-{number}"
CALIBRATED_ON = 2000
"""So many of the newest stories teach the curve: half a minute of ranking, and what readers see now."""


def unhurried() -> None:
    """Go on at once."""


def tuned(
    engine: Engine,
    links: Path | None = None,
    on_done: Progress | None = None,
    *,
    most: int | None = None,
    check: Check = unhurried,
) -> Tuning:
    """Learn an archive's own weights from its links and its editors' ratings, kept if they win on the newest.

    Parameters
    ----------
    engine : Engine
        Open on the archive.
    links : Path, optional
        JSON Lines of links (source, target, anchor) to learn from instead of those that the archive holds,
        and of what its editors rated.
    on_done : callable, optional
        Told how many more stories with links are read.
    most : int, optional
        Learn from so many stories with links at most, the newest.
    check : callable
        Called between pieces of the work; may wait, or raise to end it.

    Raises
    ------
    RankerError
        When there are fewer than `trial.LEAST_LINKS` links to earlier stories.
    SourceError
        When the file of links cannot be read.
    """
    engine.archive.catch_up()
    learned = LearnedWeights(engine.archive)
    begun, start = learned.journal(), start_of(engine.settings)
    rows = None if links is None else _rows_of(engine, links)
    graph, linked = right_of(engine, most, rows)
    published = np.asarray(engine.archive.view.store.column("published"), np.int64)
    said = rated_slots(engine.archive)
    rated = said if rows is None else NOTHING_RATED
    right = taught(linked, rated, graph, published)
    asked = masked(engine, right, anchors_of(engine, right, rows), check)
    questions = labelled(engine, graph, right, asked, check, on_done, rated)
    tried = trial.tried(questions, start, check)
    attempt = Attempt(now(), engine.archive.link_graph().to_earlier, tried.won, tried.figures(), said.count)
    version = VERSION.format(number=begun.next_number())
    own = trial.learn(questions, start, version, check) if tried.won else believed(questions, start)
    if not tried.won and (own.model == start.model or _in_use(begun, start) == _ranking(own)):
        learned.lost(attempt)
        back = own.model == start.model and begun.in_use is not None
        if back:  # what is in use has to win each time
            learned.go_back(attempt.links, "they did not win again", of=begun.current, to=SHIPPED)
        return Tuning(tried, None, went_back=back)
    told = {**own.provenance, "made": attempt.made, "trial": attempt.figures}
    own = replace(own, model=replace(own.model, version=version), provenance=told)
    # How probable a link is, long lists do not tell, nor do ratings.
    chosen = {num: some for num, some in linked.items() if weights_of(graph, num, some).min() >= 1}
    curve = curve_of(engine, graph, own.model, chosen, asked, check)
    own = replace(own, calibration=curve or start.calibration)
    taken = learned.take(own, attempt, int(published[list(right)].max()), begun)
    return Tuning(tried, engine.archive.path / ARCHIVE_FILE if taken else None, own.model.history)


def _in_use(journal: Journal, start: Ranker) -> tuple[object, ...]:
    held = journal.in_use
    return _ranking(parse(held.text, "the weights in use") if held else start)


def _ranking(ranker: Ranker) -> tuple[object, ...]:
    return ranker.model.weights, ranker.model.history


def right_of(
    engine: Engine, most: int | None = None, rows: Sequence[LinkRow] | None = None, after: int | None = None
) -> tuple[LinkGraph, dict[int, list[int]]]:
    """Return the links, and the earlier stories that each story links to, in order of time.

    Parameters
    ----------
    engine : Engine
    most : int, optional
        Of so many stories at most, the newest.
    rows : sequence of LinkRow, optional
        The links of a file instead of those that the archive holds.
    after : int, optional
        Only of stories that were published later, epoch seconds.
    """
    graph = engine.archive.link_graph() if rows is None else graph_of(engine, rows)
    published = np.asarray(engine.archive.view.store.column("published"), np.int64)
    right = answers(graph, published)
    kept = [num for num in right if after is None or published[num] > after]
    return graph, {num: right[num] for num in (kept if most is None else kept[-most:])}


def labelled(
    engine: Engine,
    graph: LinkGraph,
    right: Mapping[int, Sequence[int]],
    asked: Mapping[int, Encoded],
    check: Check = unhurried,
    on_done: Progress | None = None,
    rated: RatedSlots = NOTHING_RATED,
) -> list[LabelledQuestion]:
    """Return the candidates of the stories that are asked about, which are linked, and what is rated."""
    questions = []
    for num, source in asked.items():
        pool, targets = pool_of(engine, graph, num, source), np.array(right[num])
        is_chosen = np.isin(targets, rated.chosen(num))
        weights = np.maximum(weights_of(graph, num, targets), is_chosen)  # in a long list, too
        question = LabelledQuestion.of(pool, targets, weights)
        questions.append(marked(question, pool.nums, rated.grades.get(num, {})))
        check()
        if on_done:
            on_done(1)
    return questions


def start_of(settings: Settings) -> Ranker:
    """Return the weights that an archive's own start from."""
    return load(Path(settings.ranker).expanduser()) if settings.ranker else shipped()


def _rows_of(engine: Engine, links: Path) -> list[LinkRow]:
    """Read a file of links.

    Raises
    ------
    SourceError
        When none of its links is between stories that the archive holds: that is no matter of too few.
    """
    rows, counts = read_links(links)
    held = engine.archive.catalog.nums_of({id for row in rows for id in (row.source, row.target)})
    if not any(row.source in held and row.target in held for row in rows):
        unread = f"{counts['bad links']} of its lines cannot be read, and " if counts["bad links"] else ""
        raise SourceError(
            f"{links}: {unread}none of its {len(rows)} links is between stories of this archive; give a line "
            "a link, with the ids of both: source, target"
        )
    return rows


def graph_of(engine: Engine, rows: Sequence[LinkRow]) -> LinkGraph:
    """Return the links of a file between stories of the archive, each set when its source was published."""
    store = engine.archive.view.store
    nums = engine.archive.catalog.nums_of({id for row in rows for id in (row.source, row.target)})
    known = [row for row in rows if row.source in nums and row.target in nums and row.source != row.target]
    pairs = [(nums[row.source], nums[row.target]) for row in known]
    sources, targets = np.array(pairs, np.int64).reshape(-1, 2).T
    weights = np.array([row.weight for row in known], np.float32)
    return LinkGraph(store, sources, targets, store.column("published")[sources], weights)


def answers(graph: LinkGraph, published: NDArray[np.int64]) -> dict[int, list[int]]:
    """Return the earlier stories that each story links to, in order of time; long lists are passed over.

    A list of which it is known that it is one is none of these: its links count less.
    """
    right: dict[int, list[int]] = defaultdict(list)
    count: dict[int, float] = defaultdict(float)
    rows = zip(graph.sources.tolist(), graph.targets.tolist(), graph.weights.tolist(), strict=True)
    for source, target, weight in rows:
        if published[target] <= published[source]:
            right[source].append(target)
            count[source] += weight
    in_order = sorted(right, key=lambda num: (published[num], num))
    return {num: right[num] for num in in_order if count[num] < MOST_LINKS + 0.5}


def weights_of(graph: LinkGraph, num: int, targets: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
    """Return what the links of a story to each of some targets count; 1 where there is none."""
    places, _ = graph.by_source.of(np.array([num], np.int64))
    counts = dict(zip(graph.targets[places].tolist(), graph.weights[places].tolist(), strict=True))
    return np.array([counts.get(int(target), 1.0) for target in targets], np.float32)


def anchors_of(
    engine: Engine, right: Mapping[int, object], rows: Sequence[LinkRow] | None
) -> dict[int, list[str]]:
    """Return the words that each story's links stand on."""
    stories = engine.archive.catalog.by_nums(list(right))
    anchors = {num: [link.anchor for link in story.links if link.anchor] for num, story in stories.items()}
    nums = {story.id: num for num, story in stories.items()}
    for row in rows or ():
        if row.anchor and row.source in nums:
            anchors[nums[row.source]].append(row.anchor)
    return anchors


def masked(
    engine: Engine, right: Mapping[int, object], anchors: Anchors, check: Check = unhurried
) -> dict[int, Encoded]:
    """Return the stories that are asked about without their anchors' words, in the order of ``right``.

    An anchor often repeats the headline of what it links to. Left in, it would teach that headlines are found
    in the text, which no story shows before its links are set.
    """
    view, embedder = engine.archive.view, engine.archive.embedder
    stories = engine.archive.catalog.by_nums(list(right))
    out = {}
    for num in right:
        check()
        if num not in stories:  # deleted meanwhile
            continue
        story = masked_story(stories[num], anchors[num])
        if story.text == stories[num].text:
            out[num] = view.store.item(num)
        else:
            out[num] = encode(story, embedder.encode(story_units(story.headline, story.text, embedder)))
    return out


def pool_of(engine: Engine, graph: LinkGraph, num: int, source: Encoded) -> Pool:
    """Return the candidates of a story as they would have been on its day."""
    view, today = engine.archive.view, int(engine.clock())
    (nums,) = engine.retriever.propose(view, [source], [Scope.at(today, source.published, [num])])
    if view.hybrid is None:
        raise RuntimeError("an archive with links has stories")
    encoder = engine.archive.encoder
    return Pool(source, nums, view.store, view.hybrid, graph, today, view.lengths, encoder)


def curve_of(
    engine: Engine,
    graph: LinkGraph,
    model: LinearModel,
    right: Mapping[int, Sequence[int]],
    asked: Mapping[int, Encoded],
    check: Check = unhurried,
) -> Calibration | None:
    """Return the publisher's own curve, or None where its newest stories hold too few links for one."""
    store = engine.archive.view.store
    lists = np.setdiff1d(graph.sources, np.array(list(right), np.int64))
    newest = store.nums[np.argsort(-store.column("published")[store.nums], kind="stable")]
    standings, linked = [], []
    for num in newest[~np.isin(newest, lists)][:CALIBRATED_ON].tolist():
        check()
        pool = pool_of(engine, graph, num, asked[num] if num in asked else store.item(num))
        if len(pool) >= WITNESSES:
            scores = model.scores(features.matrix(pool, model.features), pool.known_links)
            best = np.argsort(-scores, kind="stable")[:REACH]
            standings.append(standing(scores)[best])
            linked.append(np.isin(pool.nums[best], right.get(num, ())))
    if sum(int(each.sum()) for each in linked) < calibration.LEAST_LINKS:
        return None
    return calibration.fit(np.concatenate(standings), np.concatenate(linked))
