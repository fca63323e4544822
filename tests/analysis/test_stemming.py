"""Forms of one word are one term in the languages where that helps; elsewhere words stay whole."""

from __future__ import annotations

import pytest

from recommender.analysis.facts import facts
from recommender.analysis.stemming import term_maker_of
from recommender.analysis.words import tokens


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("bn", "নির্বাচন নির্বাচনের নির্বাচনে নির্বাচনকে নির্বাচনগুলো নির্বাচনেরও"),
        ("bn", "ভোটার ভোটারদের ভোটারকে ভোটাররা"),
        ("bn", "নদী নদীর নদীতে নদীটি"),
        ("bn", "আশ্রয়কেন্দ্র আশ্রয়কেন্দ্রের আশ্রয়কেন্দ্রগুলোতে"),
        ("ko", "환자 환자는 환자들은 환자에게 환자들에게서"),
        ("ko", "발표 발표를 발표했다 발표하며 발표됐다"),
        ("te", "ఎన్నిక ఎన్నికలు ఎన్నికల ఎన్నికలకు ఎన్నికల్లో"),
        ("te", "సహాయం సహాయాన్ని సహాయానికి"),
        ("te", "టెస్ట్ టెస్టు టెస్టులో"),
        ("te", "పన్ను పన్నుల"),
        ("ru", "выборы выборов выборах"),
        ("pt", "candidato candidatos candidata"),
        ("tr", "hükümet hükümetler hükümeti"),
        ("am", "ምርጫ የምርጫ ከምርጫው በምርጫዎች"),
        ("el", "εκλογές εκλογών εκλογικός"),
        ("gu", "ચૂંટણી ચૂંટણીની ચૂંટણીમાં"),
        ("he", "בחירות הבחירות לבחירות ובבחירות"),
        ("hy", "ընտրություն ընտրություններից ընտրության"),
        ("ka", "არჩევნები არჩევნების არჩევნებში"),
        ("kn", "ಆಸ್ಪತ್ರೆ ಆಸ್ಪತ್ರೆಗಳಲ್ಲಿ ಆಸ್ಪತ್ರೆಗೆ"),
        ("ml", "ആശുപത്രി ആശുപത്രികൾ ആശുപത്രിയിലെ"),
        ("si", "මැතිවරණ මැතිවරණයට මැතිවරණයෙන්"),
        ("uk", "вибори виборами виборчий"),
    ],
)
def test_forms_of_a_word_are_one_term(language: str, forms: str) -> None:
    assert len(set(tokens(forms, language))) == 1


@pytest.mark.parametrize("word", ["মা", "বই", "ঢাকা", "দেশ", "জল"])
def test_a_short_bangla_word_is_not_taken_apart(word: str) -> None:
    assert tokens(word, "bn") == [word]


@pytest.mark.parametrize("word", ["제주도", "서울", "대만", "국가"])
def test_a_short_korean_word_is_not_taken_apart(word: str) -> None:
    assert tokens(word, "ko")[0] == word[:2]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("he", "שר שלום ממשלה"),
        ("am", "በሽታ ከተማ"),
        ("ml", "നദി പനി"),
        ("uk", "NATO 2024"),
    ],
)
def test_words_of_a_few_letters_and_of_other_scripts_stay_apart(language: str, words: str) -> None:
    assert len(set(tokens(words, language))) == len(words.split())


def test_names_are_told_across_languages_by_all_their_letters() -> None:
    ukrainian = set(facts("Зеленський зустрів Макрона", "", ["Зеленський", "Макрона"], "uk"))
    assert ukrainian & set(facts("Zelensky met Macron", "", ["Zelensky"], "en"))


@pytest.mark.parametrize("language", ["en", "de", "fi", "th"])
def test_other_words_stay_whole(language: str) -> None:
    assert term_maker_of(language) is None


@pytest.mark.parametrize(("language", "letter"), [("he", "ב"), ("am", "በ"), ("bn", "ন"), ("ka", "ბ")])
def test_letters_without_end_are_no_word_that_is_looked_at_long(language: str, letter: str) -> None:
    make = term_maker_of(language)
    assert make is not None
    [term] = make([letter * 1_000_000])  # took minutes, when a letter was taken off at a time
    assert set(term) == {letter}
