"""A column's instalments are told by their form, and one on the source's subject is found for all that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from recommender import Recommender, Settings, Story
from recommender.analysis.words import term_id
from recommender.features.hybrid_vectors import HybridModel
from recommender.ranking.columns import Column
from recommender.ranking.features import FEATURES
from recommender.ranking.pool import Pool
from tests.arrays import encoded, store_of
from tests.fakes import HashEmbedder

DAY = datetime(2024, 5, 1, tzinfo=UTC)
LATER = (DAY + timedelta(days=365)).timestamp()

ENGLISH: Mapping[str, Sequence[str]] = {
    "lighthouse": ("lamp", "keeper", "reef", "foghorn"),
    "orchard": ("apples", "pruning", "blossom", "cider"),
    "beehive": ("honey", "queen", "swarm", "wax"),
    "glasshouse": ("orchids", "palms", "humidity", "panes"),
    "windmill": ("sails", "flour", "miller", "grindstone"),
    "canal": ("barges", "locks", "towpath", "dredging"),
}
GERMAN: Mapping[str, Sequence[str]] = {
    "Leuchtturm": ("Lampe", "Wärter", "Riff", "Nebelhorn"),
    "Obstgarten": ("Äpfel", "Schnitt", "Blüte", "Most"),
    "Bienenstock": ("Honig", "Königin", "Schwarm", "Wachs"),
    "Gewächshaus": ("Orchideen", "Palmen", "Feuchte", "Scheiben"),
    "Mühle": ("Flügel", "Mehl", "Müller", "Mahlstein"),
    "Kanal": ("Kähne", "Schleusen", "Treidelpfad", "Bagger"),
}
SPANISH: Mapping[str, Sequence[str]] = {
    "faro": ("lámpara", "farero", "arrecife", "sirena"),
    "huerto": ("manzanas", "poda", "floración", "sidra"),
    "colmena": ("miel", "reina", "enjambre", "cera"),
    "invernadero": ("orquídeas", "palmeras", "humedad", "cristales"),
    "molino": ("aspas", "harina", "molinero", "piedra"),
    "canal": ("barcazas", "esclusas", "sirga", "dragado"),
}
BANGLA: Mapping[str, Sequence[str]] = {
    "বাতিঘর": ("প্রদীপ", "প্রহরী", "প্রবাল", "সাইরেন"),
    "বাগান": ("আপেল", "ছাঁটাই", "মুকুল", "শরবত"),
    "মৌচাক": ("মধু", "রানি", "ঝাঁক", "মোম"),
    "কাচঘর": ("অর্কিড", "তালগাছ", "আর্দ্রতা", "কাচ"),
    "বায়ুকল": ("পাখা", "ময়দা", "কলমালিক", "জাঁতা"),
    "খাল": ("বজরা", "জলকপাট", "পাড়", "খনন"),
}
COLUMNS = [
    ("en", "5 Things to Know About the {}", "5 Things to Know About the {} of Old", ENGLISH),
    ("en", "12 Ways to Save a {}", "12 Ways to Save an Old {}", ENGLISH),
    ("en", "Meet the Trade: {}", "Meet the Trade: the {} of Old", ENGLISH),
    ("en", "This Week in the {}", "This Week in the Old {}", ENGLISH),
    ("de", "Fünf Fragen: {} im Bild", "Fünf Fragen: alter {}", GERMAN),
    ("de", "Was Sie wissen müssen über {}", "Was Sie wissen müssen über: alter {}", GERMAN),
    ("es", "Lo que debes saber sobre el {}", "Lo que debes saber sobre el viejo {}", SPANISH),
    ("bn", "এক নজরে: {}", "এক নজরে: পুরোনো {}", BANGLA),
]
"""A language, a column's headlines, one that is a little different, and subjects with words of theirs."""


def told(
    language: str, form: str, other: str, subjects: Mapping[str, Sequence[str]]
) -> tuple[list[Story], list[Story]]:
    """Return a column's stories, one a subject, and one more on each."""
    bodies = [f"{name} {' '.join(words)}." for name, words in subjects.items()]
    names = list(subjects)
    rows = [
        Story(
            id=f"{kind}-{i}",
            headline=template.format(names[i]),
            body=bodies[i],
            published=DAY + timedelta(days=10 * part + i),
            language=language,
        )
        for part, (kind, template) in enumerate((("first", form), ("second", other)))
        for i in range(len(names))
    ]
    return rows[: len(names)], rows[len(names) :]


