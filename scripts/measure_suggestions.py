"""Recall of the words on which writers set their links, beside matching headlines.

python scripts/measure_suggestions.py FOLDER [--weights FILE] [--ranker FILE] [--archives DIR] [--json FILE]

FOLDER holds articles.jsonl and links.jsonl, as seeds/digitalgov does. The newest 30 % of the stories with
links are asked about as drafts. For honest figures give weights that were learned without the publisher:
seeds/suggestions/ and seeds/rankers/.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from suggestion_cases import archive_of, read

from recommender.evaluation.anchors import (
    MOST,
    AnchorCase,
    DraftResult,
    SuggestedLink,
    TitleMatch,
    compared,
    figures,
    result,
)
from recommender.library import Recommender
from recommender.ranking.weights import load, shipped
from recommender.suggestions import weights as suggestion_weights

OURS, SERVED = "ours", "ours as served"
WHOLE, PARTLY = "whole headlines", "parts of headlines"
EVERYTHING = {SERVED: {}, OURS: {"least_score": 0.0}}  # as served, what is not likely enough is left out


def ours(recommender: Recommender, case: AnchorCase, name: str, story: int) -> Sequence[SuggestedLink]:
    """Return what the product proposes for a story as a draft."""
    found = recommender.suggest(case.case.stories[story], MOST, **EVERYTHING[name])
    place = {each.id: at for at, each in enumerate(case.case.stories)}
    return [(place[each.story.id], each.start, each.end) for each in found]


def measured(case: AnchorCase, recommender: Recommender) -> dict[str, list[DraftResult]]:
    """Ask each system about the newest stories."""
    systems = {name: partial(ours, recommender, case, name) for name in EVERYTHING}
    systems |= {WHOLE: TitleMatch(case.case), PARTLY: TitleMatch(case.case, partly=True)}
    return {
        name: [result(case, story, system(story)) for story in case.newest]
        for name, system in systems.items()
    }


def main() -> None:
    """Measure one publisher, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--ranker", type=Path)
    parser.add_argument("--archives", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    case = read(given.folder)
    weights = suggestion_weights.load(given.weights) if given.weights else suggestion_weights.shipped()
    with archive_of(case, given.folder.name, given.archives) as archive:
        ranker = load(given.ranker) if given.ranker else shipped()
        results = measured(case, Recommender(archive, ranker, suggestion_weights=weights))
    told = {
        "drafts": len(case.newest),
        "counts": dict(case.counts),
        "systems": {name: figures(some) for name, some in results.items()},
        "against": {name: compared(results[OURS], results[name]) for name in (WHOLE, PARTLY)},
    }
    for name, some in told["systems"].items():
        row = (
            f"{key} {some[key]:.3f} [{some[f'{key}_ci'][0]:.3f}, {some[f'{key}_ci'][1]:.3f}]"
            for key in ("recall@5", "target recall@5", "exact recall@5", "suggestions")
        )
        print(
            f"{name}: {'; '.join(row)}; precision {some['precision']:.3f}; words {some['words a phrase']:.1f}"
        )
    for name, some in told["against"].items():
        low, high = some["ratio_ci"]
        print(f"{OURS} against {name}: {some['ratio']:.2f} times [{low:.2f}, {high:.2f}]")
    if given.json:
        given.json.write_text(json.dumps(told, indent=1), "utf-8")


if __name__ == "__main__":
    main()
