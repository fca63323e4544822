"""Text is cut and wrapped between grapheme clusters, after a sentence or a word where there is one."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from recommender.engine.excerpt import shortened, wrapped

SCRIPTS = [
    "নির্বাচন ক্ষমতা। ",
    "登革热病人挤满医院、",
    "ภาษาไทยไม่มีช่องว่าง",
    "ไฟไหม้ ",
    "👨‍👩‍👧",
    "é",
    "Rain fell. ",
    "مثل قبطان العبارة؟ ",
]
TEXT = st.lists(st.sampled_from(SCRIPTS) | st.text(max_size=8), max_size=40).map("".join)


def clusters(text: str) -> list[str]:
    return regex.findall(r"\X", text)


@given(TEXT, st.integers(1, 60))
def test_what_is_cut_is_a_beginning_in_whole_clusters(text, length):
    cut = shortened(text, length)
    if len(clusters(text)) <= length:
        assert cut == text
        return
    kept = cut if text.startswith(cut) else cut.removesuffix("…")
    assert text.startswith(kept)
    assert clusters(kept) == clusters(text)[: len(clusters(kept))]
    assert len(clusters(kept)) <= length


@pytest.mark.parametrize(
    ("text", "length", "cut"),
    [
        ("The ferry sank. The captain is in court.", 28, "The ferry sank."),
        ("Reporters asked Gov. Smith about the ferry that sank", 40, "Reporters asked Gov. Smith about the…"),
        ("Rain, wind and floods: the river rises again", 22, "Rain, wind and floods…"),
        ("Rain, wind and floods: the river rises again", 23, "Rain, wind and floods…"),
        ("医院挤满病人。医生建议灭蚊、市政府称将增加病床", 10, "医院挤满病人。"),
        ("医院挤满病人、医生建议灭蚊、市政府称将增加病床", 10, "医院挤满病人…"),
        ("医院挤满登革热病人医生建议灭蚊", 5, "医院挤满登…"),
        ("ফেরি ডুবে গেছে। চালককে আদালতে তোলা হলো", 14, "ফেরি ডুবে গেছে।"),
        ("ক্ষক্ষক্ষক্ষ", 2, "ক্ষক্ষ…"),
        ('He said: "It sank today." Then he left the court', 30, 'He said: "It sank today."'),
    ],
)
def test_a_cut_comes_after_a_sentence_or_a_word(text, length, cut):
    assert shortened(text, length) == cut


@given(TEXT, st.integers(10, 60))
def test_no_line_is_wider_than_the_terminal(text, width):
    lines = wrapped(text, width, first="why: ", rest="  ").split("\n")
    assert all(cell_len(line) <= width for line in lines)


@given(TEXT, st.integers(10, 60))
def test_wrapping_loses_no_letter(text, width):
    assert "".join(wrapped(text, width).split()) == "".join(text.split())


@given(st.lists(st.from_regex(r"\A[a-z]{1,9}\Z"), max_size=30), st.integers(10, 60))
def test_words_that_fit_stay_whole(words, width):
    assert wrapped(" ".join(words), width).split() == words


def test_an_address_is_never_cut():
    address = "https://a.example/" + "x" * 80
    assert wrapped(f"13 Oct 2022 {address}", 40, rest="  ", whole=True) == f"13 Oct 2022\n  {address}"


def test_each_line_is_as_full_as_it_can_be():
    words = wrapped("ab cd ef gh ij kl", 11, first="picture: ", rest=" ")
    assert words == "picture: ab\n cd ef gh\n ij kl"