@pytest.mark.parametrize(("language", "form", "other", "subjects"), COLUMNS)
def test_of_a_column_that_is_no_instalment_that_is_on_the_subject(
    language: str, form: str, other: str, subjects: Mapping[str, Sequence[str]]
) -> None:
    first, second = told(language, form, other, subjects)
    store = store_of([*first, *second])
    hybrid = HybridModel.fit(store)
    for place in range(len(first)):
        pool = Pool(encoded(second[place]), store.nums[: len(first)], store, hybrid)
        found = FEATURES["same_template"](pool)
        assert found[place] < 0.35
        assert np.delete(found, place).min() > 0.9


def test_one_other_story_of_a_form_makes_no_column() -> None:
    first, second = told(*COLUMNS[0])
    store = store_of([*first, *second])
    pool = Pool(encoded(second[0]), store.nums[1:2], store, HybridModel.fit(store))
    assert not FEATURES["same_template"](pool).any()


def test_instalments_without_a_word_of_their_own_are_instalments() -> None:
    stories = [
        Story(id=str(i), headline="The week in brief", body=f"matter{i}", published=DAY + timedelta(days=i))
        for i in range(4)
    ]
    store = store_of(stories)
    pool = Pool(store.item(4), store.nums[:3], store, HybridModel.fit(store))
    assert FEATURES["same_template"](pool).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("language", "form", "days"),
    [
        (
            "en",
            "Harbour News Digest, {}",
            ("October 2023", "May 2023", "October 2022", "2 August 2023"),
        ),
        ("en", "Morning briefing: {}", ("Monday, 4 March", "Tuesday, 4 March", "Monday, 11 March", "4 May")),
        ("de", "Der Hafen im Überblick: {}", ("März 2024", "Februar 2024", "März 2023", "12. Mai 2024")),
        ("bn", "এক নজরে বন্দর: {}", ("মার্চ ২০২৪", "ফেব্রুয়ারি ২০২৪", "মার্চ ২০২৩", "১২ মে ২০২৪")),
        ("ar", "حصاد الميناء: {}", ("مارس 2024", "فبراير 2024", "مارس 2023", "12 مايو 2024")),
        ("ja", "港のまとめ: {}", ("2024年10月", "2024年9月", "2023年10月", "2024年12月")),
    ],
)
def test_when_an_instalment_is_of_is_no_subject(language: str, form: str, days: Sequence[str]) -> None:
    body = f"{' '.join(days)} ferries"
    stories = [
        Story(
            id=str(i),
            headline=form.format(day),
            body=body,
            published=DAY - timedelta(days=i),
            language=language,
        )
        for i, day in enumerate(days)
    ]
    store = store_of(stories)
    pool = Pool(store.item(1), store.nums[1:], store, HybridModel.fit(store))
    assert FEATURES["same_template"](pool).min() > 0.9


def test_what_two_headlines_alone_share_is_no_part_of_the_form() -> None:
    headlines = ("Harbour notes: the ferry", "Harbour notes: the dredger", "Harbour notes: a wedding")
    stories = [
        Story(id=str(i), headline=headline, body="Nothing.", published=DAY + timedelta(days=i))
        for i, headline in enumerate((*headlines, "Harbour notes: the ferry again"))
    ]
    store = store_of(stories)
    pool = Pool(store.item(4), store.nums[:3], store, HybridModel.fit(store))
    column = Column.of(pool)
    assert column is Column.of(pool)
    form = sorted(map(term_id, ("harbour", "notes")))
    assert [sorted(column.common(place).tolist()) for place in range(3)] == [form] * 3
    alone = Column.of(Pool(store.item(4), store.nums[:1], store, HybridModel.fit(store)))
    assert sorted(alone.common(0).tolist()) == sorted([*form, term_id("ferry")])


@pytest.mark.parametrize(("language", "form", "other", "subjects"), COLUMNS)
def test_no_instalment_on_another_subject_fills_a_slot(
    language: str, form: str, other: str, subjects: Mapping[str, Sequence[str]], tmp_path: Path
) -> None:
    first, second = told(language, form, other, subjects)
    news = [
        replace(
            each,
            id=f"news-{i}",
            headline=f"{words[0]} {words[1]}",
            body=f"{name} {words[0]} {words[1]} number{i}",
            published=DAY + timedelta(days=30 + i),
        )
        for i, (each, (name, words)) in enumerate(zip(first, subjects.items(), strict=True))
    ]
    place = tmp_path / "archive"
    with Recommender.create(place, Settings(), HashEmbedder(), clock=lambda: LATER) as recommender:
        recommender.add([*first, *news])
        for i, asked in enumerate(second):
            block = recommender.related(replace(asked, published=DAY + timedelta(days=40)), 3)
            shown = [slot.story.id for slot in block]
            assert shown[0] in (f"news-{i}", f"first-{i}")
            assert set(shown) <= {f"news-{i}", f"first-{i}"}
