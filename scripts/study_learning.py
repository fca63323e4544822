"""What learning by itself is worth: the life of each publisher, its links coming one after the other.

At 25 links and at each fifth more the archive learns as a running service does: earlier links are believed as
far as they have told later ones, weights are learned, tried on the newest 30 %, watched on what comes, and
given up where they lose. What is served is held against weights of the other publishers, which nobody tunes.
Beside each publisher stands the same one as if its writers had only linked what was never linked before: what
earlier links tell is wrong there.

Usage: python scripts/study_learning.py --corpora DIR [--archives DIR] [--out DIR]

The questions of each publisher are made once, into --out; from then on it takes some minutes of one core.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from train_default import LINKS, STORIES, UNTAUGHT, figure, row

from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.weights_journal import GROWTH
from recommender.engine.engine import Engine
from recommender.evaluation import guard, trial
from recommender.evaluation.beliefs import Beliefs
from recommender.evaluation.case import Case, read_case
from recommender.evaluation.metrics import Floats, interval, resampled
from recommender.evaluation.ours import Ours
from recommender.evaluation.trial import TRAINED, agreement
from recommender.ranking import features
from recommender.ranking.features import LEARNED
from recommender.ranking.link_history import IMAGINED
from recommender.ranking.model import HAND_SET, STANDING_IN
from recommender.ranking.training import (
    LEAST_LINKS,
    LabelledQuestion,
    Teacher,
    believed,
    learned,
)
from recommender.ranking.weights import Ranker
from recommender.settings import Settings

STEPS = (25, 50, 100, 200, 500, 1000)
OUT = Path(__file__).parent.parent / "bench" / "out" / "learning"
EARLY = [place for place, name in enumerate(LEARNED) if name in STANDING_IN]
OF_LINKS = [LEARNED.index(each.__name__) for each in features.LINKS if each.__name__ not in STANDING_IN]
FIRST = " (first links)"


@dataclass(frozen=True, eq=False)
class Life:
    """A publisher's questions in order of time, and when each was asked (epoch seconds)."""

    questions: Sequence[LabelledQuestion]
    times: NDArray[np.int64]

    @classmethod
    def of(cls, case: Case, engine: Engine, file: Path) -> Self:
        """Ask all questions, or read what was written when they were asked before."""
        if not file.exists():
            system = Ours(case, engine, HAND_SET, history=True)
            asked = sorted(case.relevant, key=lambda query: (case.published[query], query))
            found = [system.question(query) for query in asked]
            file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(
                file,
                x=np.concatenate([each.features for each in found]),
                linked=np.concatenate([each.linked for each in found]),
                off=np.cumsum([0, *(len(each.linked) for each in found)]),
                right=np.array([each.right for each in found]),
                known=np.array([each.known for each in found]),
                time=case.published[asked],
            )
        held = np.load(file)
        x, linked, off = held["x"], held["linked"], held["off"].tolist()
        spans = zip(pairwise(off), held["right"].tolist(), held["known"].tolist(), strict=True)
        questions = [LabelledQuestion(x[a:b], linked[a:b], right, known) for (a, b), right, known in spans]
        return cls(questions, held["time"])

    @property
    def links(self) -> NDArray[np.int64]:
        """How many links have come with each question."""
        return np.cumsum([int(each.linked.sum()) for each in self.questions])

    def teacher(self) -> Teacher:
        """Return the questions as they are asked with the links of the past, and without."""
        return Teacher(self.questions, [unlinked(each) for each in self.questions])


def unlinked(question: LabelledQuestion) -> LabelledQuestion:
    """Return a question as it is where no link is known."""
    rows = question.features.copy()
    rows[:, OF_LINKS] = 0
    rows[:, EARLY] *= (IMAGINED + question.known) / IMAGINED
    return LabelledQuestion(rows, question.linked, question.right)


def first_links(case: Case) -> Case:
    """Return the case as if nobody had linked what was linked before."""
    order = sorted(range(len(case.links)), key=lambda i: (case.published[case.links[i][0]], i))
    by: dict[int, int] = {}
    kept = [
        i for i in order if by.setdefault(int(case.links[i][1]), int(case.links[i][0])) == case.links[i][0]
    ]
    links, weights = case.links[sorted(kept)], None if case.weights is None else case.weights[sorted(kept)]
    pairs = {(int(source), int(target)) for source, target in links}
    relevant = {
        source: frozenset(target for target in targets if (source, target) in pairs)
        for source, targets in case.relevant.items()
    }
    return replace(
        case,
        links=links,
        weights=weights,
        relevant={source: each for source, each in relevant.items() if each},
    )


