"""Pages of the demo archive by chance: what any block keeps to, and how well what it says fits."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import numpy as np
import pytest

from recommender import Block, Recommender, Settings, Story
from recommender.ranking.reasons import Role, Why, why
from recommender.ranking.told import Told
from tests.fakes import HashEmbedder
from tests.ranking.test_evidence import near, worth
from tests.rated import sheets
from tests.rated.sheets import RatedSlot

PAGES = 200
FIT = 0.95
"""Share of the reasons that are shown that have to fit."""

STORIES = sheets.stories()
NO_NAMES = (
    # Of the reasons that were judged not to fit, what they took for names.
    "UTC|CNN|American|Jewish|Islamic|Prime Minister|HRIS Branch Chief|Experts|Module|Steps|Slides|Region|Add|"
    "Roman Catholic|New School|Media Studies|Sharing Buttons Work|Twitter and LinkedIn|URLs|"
    "Patent and Trademark Office\u2019s Global Intellectual Property Academy|"
    "Advancing Racial Equity and Support for Underserved Communities Through|Challenge|"
    # and their like.
    "Yeah|Federal Reserve of St|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|"
    "August|September|October|November|December|British|Canadian|Chinese|President|Secretary of State"
)
_NAMED = re.compile(
    r"^(?:The (?:latest|background) on|Both name|Explains|Earlier on|What came after on"
    r"|On(?! a similar)) (.*)"
)
_NO_NAME = re.compile(rf"(?:{NO_NAMES})")


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


def things(reason: str) -> list[str]:
    """Return what a reason names."""
    found = _NAMED.match(reason)
    return re.split(r", | and (?=[^ ]+(?: [^ ]+)*$)", found[1]) if found else []


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


def test_no_reason_names_a_thing_that_is_no_name_or_not_in_both(blocks: list[tuple[Story, Block]]) -> None:
    named = 0
    for source, block in blocks:
        for slot in block.slots:
            for reason in slot.reasons:
                for thing in things(reason):
                    named += 1
                    assert not _NO_NAME.fullmatch(thing), reason
                if found := _NAMED.match(reason):
                    words = re.findall(r"\w+", found[1].replace(" and ", " "))
                    for story in (source, slot.story):
                        whole = f"{story.headline} {story.text}"
                        assert all(word in whole for word in words), reason
                assert not re.match(r"Also by [a-z0-9-]+$", reason)
    assert named > 100


def given(archive: Recommender) -> list[tuple[RatedSlot, Why, bool]]:
    """Return what is said now of each rated slot, and whether it is shown."""
    pairs = {(each.source, each.target) for each in sheets.reasons()}
    slots = [slot for slot in sheets.slots() if (slot.source, slot.target) in pairs]
    hybrid = archive.archive.view.hybrid
    assert hybrid is not None
    shown = worth(slots, hybrid) >= Settings().least_score
    close = near([(slot.source, slot.target) for slot in slots], hybrid)
    return [
        (
            slot,
            why(
                Told.of(STORIES[slot.source]),
                Told.of(STORIES[slot.target]),
                {},
                archive.engine._rarity,
                float(related),
            ),
            bool(is_shown),
        )
        for slot, related, is_shown in zip(slots, close, shown, strict=True)
    ]


@pytest.mark.parametrize("held", [True, False], ids=["held", "tuning"])
def test_what_is_said_of_the_rated_slots_fits(archive: Recommender, held: bool) -> None:
    verdicts = {(each.source, each.target, each.said): each.fits for each in sheets.reasons()}
    fits = [
        verdicts.get((slot.source, slot.target, said))
        for slot, because, shown in given(archive)
        if shown and sheets.is_held(slot.source) == held
        for said in (*filter(None, [str(because.role)]), *because.reasons)
    ]
    assert len(fits) >= 60
    assert None not in fits, (
        "a reason that nobody rated: read both stories and add it to tests/rated/reasons.tsv"
    )
    assert np.mean([bool(each) for each in fits]) >= FIT
