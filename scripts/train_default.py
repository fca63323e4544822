"""Learn the shipped ranker weights from the links of digital.gov and 18F, and check them on the one left out.

Writes recommender/data/default_ranker.json, and for each publisher the weights that were learned without it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from recommender.archive.archive import Archive
from recommender.engine.engine import Engine
from recommender.evaluation.case import Case, read_case
from recommender.evaluation.metrics import BLOCK, gains, interval, ndcg, resampled
from recommender.evaluation.ours import Ours
from recommender.ranking import calibration
from recommender.ranking.calibration import Calibration
from recommender.ranking.model import HAND_SET
from recommender.ranking.training import LabelledQuestion, learned
from recommender.ranking.weights import DEFAULT_FILE, Ranker
from recommender.settings import Settings

ROOT = Path(__file__).parent.parent
PUBLISHERS = ("digitalgov", "18f")
REPRINTS = ROOT / "seeds" / "reprints.tsv"  # columns: id at 18F, id at digital.gov
UNTAUGHT = Ranker(HAND_SET, (), ())  # the archives here answer no questions by their own weights
LEFT_OUT = ROOT / "seeds" / "rankers"


def reprints(case: Case) -> frozenset[int]:
    """Return the places of the stories that stand at both publishers: what is learned here is known there."""
    rows = [line.split("\t") for line in REPRINTS.read_text("utf-8").splitlines()[1:]]
    ids = {id for row in rows for id in row[:2]}
    return frozenset(place for place, story in enumerate(case.stories) if story.id in ids)


def questions(case: Case, engine: Engine) -> list[LabelledQuestion]:
    """Return a publisher's questions for training: each with the links of the past, and without.

    A publisher whose links are not known has to be served by the same weights.
    """
    hidden = reprints(case)
    views = [Ours(case, engine, HAND_SET, history=history) for history in (True, False)]
    return [view.question(query, hidden) for view in views for query in case.relevant if query not in hidden]


def figure(system: Ours) -> str:
    """Return nDCG@5 with its interval."""
    right = list(system.case.relevant.values())
    hits = gains([system(query) for query in system.case.relevant], right)
    values = ndcg(hits, np.array([len(each) for each in right]), BLOCK)
    low, high = interval(values, resampled(len(values)))
    return f"{values.mean():.4f} [{low:.3f}, {high:.3f}]"


def curve(systems: Iterable[Ours]) -> Calibration:
    """Return the calibration of some publishers, each counting equally, with links and without."""
    rows = [system.standings(range(len(system.case.stories))) for system in systems]
    weights = np.concatenate([np.full(len(linked), 1 / len(linked)) for _, linked in rows])
    standings = np.concatenate([each for each, _ in rows])
    return calibration.fit(standings, np.concatenate([linked for _, linked in rows]), weights)


def both(case: Case, engine: Engine, ranker: Ranker) -> list[Ours]:
    """Return a publisher as it is ranked with the links of the past, and without."""
    return [Ours(case, engine, ranker.model, history=history) for history in (True, False)]


def train(named: dict[str, list[LabelledQuestion]], version: str) -> Ranker:
    """Learn weights from some publishers' questions."""
    provenance = {
        "learned_from": {name: len(each) for name, each in named.items()},
        "left_out": "the stories of seeds/reprints.tsv",
        "loss": "listwise softmax, publishers weighted equally, with and without link history",
        "made": datetime.now(UTC).date().isoformat(),
        "by": "scripts/train_default.py",
    }
    return learned(list(named.values()), version, provenance)


def check(name: str, case: Case, engine: Engine, ranker: Ranker) -> None:
    """Print what weights learned without a publisher do there."""
    print(f"{name}: hand-set sum {figure(Ours(case, engine, HAND_SET))}")
    for history in (False, True):
        system = Ours(case, engine, ranker.model, history=history)
        print(f"{name}: weights of the others, {'link history' if history else 'no links'}: {figure(system)}")


def main(names: Iterable[str]) -> None:
    """Train, check and write."""
    with TemporaryDirectory(prefix="related-train-") as directory:
        cases, archives, taught = {}, {}, {}
        for name in names:
            folder = ROOT / "seeds" / name
            cases[name] = read_case(folder / "articles.jsonl", folder / "links.jsonl")
            archives[name] = Engine(Archive.create(Path(directory) / name, Settings()), UNTAUGHT)
            archives[name].archive.add(cases[name].stories, lambda n: print(".", end="", flush=True))
            taught[name] = questions(cases[name], archives[name])
            print(f" {name}: {len(taught[name])} questions")
        LEFT_OUT.mkdir(exist_ok=True)
        unseen: list[Ours] = []
        for name in names:
            others = {other: each for other, each in taught.items() if other != name}
            ranker = train(others, f"without-{name}-1")
            seen = [system for other in others for system in both(cases[other], archives[other], ranker)]
            unseen += both(cases[name], archives[name], ranker)
            ranker = replace(ranker, calibration=curve(seen))
            (LEFT_OUT / f"without-{name}.json").write_text(ranker.to_json(), "utf-8")
            check(name, cases[name], archives[name], ranker)
        # Each publisher's curve is of weights that had not seen it: what a new publisher will meet.
        everything = replace(train(taught, "default-1"), calibration=curve(unseen))
        (ROOT / "recommender" / "data" / DEFAULT_FILE).write_text(everything.to_json(), "utf-8")
        for engine in archives.values():
            engine.archive.close()


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    main(PUBLISHERS)
