"""Pages of the demo archive by chance: what any block keeps to, and how well what it says fits."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from copy import copy

import numpy as np
import pytest

from recommender import Block, Recommender, Settings, Story
from recommender.ranking.rarity import TermRarity
from recommender.ranking.reader_text import ReaderText
from recommender.ranking.reasons import Role, Why, why
from tests.fakes import HashEmbedder
from tests.ranking.test_evidence import fitted, near, worth
from tests.rated import sheets
from tests.rated.sheets import RatedReason, RatedSlot

PAGES = 200
FIT = 0.95
"""Share of the reasons that are shown that have to fit."""

STORIES = sheets.stories()
NO_NAMES = frozenset((sheets.HERE / "no_names.txt").read_text("utf-8").splitlines())
"""What reasons took for names that were judged not to fit, and the like."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recommender]:
    """Return an archive of the demo's stories; not to be changed."""
    path = tmp_path_factory.mktemp("pages") / "archive"
    with Recommender.create(path, Settings(), HashEmbedder()) as recommender:
        recommender.add(STORIES.values())
        yield recommender


@pytest.fixture(scope="module")
def blocks(archive: Recommender) -> list[tuple[Story, Block]]:
    """Return the engine's blocks of pages by chance."""
    ids = random.Random(200).sample(sorted(STORIES), PAGES)
    return [(STORIES[id], archive.related(id, preview=True)) for id in ids]


def test_a_block_has_none_to_five_slots_in_order_of_their_score_and_above_the_floor(
    blocks: list[tuple[Story, Block]],
) -> None:
    sizes = [len(block.slots) for _, block in blocks]
    assert min(sizes) >= 0
    assert max(sizes) <= Settings().slots
    assert np.mean(sizes) > 1
    assert len(set(sizes)) > 1  # not always as many
    for _, block in blocks:
        assert all(slot.score >= Settings().least_score for slot in block.slots)


def test_an_update_is_newer_than_its_page_and_background_is_older(blocks: list[tuple[Story, Block]]) -> None:
    seen = set()
    for source, block in blocks:
        for slot in block.slots:
            seen.add(slot.role)
            if slot.role in (Role.UPDATE, Role.LATER):
                assert slot.story.published > source.published
            if slot.role in (Role.EARLIER, Role.BACKGROUND):
                assert slot.story.published < source.published
    assert {Role.EARLIER, Role.BACKGROUND, Role.EXPLAINER} <= seen


def test_no_reason_names_a_thing_that_is_no_name_or_not_in_both(
    archive: Recommender, blocks: list[tuple[Story, Block]]
) -> None:
    named, rarity = 0, rarity_of(archive)
    for source, block in blocks:
        for slot in block.slots:
            told = ReaderText.of(source), ReaderText.of(slot.story)
            because = why(*told, {}, rarity)
            said = " ".join(slot.reasons)
            for thing in filter(said.__contains__, because.things):
                named += 1
                assert thing not in NO_NAMES, slot.reasons
                assert all(each.says(thing, exactly=False) for each in told), slot.reasons
            assert not re.search(r"Also by [a-z0-9-]+$", said)
    assert named > 100


def rarity_of(archive: Recommender) -> TermRarity:
    hybrid = archive.archive.view.hybrid
    assert hybrid is not None
    return TermRarity(hybrid)


def given(
    archive: Recommender, rated: list[RatedSlot], reasons: list[RatedReason]
) -> list[tuple[RatedSlot, Why, bool]]:
    """Return what is said now of each rated slot, and whether it is shown."""
    pairs = {(each.source, each.target) for each in reasons}
    slots = [slot for slot in rated if (slot.source, slot.target) in pairs]
    held = archive.archive.view.hybrid
    assert held is not None
    hybrid = copy(held)
    hybrid.languages = fitted().languages  # the rated pages have the default model's vectors
    shown = worth(slots, hybrid) >= Settings().least_score
    close, rarity = near([(slot.source, slot.target) for slot in slots], hybrid), rarity_of(archive)
    return [
        (
            slot,
            why(
                ReaderText.of(STORIES[slot.source]),
                ReaderText.of(STORIES[slot.target]),
                {},
                rarity,
                float(related),
            ),
            bool(is_shown),
        )
        for slot, related, is_shown in zip(slots, close, shown, strict=True)
    ]


SHEETS = {
    "held": (sheets.slots, sheets.reasons, "reasons.tsv"),
    "tuning": (sheets.slots, sheets.reasons, "reasons.tsv"),
    "served": (sheets.served, sheets.served_reasons, "served_reasons.tsv"),
}


@pytest.mark.parametrize("part", SHEETS)
def test_what_is_said_of_the_rated_slots_fits(archive: Recommender, part: str) -> None:
    slots, reasons, name = SHEETS[part]
    verdicts = {(each.source, each.target, each.said): each.fits for each in reasons()}
    fits = [
        verdicts.get((slot.source, slot.target, said))
        for slot, because, shown in given(archive, slots(), reasons())
        if shown and (part == "served" or sheets.is_held(slot.source) == (part == "held"))
        for said in (*filter(None, [str(because.role)]), *because.reasons)
    ]
    assert len(fits) >= 60
    assert None not in fits, f"a reason that nobody rated: read both stories and add it to tests/rated/{name}"
    assert np.mean([bool(each) for each in fits]) >= FIT
