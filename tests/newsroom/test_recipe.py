"""A stored block is fresh as long as all that decided it is as it was, and not longer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path

import pytest

from index.storage.files import replacing
from recommender import Settings
from recommender.newsroom import recipe
from recommender.newsroom.recipe import CANNOT_MATTER
from recommender.ranking.calibration import Calibration
from recommender.ranking.weights import ARCHIVE_FILE, Ranker, shipped
from tests.newsroom.world import WIDE, Clock, blocks_of, drain, fill, ids, make
from tests.test_architecture import reached

# Each with a value that is not the default. A new setting goes here, or into `CANNOT_MATTER` with its reason.
DECIDE = {
    "slots": 7,
    "candidates": 50,
    "recent": 7,
    "least_score": 0.2,
    "recency": 0.5,
    "diversity": 0.3,
    "event_likeness": 0.8,
    "event_days": 3,
    "fallback": True,
    "follow_ups": False,
    "languages": "any",
    "link_twice": True,
    "inbound_cap": 3,
    "learn_clicks": True,
}
OTHER = {
    "zone": "Asia/Dhaka",
    "model": "other",
    "quick_start": True,
    "runtime": "torch",
    "model_cache": "x",
    "past_only": False,
    "ranker": "x.json",
    "learn": False,
    "diff_blocks": 1,
    "diff_seconds": 9.0,
    "busy_seconds": 9.0,
    "max_body": 9,
}

ROOT = Path(__file__).resolve().parents[2]
NEEDED = sorted(
    file
    for file in (
        f"{module.replace('.', '/')}.py" for module in reached("recommender/newsroom/block_builder.py")
    )
    if (ROOT / file).exists()
)
"""All modules that are imported where blocks are made. A new one decides, or goes here with its reason."""
DECIDE_NOTHING = frozenset(
    {
        # what is put into it decides, and counts by itself: vectors by their weights
        "recommender/setting_sources.py", "recommender/settings.py", "recommender/story",
        "recommender/catalog", "recommender/embedding",
        "recommender/ingest/base.py",
        # they hold what others decide, and bring it up to date
        "recommender/archive/archive.py", "recommender/archive/intake.py",
        "recommender/archive/click_appeals.py", "recommender/archive/live_settings.py",
        "recommender/archive/learned_weights.py", "recommender/archive/weights_journal.py",
        "recommender/archive/live_view.py", "recommender/archive/snapshots.py",
        "recommender/archive/archive_place.py", "recommender/archive/index_settings.py",
        "recommender/archive/vector_engine.py", "recommender/archive/vector_use.py",
        "recommender/archive/text_trial.py", "recommender/newsroom/state.py",
        "recommender/newsroom/answer_context.py", "recommender/newsroom/catalog_cache.py",
        "recommender/newsroom/editor_decisions.py", "recommender/newsroom/editor_names.py",
        "recommender/newsroom/events.py",
        "recommender/newsroom/steering.py", "recommender/newsroom/recipe.py",
        # which model an archive gets, whose block is made first, how a block looks
        "recommender/archive/model_choice.py", "recommender/newsroom/publish_priority.py",
        "recommender/engine/age.py", "recommender/engine/block.py",
        "recommender/engine/dates.py", "recommender/engine/excerpt.py",
        "recommender/engine/highlighting.py", "recommender/engine/page_style.py",
        "recommender/engine/render.py", "recommender/engine/templates.py",
        # files, processes, errors
        "recommender/archive/private_files.py", "recommender/concurrency",
        "recommender/errors.py", "index/base.py",
        "index/checks.py", "index/errors.py",
        "index/exact.py", "index/manifest.py",
        "index/storage",
    }
)  # fmt: skip


def of(settings: Settings, ranker: Ranker | None = None, weights: str = "", lexical: str = "") -> str:
    return recipe.recipe(settings, ranker or shipped(), weights, lexical)


def test_of_every_setting_it_is_known_whether_it_decides() -> None:
    assert {field.name for field in fields(Settings)} == set(DECIDE) | CANNOT_MATTER
    assert not set(DECIDE) & CANNOT_MATTER


@pytest.mark.parametrize(("name", "value"), (DECIDE | OTHER).items())
def test_what_decides_counts_and_nothing_else(name: str, value: object) -> None:
    assert (of(replace(WIDE, **{name: value})) != of(WIDE)) == (name in DECIDE)  # type: ignore[arg-type]


def test_a_ranker_counts_by_its_content() -> None:
    ranker = shipped()
    first, *rest = ranker.model.weights
    heavier = replace(ranker.model, weights=(replace(first, value=first.value + 1), *rest))
    renamed = replace(ranker.model, version="another name")
    assert of(WIDE, replace(ranker, model=heavier)) != of(WIDE)
    assert of(WIDE, replace(ranker, model=renamed)) == of(WIDE)
    assert of(WIDE, replace(ranker, model=replace(ranker.model, history=0.5))) != of(WIDE)
    assert of(WIDE, replace(ranker, calibration=None)) != of(WIDE)
    assert isinstance(ranker.calibration, Calibration)


def test_what_comes_with_the_package_counts_but_what_no_block_is_made_by() -> None:
    read = {
        file.name: file.read_bytes()
        for package, names in recipe.DECIDING_CODE.items()
        for name in names
        for file in recipe.sources(files(package) / name)
    }
    code = {"evidence.py", "engine.py", "link_policy.py", "language_groups.py", "compiled.pyx"}
    assert {"evidence.json", "background.npz", "no_names.txt", *code} <= set(read)
    for name in recipe.OF_OTHER_PARTS:
        assert name not in read
        if name.endswith(".py"):
            assert not [file for file in NEEDED if file.endswith(f"/{name}")]
        else:
            assert not [file for file, text in read.items() if name.encode() in text]


def test_of_all_code_that_makes_a_block_it_is_known_whether_it_decides() -> None:
    deciding = {f"{package}/{name}" for package, names in recipe.DECIDING_CODE.items() for name in names}
    assert all((ROOT / name).exists() for name in deciding | DECIDE_NOTHING)

    def among(file: str, named: Iterable[str]) -> bool:
        return any(file == name or file.startswith(f"{name}/") for name in named)

    assert not [file for file in NEEDED if not among(file, deciding | DECIDE_NOTHING)]
    assert not [name for name in DECIDE_NOTHING if not any(among(file, [name]) for file in NEEDED)]
    assert not [name for name in DECIDE_NOTHING if among(name, deciding)]


def test_models_count() -> None:
    assert len({of(WIDE), of(WIDE, weights="w"), of(WIDE, lexical="l")}) == 3


def test_blocks_of_an_earlier_tuning_or_setting_wait(tmp_path: Path) -> None:
    newsroom = make(tmp_path / "archive", Clock())
    fill(newsroom, 6)
    path = newsroom.archive.path
    assert newsroom.exposure().stale == 0
    newsroom.close()

    def stale(settings: Settings = WIDE) -> int:
        with type(newsroom).open(path, settings, newsroom.archive.embedder, Clock()) as again:
            waited = again.exposure().stale
            drain(again)
            assert again.exposure().stale == 0
            return waited

    ranker = shipped()
    for value in (1.0, 2.0):  # both called "tuned"
        first, *rest = ranker.model.weights
        model = replace(ranker.model, version="tuned", weights=(replace(first, value=value), *rest))
        (path / ARCHIVE_FILE).write_text(replace(ranker, model=model).to_json(), "utf-8")
        assert stale() == 6
    assert stale(replace(WIDE, least_score=0.3)) == 6
    assert stale(replace(WIDE, least_score=0.3, busy_seconds=3.0)) == 0


def test_new_weights_are_taken_up_while_the_archive_is_open(tmp_path: Path) -> None:
    newsroom = make(tmp_path / "archive", Clock())
    stories = fill(newsroom, 6)
    before = blocks_of(newsroom, stories)
    assert newsroom.exposure().stale == 0
    ranker = shipped()
    # All that speaks for a story now speaks against it: no order stays as it is.
    weights = tuple(
        replace(each, value=-each.value, unlinked=-(each.unlinked or 0)) for each in ranker.model.weights
    )
    turned = replace(ranker, model=replace(ranker.model, version="turned", weights=weights))
    with replacing(newsroom.archive.path / ARCHIVE_FILE) as file:
        file.write(turned.to_json().encode())
    assert newsroom.exposure().stale == 6
    assert blocks_of(newsroom, stories) == before  # what stands goes on to stand until it is made anew
    drain(newsroom)
    assert newsroom.exposure().stale == 0
    after = {story.id: newsroom.block(story.id) for story in stories}
    assert {block.provenance.ranker for block in after.values()} == {"turned"}
    assert {id: ids(block) for id, block in after.items()} != before
    (newsroom.archive.path / ARCHIVE_FILE).unlink()
    drain(newsroom)
    assert blocks_of(newsroom, stories) == before
    newsroom.close()
