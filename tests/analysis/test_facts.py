"""Figures, names and pictures are the same facts in every language and script."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from recommender.analysis.facts import MOST, fact_codes, facts, is_firm, sound_of
from recommender.analysis.normalization import normalised
from recommender.analysis.writing_systems import folded


@pytest.mark.parametrize(
    "names",
    [
        ("Zelensky", "জেলেনস্কি", "Зеленский"),
        ("Putin", "পুতিন", "Путин"),
        ("Macron", "Макрон"),
        ("Rahman", "রহমান"),
        ("Guterres", "গুতেরেস", "Гутерриш"),
        ("Bangladesh", "বাংলাদেশ"),
        ("Ukraine", "ইউক্রেন"),
    ],
)
def test_a_name_sounds_alike_in_every_script(names: tuple[str, ...]) -> None:
    assert {sound_of(name.casefold()) for name in names} == {sound_of(names[0])} != {""}


def test_a_figure_is_one_however_it_is_written() -> None:
    for text in ("1,835,427 people", "1.835.427 Menschen", "18,35,427 people", "১৮,৩৫,৪২৭ মানুষ"):
        assert facts(text, "", [], "en") == ["1835427"]
    assert facts("3.5 and 3,5 and 7", "", [], "en") == ["3.5"]


def test_a_name_has_its_endings_off() -> None:
    assert "jlnsk" in facts("জেলেনস্কির সঙ্গে বৈঠক", "", [], "bn")


def test_a_picture_is_one_under_two_addresses() -> None:
    one, other = (
        facts("", "", [], "en", address)
        for address in ("https://en.example/a/Flood-1.jpg", "https://bn.example/x/flood-1.jpg?w=300")
    )
    assert one == other == ["flood-1.jpg"]


def test_codes_tell_names_from_the_rest() -> None:
    assert is_firm(fact_codes(["45", "flood-1.jpg"])).all()
    assert not is_firm(fact_codes(["jlnsk", "mkrn"])).any()


@given(st.text(), st.sampled_from(["en", "bn", "zh", "ja", "ar", "ru", "th"]))
def test_any_text_has_facts_that_can_be_told(text: str, language: str) -> None:
    found = facts(text, text, text.split(), language)
    assert len(found) == len(set(found)) <= MOST
    assert len(fact_codes(found)) <= len(found)


@given(st.text(st.sampled_from("0123٢5.,  a\u09beé-\n")))
def test_a_figure_stands_by_itself(text: str) -> None:
    """Told by one pattern that looks back at every character, which takes several times as long."""
    said = folded(normalised(f"{text}\n").casefold())
    alone = [found.replace(",", ".") for found in regex.findall(r"(?<![\w.,])\d+(?:[.,]\d+)*", said)]
    grouped = regex.compile(r"(?<=\d)[.,](?=(?:\d{2,3}[.,])*\d{3}$)")
    told = dict.fromkeys(found for each in alone if len(found := grouped.sub("", each)) > 1)
    assert facts(text, "", [], "en") == [*told][:MOST]
