"""Learn the shipped ranker weights from the links of any number of publishers, each checked by the others.

Writes recommender/data/default_ranker.json, learned from all of them, and for each publisher of seeds/ that
is among them the weights that were learned without it. A publisher is a folder with articles.jsonl and
links.jsonl (docs/evaluation.md). Nothing of their texts is written: only weights, names and counts.

Usage: python scripts/train_default.py --corpora DIR                   # learn and write
       python scripts/train_default.py --corpora DIR --leave-one-out   # and print how each does by the others
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.engine.engine import Engine
from recommender.evaluation.case import Case, read_case
from recommender.evaluation.metrics import BLOCK, CONFIDENCE, Floats, gains, ndcg, resampled
from recommender.evaluation.ours import Ours
from recommender.ranking import calibration
from recommender.ranking.calibration import Calibration
from recommender.ranking.model import HAND_SET, LinearModel
from recommender.ranking.training import Teacher, learned
from recommender.ranking.weights import DEFAULT_FILE, Ranker
from recommender.settings import Settings

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
REPRINTS = SEEDS / "reprints.tsv"  # columns: id at 18F, id at digital.gov
UNTAUGHT = Ranker(HAND_SET, (), ())  # the archives here answer no questions by their own weights
LEFT_OUT = SEEDS / "rankers"
_LEARNED: dict[tuple[str, ...], Ranker] = {}  # by whom they were learned from
STORIES, LINKS = "articles.jsonl", "links.jsonl"

Standings = tuple[Floats, NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class Publisher:
    """A publisher whose links teach.

    Attributes
    ----------
    case : Case
    engine : Engine
        Its archive holds the case's stories.
    teacher : Teacher
        Its questions, without the stories that another publisher has as well.
    """

    case: Case
    engine: Engine
    teacher: Teacher

    @classmethod
    def of(cls, folder: Path, archives: Path) -> Publisher:
        """Read a publisher, embed its stories unless that was done before, and ask all its questions."""
        case = read_case(folder / STORIES, folder / LINKS)
        place = archives / folder.name
        opened = Archive.open if place.exists() else Archive.create
        archive = opened(ArchivePlace.alone(place), Settings())
        archive.add(case.stories, lambda _: print(".", end="", flush=True))
        engine = Engine(archive, UNTAUGHT)
        hidden = reprints(case)
        linked, unlinked = (
            [view.question(query, hidden) for query in case.relevant if query not in hidden]
            for view in both(case, engine, HAND_SET)
        )
        print(f" {folder.name}: {len(linked)} questions", flush=True)
        return cls(case, engine, Teacher(linked, unlinked))

    def values(self, model: LinearModel, history: bool) -> Floats:
        """Return nDCG@5 of each question as the product answers it."""
        system = Ours(self.case, self.engine, model, history=history, learns=history)
        asked = self.case.relevant
        hits = gains([system(query) for query in asked], list(asked.values()))
        return ndcg(hits, np.array([len(each) for each in asked.values()]), BLOCK)

    def standings(self, models: Sequence[LinearModel]) -> list[list[Standings]]:
        """Return what calibrates each model: with the links of the past, and without."""
        found = [
            view.standings(range(len(self.case.stories)), models)
            for view in both(self.case, self.engine, HAND_SET)
        ]
        return [list(each) for each in zip(*found, strict=True)]


def both(case: Case, engine: Engine, model: LinearModel) -> list[Ours]:
    """Return a publisher as it is asked with the links of the past, and without."""
    return [Ours(case, engine, model, history=history) for history in (True, False)]


def reprints(case: Case) -> frozenset[int]:
    """Return the places of the stories that stand at two publishers: what is learned here is known there."""
    rows = [line.split("\t") for line in REPRINTS.read_text("utf-8").splitlines()[1:]]
    ids = {id for row in rows for id in row[:2]}
    return frozenset(place for place, story in enumerate(case.stories) if story.id in ids)


def train(publishers: Mapping[str, Publisher], without: Iterable[str], version: str) -> Ranker:
    """Learn weights from the publishers, but for some; from the same ones but once."""
    teachers = {name: each.teacher for name, each in publishers.items() if name not in set(without)}
    if (known := _LEARNED.get(tuple(teachers))) is not None:
        return replace(known, model=replace(known.model, version=version))
    provenance = {
        "learned_from": {name: len(each.linked) for name, each in teachers.items()},
        "left_out": "stories that two of the publishers have",
        "loss": "listwise softmax, publishers weighted equally; weights with link history, and without",
        "made": datetime.now(UTC).date().isoformat(),
        "by": "scripts/train_default.py",
    }
    ranker = _LEARNED[tuple(teachers)] = learned(list(teachers.values()), version, provenance)
    return ranker


def curve(sets: Sequence[Standings]) -> Calibration:
    """Return the calibration of some publishers, each counting equally, with links and without."""
    weights = np.concatenate([np.full(len(linked), 1 / len(linked)) for _, linked in sets])
    standings, linked = (np.concatenate(each) for each in zip(*sets, strict=True))
    return calibration.fit(standings, linked, weights)


def calibrated(publishers: Mapping[str, Publisher], kept_back: Sequence[str]) -> dict[str, Calibration]:
    """Return the curve of the weights of all publishers, under "", and of those without each ``kept_back``.

    Each publisher's part of a curve is of weights that had not seen it: what a new publisher will meet. Of
    two publishers none would be left to teach: there the one that taught is asked.
    """
    sets: dict[str, list[Standings]] = {name: [] for name in ("", *kept_back)}
    for name, publisher in publishers.items():
        asked = [back for back in sets if back != name]
        models = [train(publishers, others_than(name, back, publishers), "curve").model for back in asked]
        for back, found in zip(asked, publisher.standings(models), strict=True):
            sets[back] += found
        print(f"{name}: calibrated", flush=True)
    return {back: curve(each) for back, each in sets.items()}


def others_than(name: str, back: str, publishers: Collection[str]) -> set[str]:
    """Return whom weights must not be learned from that are tried on a publisher."""
    without = {name, back} & set(publishers)
    return without if len(without) < len(publishers) else {back}


def check(publishers: Mapping[str, Publisher]) -> None:
    """Print what each publisher is worth by weights of the others, beside the sum set by hand."""
    kinds = ("hand-set", "links", "none", "links less hand-set", "none less hand-set")
    columns: dict[str, list[Floats]] = {kind: [] for kind in kinds}
    print("| publisher | questions | " + " | ".join(kinds) + " |\n|" + " --- |" * (len(kinds) + 2))
    for name, publisher in publishers.items():
        model = train(publishers, {name}, "left out").model
        hand = publisher.values(HAND_SET, False)
        links, none = publisher.values(model, True), publisher.values(model, False)
        for kind, values in zip(kinds, (hand, links, none, links - hand, none - hand), strict=True):
            columns[kind].append(values)
        row([name, str(len(hand)), *(figure([columns[kind][-1]]) for kind in kinds)])
    row(["mean", "", *(figure(columns[kind]) for kind in kinds)])


def figure(publishers: Sequence[Floats]) -> str:
    """Return the mean of publishers, each counting equally, with the interval of a bootstrap within each."""
    mean = float(np.mean([values.mean() for values in publishers]))
    samples = np.mean([values[resampled(len(values))].mean(axis=1) for values in publishers], axis=0)
    low, high = np.quantile(samples, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def row(cells: Sequence[str]) -> None:
    """Print a line of a table."""
    print("| " + " | ".join(cells) + " |", flush=True)


def learn(folders: Sequence[Path], archives: Path, leave_one_out: bool) -> None:
    """Train, check and write."""
    publishers = {folder.name: Publisher.of(folder, archives) for folder in folders}
    seeds = [name for name in publishers if (SEEDS / name).is_dir()]
    curves = calibrated(publishers, seeds)
    for name in seeds:
        ranker = train(publishers, {name}, f"without-{name}-6")
        (LEFT_OUT / f"without-{name}.json").write_text(
            replace(ranker, calibration=curves[name]).to_json(), "utf-8"
        )
    everything = replace(train(publishers, (), "default-6"), calibration=curves[""])
    (ROOT / "recommender" / "data" / DEFAULT_FILE).write_text(everything.to_json(), "utf-8")
    if leave_one_out:
        check(publishers)
    for publisher in publishers.values():
        publisher.engine.archive.close()


def main() -> None:
    """Read the command line, and learn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True, help="a folder of publishers")
    parser.add_argument("--archives", type=Path, help="where their archives are kept for another run")
    parser.add_argument("--leave-one-out", action="store_true", help="print how each does by the others")
    asked = parser.parse_args()
    folders = sorted(file.parent for file in asked.corpora.glob(f"*/{LINKS}"))
    if len(folders) < 2:
        parser.error(f"{asked.corpora} holds {len(folders)} publishers with {LINKS}; at least 2 are needed")
    if asked.archives:
        asked.archives.mkdir(parents=True, exist_ok=True)
        learn(folders, asked.archives, asked.leave_one_out)
    else:
        with TemporaryDirectory(prefix="related-train-") as directory:
            learn(folders, Path(directory), asked.leave_one_out)


if __name__ == "__main__":
    main()
