"""Names are found by what tells them in each language: capitals of any script, acronyms, versions."""

# ruff: noqa: RUF001 (other scripts than Latin)

from __future__ import annotations

import doctest

import pytest

from recommender.analysis import display_words, name_lists, names, series
from recommender.analysis.languages import spoken_of, writing_of
from recommender.analysis.name_lists import is_name
from recommender.analysis.names import title_names
from recommender.analysis.series import label_of, series_of
from recommender.ranking.reader_text import ReaderText
from recommender.ranking.reasons import why


@pytest.mark.parametrize("module", [names, name_lists, series, display_words])
def test_the_examples_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        (
            "fr",
            "Hier, Éric Dupond et l'ONU ont parlé de Saint-Étienne.",
            ["Éric Dupond", "ONU", "Saint-Étienne"],
        ),
        ("es", "¿Quién vio a Ángela López en Bogotá?", ["Ángela López", "Bogotá"]),
        (
            "ru",
            "К нам вчера Елена Ёлкина приехала в Санкт-Петербург из США.",
            ["Елена Ёлкина", "Санкт-Петербург", "США"],
        ),
        ("de", "Gestern sprach Jörg Müller im Rathaus über die EZB.", ["Jörg Müller", "EZB"]),
        ("el", "Χθες ο Νίκος Παππάς μίλησε.", ["Νίκος Παππάς"]),
        ("el", "Ποιος κέρδισε; Χθες στην Αθήνα έβρεξε.", ["Αθήνα"]),
        ("hy", "Գետը բարձրացավ։ Ընտանիքները եկան Գյումրի։ Հետո գնացին", ["Գյումրի"]),
        ("bn", "নির্বাচন কমিশন বলছে NASA যাবে।", ["NASA"]),
        ("zh", "选举委员会与NASA。", []),
        ("en", "Today the poet Adébáyọ̀ of Lagos met NASA.", ["Adébáyọ̀ of Lagos", "NASA"]),
    ],
)
def test_names_of_each_language(language: str, text: str, found: list[str]) -> None:
    assert names.names(text, language) == found


def test_a_headline_that_is_a_sentence_has_names() -> None:
    assert "ángela lópez" in title_names("Lula recebe Ángela López em Brasília", "pt")
    assert title_names("LULA RECEBE ÁNGELA LÓPEZ", "pt") != ["ángela lópez"]
    assert title_names("Ann Lee Opens The Harbour") == []


def test_what_is_not_known_is_read_as_what_is_most_written_in_its_script() -> None:
    assert [spoken_of(key) for key in ("und-Deva", "und-Jpan", "und-Latn", "", "sv")] == [
        "hi",
        "ja",
        "en",
        "en",
        "sv",
    ]


def test_function_words_of_a_language_are_no_names_and_no_words() -> None:
    assert {"और", "है"} <= writing_of("hi").stop_words
    assert not is_name("और", "hi")
    assert is_name("चुनाव", "hi")
    assert writing_of("km").stop_words == frozenset()


@pytest.mark.parametrize(
    ("headline", "part"),
    [
        ("Der Fluss, Teil 2: die Stadt", 2),
        ("El río: parte 3", 3),
        ("Le fleuve, partie II", 2),
        ("Река: часть 4", 4),
        ("নদীর কথা: পর্ব ৫", 5),
        ("नदी की कहानी, भाग २", 2),
        ("حكاية نهر: الجزء ٣", 3),
        ("川の話 第6回", 6),
        ("강 이야기 3부", 3),
        ("Parte de la ciudad sin luz", 0),
        ("Une partie du toit", 0),
    ],
)
def test_parts_of_a_series_in_many_languages(headline: str, part: int) -> None:
    assert series_of(headline).part == part


def test_a_label_ends_at_a_colon_of_any_script() -> None:
    assert label_of("社説\uff1a川と町") == "社説"
    assert label_of("Before: one: two") == "Before"


def test_where_nothing_tells_names_the_rare_words_that_both_stress_are_said() -> None:
    one = ReaderText("নির্বাচন কমিশনের তফসিল", "নির্বাচন কমিশন ভোটের তারিখ জানিয়েছে। ভোটের প্রচার শুরু।", language="bn")
    other = ReaderText("ভোটের প্রচারে দলগুলো", "নির্বাচন নিয়ে কথা। দলগুলো নির্বাচন চায়।", language="bn")
    found = why(one, other, {}, lambda _: 4.0)
    assert set(found.things) == {"নির্বাচন", "ভোটের"}
