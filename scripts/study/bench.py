"""What every part stands on: a publisher's archive, embedded once and kept, and its questions' pools."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.view import eligible
from recommender.engine.engine import Engine
from recommender.engine.search_scope import Scope
from recommender.evaluation.case import Case, read_case
from recommender.evaluation.metrics import BLOCK, Floats, gains, interval, ndcg, resampled
from recommender.ranking import diversity, features
from recommender.ranking.link_history import LinkGraph
from recommender.ranking.model import HAND_SET, LinearModel
from recommender.ranking.pool import Nums, Pool
from recommender.ranking.weights import Ranker, load
from recommender.settings import Settings
from recommender.story.story import Story

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "seeds"
OUT = ROOT / "bench" / "out" / "study"
PUBLISHERS = ("digitalgov", "18f")
TRAINED = 0.7  # share of the questions, the oldest, that own weights are learned from
WHOLE = "whole"  # a file that says that an archive lacks no story


def other(publisher: str) -> str:
    """Return the publisher that teaches when ``publisher`` is tested."""
    return PUBLISHERS[1 - PUBLISHERS.index(publisher)]


def kept_archive(name: str, stories: Iterable[Story]) -> Archive:
    """Return an archive of the stories, embedded now if it was not before."""
    path = OUT / name
    if not (path / WHOLE).exists():
        path.mkdir(parents=True, exist_ok=True)
        made = (path / "catalog.sqlite").exists()
        with (Archive.open if made else Archive.create)(ArchivePlace.alone(path), Settings()) as archive:
            archive.add(stories, lambda _: print(".", end="", flush=True))
            archive.rebuild()
        (path / WHOLE).touch()
    return Archive.open(ArchivePlace.alone(path))


class Bench:
    """A publisher as the study asks it: stories by their place in the case, pools as the product makes them.

    Parameters
    ----------
    name : str
        Names the kept archive.
    case : Case
        Its stories and its links.
    archive : Archive
        Holds exactly those stories.
    """

    def __init__(self, name: str, case: Case, archive: Archive) -> None:
        self.name, self.case = name, case
        self.engine = Engine(archive, Ranker(HAND_SET, (), ()))
        self.view = archive.catch_up()
        held = archive.catalog.nums_of([story.id for story in case.stories])
        self.nums = np.array([held[story.id] for story in case.stories], np.int64)
        self.place = np.full(self.nums.max() + 1, -1)
        self.place[self.nums] = np.arange(len(self.nums))
        self.queries = sorted(case.relevant, key=lambda query: (case.published[query], query))
        self._now = int(case.published.max()) + 1

    @classmethod
    def of(cls, publisher: str) -> Bench:
        """Return a publisher of the seeds."""
        case = read_case(SEEDS / publisher / "articles.jsonl", SEEDS / publisher / "links.jsonl")
        return cls(publisher, case, kept_archive(publisher, case.stories))

    @cached_property
    def graph(self) -> LinkGraph:
        """All links, each set when its source was published."""
        return self.graph_of(self.case.links)

    def graph_of(self, links: NDArray[np.int64]) -> LinkGraph:
        """Return some links (m, 2), given by places, as the history."""
        sources, targets = links.T
        return LinkGraph(
            self.view.store, self.nums[sources], self.nums[targets], self.case.published[sources]
        )

    @property
    def newest(self) -> list[int]:
        """The queries that no own weights were learned from."""
        return self.queries[round(TRAINED * len(self.queries)) :]

    @property
    def oldest(self) -> list[int]:
        """The queries that own weights are learned from."""
        return self.queries[: round(TRAINED * len(self.queries))]

    def right(self, query: int) -> Nums:
        """Return the nums that a query's writer linked."""
        return self.nums[list(self.case.relevant.get(query, ()))]

    def nearest(self, story: int, count: int) -> Nums:
        """Return the nums nearest to a story by hybrid vector, earlier ones only, best first."""
        num, where = int(self.nums[story]), eligible(self._now, int(self.case.published[story]))
        found = self.view.nearest(self.view.store.item(num), count + 1, where)
        return np.asarray(found[found != num][:count])

    def proposed(self, story: int) -> Nums:
        """Return the candidates that the product would score."""
        num, before = int(self.nums[story]), int(self.case.published[story])
        source, scope = self.view.store.item(num), Scope.at(self._now, before, [num])
        (nums,) = self.engine.retriever.propose(self.view, [source], [scope])
        return nums

    def pool(self, story: int, links: LinkGraph | None, nums: Nums | None = None) -> Pool:
        """Return the candidates of a story, or those given, as arrays."""
        if self.view.hybrid is None:
            raise RuntimeError("an archive of no stories has no questions")
        source = self.view.store.item(int(self.nums[story]))
        nums = self.proposed(story) if nums is None else nums
        return Pool(
            source, nums, self.view.store, self.view.hybrid, links, encoder=self.engine.archive.encoder
        )

    def ranked(
        self,
        story: int,
        model: LinearModel,
        links: LinkGraph | None,
        nums: Nums | None = None,
        strength: float = diversity.STRENGTH,
    ) -> Nums:
        """Return the nums that the product would show, best first."""
        pool = self.pool(story, links, nums)
        if not len(pool):
            return pool.nums
        scores = model.scores(features.matrix(pool, model.features), pool.known_links)
        return pool.nums[diversity.diverse(pool, scores, BLOCK, strength)]

    def agreement(self, queries: Sequence[int], orders: Sequence[Nums]) -> Floats:
        """Return nDCG@5 of each query."""
        right = [self.right(query).tolist() for query in queries]
        return ndcg(gains(orders, right), np.array([len(each) for each in right]), BLOCK)


def left_out(publisher: str) -> Ranker:
    """Return the weights that were learned without a publisher."""
    return load(SEEDS / "rankers" / f"without-{publisher}.json")


def reprinted(case: Case) -> frozenset[int]:
    """Return the places of the stories that stand at both publishers: they must not teach."""
    rows = [line.split("\t") for line in (SEEDS / "reprints.tsv").read_text("utf-8").splitlines()[1:]]
    ids = {key for row in rows for key in row[:2]}
    return frozenset(place for place, story in enumerate(case.stories) if story.id in ids)


# Figures


def level(values: Floats) -> str:
    """Return a mean with its interval."""
    low, high = interval(values, resampled(len(values)))
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def change(values: Floats, before: Floats) -> str:
    """Return a mean difference with the interval of the paired bootstrap."""
    low, high = interval(values - before, resampled(len(values)))
    return f"{(values - before).mean():+.3f} [{low:+.3f}, {high:+.3f}]"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as Markdown has it, and the end of its last line."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)


def kept(part: str, figures: object) -> None:
    """Write a part's figures beside the archives."""
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{part}.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
