"""A story that is old beside the one on whose page it stands is labelled, in all languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Recommender, Story
from recommender.engine.age import age_label
from recommender.engine.page_style import PageStyle
from recommender.export.formats import format_of
from recommender.export.story_block import StoryBlock
from tests.fakes import HashEmbedder

NOW = datetime(2026, 3, 3, tzinfo=UTC)
ENGLISH = PageStyle()
WRITTEN = {
    "en": "From 2019", "ar": "من عام \u20682019\u2069", "bn": "২০১৯ সালের খবর", "de": "Aus dem Jahr 2019",
    "es": "De 2019", "fr": "De 2019", "hi": "वर्ष 2019 की ख़बर", "ja": "2019年の記事", "pt-BR": "De 2019",
    "ru": "Материал 2019 года", "zh": "2019年的报道",
}  # fmt: skip


@given(st.timedeltas(timedelta(days=-900), timedelta(days=3000)), st.integers(0, 1000))
def test_what_is_so_many_days_older_is_labelled_and_nothing_else(apart, days):
    label = age_label(NOW - apart, NOW, PageStyle(age_label_after=days))
    assert bool(label) == (days > 0 and apart >= timedelta(days=days))
    assert not label or label == f"From {(NOW - apart).year}"


def test_beside_a_text_nothing_is_old():
    assert age_label(NOW - timedelta(days=9000), None, ENGLISH) == ""


@pytest.mark.parametrize("language", WRITTEN)
def test_the_label_is_in_the_words_and_digits_of_the_page(language):
    look = PageStyle(language=language)
    assert age_label(datetime(2019, 8, 1, tzinfo=UTC), NOW, look) == WRITTEN[language]


@pytest.fixture(scope="module")
def recommender(tmp_path_factory):
    def story(id: str, published: datetime) -> Story:
        return Story(
            id=id, headline="Ferry sinks off Bhola", body=f"A ferry of {id} sank. {id} drifts.",
            published=published, url=f"https://news.example/{id}", language="en",
        )  # fmt: skip

    archive = tmp_path_factory.mktemp("age") / "archive"
    with Recommender.create(archive, embedder=HashEmbedder()) as made:
        times = {"new": NOW, "month": NOW - timedelta(days=30), "old": NOW.replace(year=2019)}
        made.add([story(id, time) for id, time in times.items()])
        yield made


def test_a_block_labels_what_is_old_as_html_json_and_in_formats(recommender):
    for engine in (False, True):
        block = recommender.related("new", least_score=0, engine=engine)
        labels = {slot.story.id: slot.age_label for slot in block}
        assert labels == {"month": "", "old": "From 2019"}
        assert block.to_html().count("From 2019") == 1
        assert '<span class="age" lang="en-GB" dir="auto">From 2019</span>' in block.to_html()
        slots = {slot["story"]["id"]: slot.get("age_label") for slot in block.to_dict()["slots"]}
        assert slots == {"month": None, "old": "From 2019"}
    one = StoryBlock(story=recommender.get("new"), block=block)
    for name in ("amp", "amp-list", "newsletter", "newsletter-text", "hugo"):
        assert "From 2019" in format_of(name).write(one), name
    unlabelled = replace(block, slots=tuple(replace(slot, age_label="") for slot in block))
    assert 'class="age"' not in unlabelled.to_html()
