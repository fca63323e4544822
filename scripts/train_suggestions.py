"""Learn the weights by which links in the text are proposed, from writers' links; write the shipped file.

python scripts/train_suggestions.py --corpora DIR [--archives DIR]

DIR holds a folder a publisher, as seeds/ does. For each publisher of seeds/ that is among them, weights that
were learned without it are written to seeds/suggestions/, to measure on it. Archives are kept in --archives,
where they are found again.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from suggestion_cases import archive_of, read

from recommender.engine.engine import Engine
from recommender.evaluation.anchors import AnchorCase
from recommender.ranking.weights import load, shipped
from recommender.story.link_policy import Rules, Standing
from recommender.suggestions.learning import LinkedPlaces, curve, learned
from recommender.suggestions.places import NAMES
from recommender.suggestions.suggester import DraftQuestion, FoundPlaces, Suggester, one_each
from recommender.suggestions.weights import FILE, SuggestionWeights

ROOT = Path(__file__).resolve().parent.parent
REPRINTS = ROOT / "seeds" / "reprints.tsv"  # what stands at two publishers teaches neither
RANKERS, LEFT_OUT = ROOT / "seeds" / "rankers", ROOT / "seeds" / "suggestions"
PACKAGE = ROOT / "recommender" / "data"
SHOWN = 10
"""So many suggestions of each story teach what a score is worth."""

UNLINKED = 0.3
"""Beside each story with links that count so many without teach it."""


def found_in(case: AnchorCase, name: str, kept: Path | None) -> list[tuple[int, FoundPlaces, np.ndarray]]:
    """Return all places of the drafts of a case, with which stories of the case they lead to."""
    ranker = RANKERS / f"without-{name}.json"
    rng = np.random.default_rng(7)
    others = np.setdiff1d(np.arange(len(case.case.stories)), [*case.case.relevant, *case.case.lists])
    some = rng.choice(others, min(len(others), round(UNLINKED * len(case.anchors))), replace=False)
    flat = SuggestionWeights(np.zeros(len(NAMES)), np.zeros(len(NAMES)), np.ones(len(NAMES)), 1, 0)
    found = []
    with archive_of(case, name, kept) as archive:
        engine = Engine(archive, load(ranker) if ranker.exists() else shipped())
        nums = archive.catalog.nums_of([story.id for story in case.case.stories])
        place = {nums[story.id]: at for at, story in enumerate(case.case.stories)}
        archive.catch_up()
        suggester = Suggester(engine, flat)
        twice = {id for row in REPRINTS.read_text("utf-8").splitlines()[1:] for id in row.split("\t")[:2]}
        for story in [*case.anchors, *some.tolist()]:
            draft = case.case.stories[story]
            if draft.id in twice:
                continue
            asked = DraftQuestion(num=nums[draft.id], story=draft, source=Standing.of(draft))
            one = suggester.places(asked, Rules())
            leads = np.array([place[num] for num in one.nums[one.places.stories].tolist()], np.int64)
            found.append((story, replace(one, stories={}), leads))
    return found


def linked_places(case: AnchorCase, story: int, found: FoundPlaces, leads: np.ndarray) -> LinkedPlaces:
    """Return the places of a draft with those that its writer would be content with."""
    anchors, some = case.anchors.get(story, {}), found.places
    links = []
    for target, spans in anchors.items():
        rows = [
            row
            for row in np.flatnonzero(leads == target).tolist()
            if any(
                start < b and a < end
                for start, end in [found.phrases.span(int(some.firsts[row]), int(some.lasts[row]))]
                for a, b in spans
            )
        ]
        if rows:
            links.append(np.array(rows, np.int64))
    return LinkedPlaces(some.rows, tuple(links))


Asked = list[tuple[FoundPlaces, LinkedPlaces]]


def taught(publishers: list[Asked]) -> SuggestionWeights:
    """Return weights, and what their scores are worth, learned from some publishers."""
    weights = learned([[told for _, told in some] for some in publishers])
    scores, right = [], []
    for one, told in (each for some in publishers for each in some):
        sums = weights.scores(one.places.rows)
        hits = np.zeros(len(sums), np.bool_)
        hits[[row for link in told.links for row in link.tolist()]] = True
        best = one_each(one, sums, np.ones(len(sums), np.bool_))[:SHOWN]
        scores.append(sums[best])
        right.append(hits[best])
    slope, offset = curve(np.concatenate(scores), np.concatenate(right))
    return replace(weights, slope=slope, offset=offset)


def main() -> None:
    """Learn from all publishers, and from all but each of those that ship."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--archives", type=Path)
    given = parser.parse_args()
    asked: dict[str, Asked] = {}
    for folder in sorted(each.parent for each in given.corpora.glob("*/links.jsonl")):
        case = read(folder)
        found = found_in(case, folder.name, given.archives)
        asked[folder.name] = [(one, linked_places(case, story, one, leads)) for story, one, leads in found]
        print(folder.name, len(found), flush=True)
    for without in ["", *(name for name in asked if (ROOT / "seeds" / name).exists())]:
        teachers = {name: some for name, some in asked.items() if name != without}
        file = LEFT_OUT / f"without-{without}.json" if without else PACKAGE / FILE
        file.write_text(taught([*teachers.values()]).to_json(publishers=[*teachers]), "utf-8")
        print(file, flush=True)


if __name__ == "__main__":
    main()
