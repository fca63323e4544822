"""The synthetic publisher: any story can be made by itself, and what repeats repeats on purpose."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import BLOCK, REPRINT_REACH, Material, Newsroom, Painter, story_id

FIRST, LAST = 8 * BLOCK, 12 * BLOCK


@pytest.fixture(scope="module")
def newsroom() -> Newsroom:
    return Newsroom(Material.read())


def test_a_story_is_the_same_whoever_makes_it_and_whatever_was_made_before(newsroom: Newsroom) -> None:
    other = Newsroom(newsroom.material)
    numbers = np.random.default_rng(0).permutation(np.arange(FIRST, FIRST + 50)).tolist()
    assert [other.story(number) for number in numbers] == [newsroom.story(number) for number in numbers]
    assert newsroom.story(FIRST) != Newsroom(newsroom.material, seed=2).story(FIRST)


def test_stories_come_in_the_order_of_their_dates(newsroom: Newsroom) -> None:
    published = [story.published for story in newsroom.stories(FIRST, LAST)]
    assert published == sorted(published)


def test_every_story_is_one_that_an_archive_takes(newsroom: Newsroom) -> None:
    for story in newsroom.stories(FIRST, FIRST + BLOCK):
        assert story.checked() == story


def test_links_lead_to_earlier_stories_that_hold_the_anchor(newsroom: Newsroom) -> None:
    numbers = {story_id(number): number for number in range(FIRST - BLOCK * 4, LAST)}
    linked = [
        (number, newsroom.story(number).links[0])
        for number in range(FIRST, LAST)
        if newsroom.story(number).links and newsroom.original(number) == number
    ]
    assert len(linked) > BLOCK // 2
    assert all(numbers[link.target] < number for number, link in linked)
    topics = [(newsroom.outline(n)[0], newsroom.outline(numbers[link.target])[0]) for n, link in linked]
    assert all(source.number == target.number for source, target in topics)


def test_reprints_have_the_text_and_the_vectors_of_their_original(newsroom: Newsroom) -> None:
    material = newsroom.material
    rng = np.random.default_rng(0)
    painter = Painter(newsroom, {key: rng.standard_normal((3, 8)).astype(np.float16) for key in material.ids})
    reprints = [number for number in range(FIRST, LAST) if newsroom.original(number) != number]
    assert len(reprints) > 5
    for number in reprints:
        original = newsroom.original(number)
        assert number - REPRINT_REACH < original < number
        if newsroom.original(original) == original:
            assert newsroom.story(number).body == newsroom.story(original).body
            np.testing.assert_array_equal(painter.vectors(number), painter.vectors(original))


def test_vectors_are_of_unit_length_and_stories_of_one_event_are_near(newsroom: Newsroom) -> None:
    rng = np.random.default_rng(0)
    real = {key: rng.standard_normal((3, 64)).astype(np.float16) for key in newsroom.material.ids}
    painter = Painter(newsroom, real)
    rows = [painter.vectors(number) for number in range(FIRST, FIRST + BLOCK)]
    means = np.stack([vectors.astype(np.float32).mean(0) for vectors in rows])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    events = np.array([newsroom.outline(number)[0].number for number in range(FIRST, FIRST + BLOCK)])
    same = (events[:, None] == events) & ~np.eye(BLOCK, dtype=bool)
    cosines = means @ means.T
    assert cosines[same].mean() > 0.5 > 0.2 > cosines[~same & ~np.eye(BLOCK, dtype=bool)].mean()
    lengths = np.concatenate([np.linalg.norm(vectors.astype(np.float32), axis=1) for vectors in rows])
    np.testing.assert_allclose(lengths, 1, atol=2e-3)
