"""A word is whole, in one spelling, in every script; nothing is cut within a letter."""

# ruff: noqa: RUF001 (other scripts than Latin)

from __future__ import annotations

import doctest
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from recommender import Story
from recommender.analysis import writing_systems
from recommender.analysis.names import names
from recommender.analysis.normalization import normalised
from recommender.analysis.words import encode, marked_words, tokens, whole_words
from recommender.analysis.writing_systems import MARK, beyond_ascii, boundaries, folded, has_marks
from recommender.ranking.passages import passage, question_terms, sentences_of
from recommender.ranking.reasons import ReaderText, why
from recommender.story.languages import language_of
from tests.strategies import UNICODE

DAY = datetime(2026, 3, 3, tzinfo=UTC)
NO_VECTORS = np.zeros((2, 4), np.float32)

SCRIPTS = (
    "নির্বাচন কমিশন বলছে।", "चुनाव आयोग ने कहा।", "தேர்தல் ஆணையம் அறிவித்தது.", "ఎన్నికల సంఘం ప్రకటించింది.",
    "คณะกรรมการการเลือกตั้งประกาศ", "គណៈកម្មាធិការជាតិរៀបចំការបោះឆ្នោត។", "ရွေးကောက်ပွဲကော်မရှင်",
    "ຄະນະກຳມະການເລືອກຕັ້ງ",
    "选举委员会公布日期。", "選挙管理委員会は発表した。", "선거관리위원회가 발표했다.",
    "أعلنت لجنة الانتخابات المُستقلة؟",
    "کمیسیون انتخابات می‌گوید۔", "ועדת הבחירות הודיעה.", "Избирательная комиссия объявила.",
    "Thử nghiệm bầu cử é", "👩‍👩‍👧 🇧🇩 1️⃣ e\u0301", "ഇലക്ഷൻ കമ്മീഷൻ", "ನಿರ್ವಾಚನ", "ᄒᆞᆫ글",
)  # fmt: skip
PIECES = st.sampled_from(
    [cluster for text in SCRIPTS for cluster in regex.findall(r"\X", text)] + ["a", "Ab", ". "]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=60).map("".join), st.sampled_from(SCRIPTS), UNICODE)


def letters(text: str) -> set[str]:
    """Return the letters and figures of a text, each with all of its marks."""
    return {cluster for cluster in regex.findall(r"\X", text) if cluster[0].isalnum()}


def test_the_examples_hold() -> None:
    assert doctest.testmod(writing_systems).failed == 0


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("bn", "নির্বাচন কমিশন ১২টি", ["নির্বাচন", "কমিশন", "12টি"]),
        ("bn", "র\u200d্যাব", ["র্যাব"]),
        ("hi", "चुनाव आयोग २०२४", ["चुनाव", "आयोग", "2024"]),
        ("ml", "തിരഞ്ഞെടുപ്പ് കമ്മീഷൻ", ["തിരഞ്ഞെടുപ്പ്", "കമ്മീഷൻ"]),
        ("kn", "ಚುನಾವಣಾ ಆಯೋಗ", ["ಚುನಾವಣಾ", "ಆಯೋಗ"]),
        ("fa", "کتاب\u200cخانه ۱۲", ["كتابخانه", "12"]),
        ("ur", "الانتخاباتُ أُجريت", ["الانتخابات", "اجريت"]),
        ("he", "בְּחִירוֹת", ["בחירות"]),
        ("az", "İstanbul", ["istanbul"]),
        ("ja", "新型ロケットの打ち上げに成功した。", ["新型", "ロケット", "打", "上", "成功"]),
        ("ja", "また、さくらんぼ", ["さく", "くら", "らん", "んぼ"]),
        ("ja", "データセンターとデータ", ["データセンター", "データ"]),
        ("th", "ท่วมใหญ่", ["ท่วม", "วมใ", "มให", "ใหญ่"]),
        ("km", "ទឹកជំនន់", ["ទឹក", "កជំ", "ជំន", "នន់"]),
        ("zh", "选举委员会", ["选举", "举委", "委员", "员会"]),
        ("ko", "선거는", ["선거", "거는"]),
        ("my", "ရွေးကောက်ပွဲ", ["ရွေးကောက်", "ကောက်ပွဲ"]),
        ("my", "အင်္ဂလိပ်များ", ["အင်္ဂ", "င်္ဂလိပ်", "လိပ်များ"]),
        ("be", "ёлка", ["елка"]),
    ],
)
def test_words_of_each_script(language: str, text: str, words: list[str]) -> None:
    assert whole_words(text, language) == [unicodedata.normalize("NFKC", word) for word in words]