def served(life: Life, start: Ranker) -> Floats:
    """Return nDCG@5 of each question by the weights that a running service would have then."""
    out, links = agreement(life.questions, start), life.links
    own, need, place = start, float(LEAST_LINKS), 0
    bets: tuple[float, ...] = ()
    while True:
        cut = int(np.searchsorted(links, need)) + 1
        stretch = life.questions[place:cut]
        now = agreement(stretch, own)
        bets = guard.bet(bets, now - out[place : place + len(stretch)])
        out[place : place + len(stretch)] = now
        if cut >= len(links):
            return out
        place, need, past = cut, int(links[cut - 1] * GROWTH) + 1, life.questions[:cut]
        if own is not start and guard.lost(bets):
            own, bets = start, ()
        else:
            won = trial.tried(past, start).won
            own = trial.learn(past, start, "own") if won else believed(past, start)


def adaptive(life: Life, start: Ranker) -> Floats:
    """Return nDCG@5 of each question where earlier links are believed as far as they had told later ones."""
    beliefs = Beliefs.of(zip(life.times.tolist(), life.questions, strict=True), start.model)
    models = [beliefs.at(start.model, time) for time in life.times.tolist()]
    pairs = zip(life.questions, models, strict=True)
    return np.concatenate([agreement([each], replace(start, model=model)) for each, model in pairs])


def change(values: Floats) -> str:
    """Return a mean difference with its interval."""
    low, high = interval(values, resampled(len(values)))
    return f"{values.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


def table(title: str, head: Sequence[str], rows: Mapping[str, Sequence[str]]) -> None:
    """Print a table of publishers."""
    print(f"\n{title}\n")
    row(["publisher", *head])
    row(["---"] * (len(head) + 1))
    for name, cells in rows.items():
        row([name, *cells])


def report(lives: Mapping[str, Life], starts: Mapping[str, Ranker]) -> None:
    """Print what earlier links are worth, and what learning is: by the links there are, and on the newest."""
    history, steps, newest = {}, {}, {}
    gains: dict[str, list[Floats]] = {"": [], FIRST: []}
    for name, life in lives.items():
        start = starts[name.removesuffix(FIRST)]
        all_links = agreement(life.questions, start)
        none = agreement([unlinked(each) for each in life.questions], start)
        adapted, own = adaptive(life, start), served(life, start)
        history[name] = [figure([none]), figure([all_links]), figure([adapted]), change(adapted - none)]
        ends = np.searchsorted(life.links, [*STEPS, life.links[-1] + 1]) + 1
        parts = [(own - all_links)[a:b] for a, b in pairwise(ends.tolist())]
        steps[name] = [change(each) if len(each) else "" for each in parts]
        early, late = np.split(np.arange(len(own)), [round(TRAINED * len(own))])
        won = trial.learn([life.questions[i] for i in early], start, "own")
        tuned = agreement([life.questions[i] for i in late], won) - all_links[late]
        newest[name] = [figure([all_links[late]]), change(tuned), change((own - all_links)[late])]
        gains[FIRST if name.endswith(FIRST) else ""].append((own - all_links)[ends[0] :])
    table("Earlier links", ["none", "all", "as believed", "as believed less none"], history)
    table("Served less shipped, from so many links to the next", [str(each) for each in STEPS], steps)
    table("The newest 30 %", ["shipped", "tuned on the rest", "served"], newest)
    for name, each in gains.items():
        print(f"\nmean from 25 links on{name or ', as they are'}: {figure(each)}")


def main() -> None:
    """Read the command line, make the questions, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpora", type=Path, required=True, help="a folder of publishers")
    parser.add_argument("--archives", type=Path, default=OUT / "archives", help="where archives are kept")
    parser.add_argument("--out", type=Path, default=OUT, help="where the questions are kept")
    asked = parser.parse_args()
    lives: dict[str, Life] = {}
    for folder in sorted(file.parent for file in asked.corpora.glob(f"*/{LINKS}")):
        case, place = read_case(folder / STORIES, folder / LINKS), asked.archives / folder.name
        place.parent.mkdir(parents=True, exist_ok=True)
        opened = Archive.open if place.exists() else Archive.create
        with opened(ArchivePlace.alone(place), Settings()) as archive:
            archive.add(case.stories)
            engine = Engine(archive, UNTAUGHT)
            lives[folder.name] = Life.of(case, engine, asked.out / f"{folder.name}.npz")
            file = asked.out / f"{folder.name}-first.npz"
            lives[folder.name + FIRST] = Life.of(first_links(case), engine, file)
    teachers = {name: life.teacher() for name, life in lives.items() if not name.endswith(FIRST)}
    starts = {
        name: learned([each for other, each in teachers.items() if other != name], name, {})
        for name in teachers
    }
    report(dict(sorted(lives.items(), key=lambda each: (each[0].endswith(FIRST), each[0]))), starts)


if __name__ == "__main__":
    os.nice(10)
    main()