@pytest.mark.parametrize(
    ("headline", "text"),
    [
        (
            "Müller trifft Öztürk in Köln",
            "Jörg Müller traf Özgür Öztürk in Köln. Müller lobte Öztürk für das Brücken-Projekt.",
        ),
        ("Phà chìm trên sông: Phần 2", "Tối thứ Ba một chiếc phà chở 60 hành khách chìm gần bến cảng."),
        (
            "Éditorial : la marée monte",
            "La marée a inondé des villages près de la forêt. Les élus réclament une aide.",
        ),
        ("여객선 침몰, 승객 실종", "화요일 밤 승객 60명을 태운 여객선이 침몰했다."),
        ("ভোট গণনা শুরু", "ভোটাররা সন্ধ্যা পর্যন্ত লাইনে ছিলেন। বড় দল এগিয়ে।"),
    ],
)
def test_letters_in_pieces_are_read_as_those_in_one(headline: str, text: str) -> None:
    whole = Story(id="a", headline=headline, body=text, published=DAY)
    torn = replace(
        whole, headline=unicodedata.normalize("NFD", headline), body=unicodedata.normalize("NFD", text)
    )
    assert language_of(whole) == language_of(torn)
    one, other = encode(whole, NO_VECTORS), encode(torn, NO_VECTORS)
    for name in ("words", "bigrams", "headline", "entities"):
        assert getattr(one, name).ids.tolist() == getattr(other, name).ids.tolist()
    for name in ("opening", "label", "series", "part", "figures", "language"):
        assert getattr(one, name) == getattr(other, name)
    assert one.facts.tolist() == other.facts.tolist()


@given(TEXTS)
def test_folding_is_done_once_for_all(text: str) -> None:
    assert folded(folded(text.casefold())) == folded(text.casefold())


@given(TEXTS)
def test_clusters_are_found_as_unicode_says(text: str) -> None:
    ends = list(boundaries(text))
    found, of_unicode = [text[a:b] for a, b in pairwise(ends)], regex.findall(r"\X", text)
    assert found == of_unicode or regex.search(r"[\p{L}\p{M}]\p{Mc}", text)
    assert set(ends) <= {cluster.start() for cluster in regex.finditer(r"\X", text)} | {len(text)}


@given(TEXTS, TEXTS, st.sampled_from(["en", "bn", "th", "zh", "de"]))
def test_no_mark_on_a_text_begins_or_ends_within_a_letter(text: str, question: str, language: str) -> None:
    places = set(boundaries(text))
    for start, end in marked_words(text, frozenset(tokens(question, language)), language):
        assert {start, end} <= places
        assert start < end


@example("\uff9ePart ", "নির্বাচন কমিশন বলছে।")
@given(TEXTS, TEXTS)
def test_no_passage_is_cut_within_a_letter(question: str, text: str) -> None:
    long = f"{text}{question}" * 20
    terms = question_terms(question, lambda _: 1.0, "bn")
    found = passage(terms, sentences_of(long, [], []), "bn")
    if found is not None:
        assert letters(found.text) <= letters(long)
        assert {place for span in found.marks for place in span} <= set(boundaries(found.text))


@example("క1️⃣", "", "en")
@example("कमीशन ने कहा", "", "en")
@given(TEXTS, TEXTS, st.sampled_from(["en", "bn", "hi", "th", "zh", "ru", "fr"]))
def test_no_reason_names_a_part_of_a_letter(headline: str, text: str, language: str) -> None:
    one = ReaderText(headline, f"{text} {headline} {headline}", language=language)
    other = ReaderText(f"{headline} {text}", f"{text} {text}", language=language)
    for thing in why(one, other, {}, lambda _: 9.0).things:
        assert letters(thing) <= letters(f"{headline} {text} {headline}")


@example("Today Adébáyọ̀ Ọláyínká met Ab1️⃣", "en")
@example("A1️⃣ Ab1️⃣", "fr")
@given(TEXTS, st.sampled_from(["en", "bn", "ru", "fr", "vi", "hy"]))
def test_no_name_is_a_part_of_a_letter(text: str, language: str) -> None:
    text = normalised(text)
    assert all(letters(name) <= letters(text) for name in names(text, language))


def test_digits_of_every_script_are_folded_whatever_python_knows_of_them() -> None:
    for digit in regex.findall(r"\p{Nd}", "".join(map(chr, range(0x110000)))):
        value = unicodedata.decimal(digit, None)
        assert folded(digit).isascii()
        assert value is None or folded(digit) == str(value)
    assert folded("\U000116d0\U000116d9\U000116da\U000116e3") == "0909"  # two scripts, one behind the other


@given(UNICODE)
def test_what_is_looked_for_beyond_ascii_is_all_that_there_is(text: str) -> None:
    assert beyond_ascii(text) == "".join(
        each for each in text if not each.isascii() and not "\ud800" <= each <= "\udfff"
    )
    assert has_marks(text) == bool(MARK.search(text))
