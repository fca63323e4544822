"""One key for the many names of a language; what is not declared is detected, or left open where short."""

# ruff: noqa: RUF001 (other scripts than Latin)

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalog import Catalog, StoryEntry
from recommender.story import language_detectors, languages
from recommender.story.hashes import content_hash
from recommender.story.languages import (
    UNKNOWN,
    detect,
    find_language,
    guessed_key,
    language_key,
    language_of,
    linked_keys,
    may_meet,
)
from recommender.story.link_policy import Reason, Rules, Standing, may_link
from recommender.story.story import Story

NOW = datetime(2024, 5, 1, tzinfo=UTC)
PARAGRAPHS = {
    "en": "The river has fallen below the danger level, and people leave the shelters to repair their homes.",
    "de": "Der Fluss ist unter die Warnmarke gefallen, und die Menschen verlassen die Unterkünfte.",
    "fr": "La rivière est descendue sous la cote d'alerte et les habitants quittent les abris pour rentrer.",
    "pt": "O rio baixou do nível de perigo e as pessoas deixam os abrigos para reparar as suas casas.",
    "ru": "Уровень реки опустился ниже опасной отметки, и люди покидают убежища, чтобы чинить дома.",
    "uk": "Рівень річки впав нижче небезпечної позначки, і люди залишають притулки, щоб лагодити домівки.",
    "ar": "انخفض منسوب النهر إلى ما دون مستوى الخطر، ويغادر الناس الملاجئ لإصلاح بيوتهم.",
    "bn": "বিপৎসীমার নিচে নেমেছে নদীর পানি। আশ্রয়কেন্দ্র ছেড়ে মানুষ ঘরবাড়ি মেরামত করছে।",
    "hi": "नदी का पानी खतरे के निशान से नीचे आ गया है और लोग घरों की मरम्मत के लिए लौट रहे हैं।",
    "th": "ระดับน้ำในแม่น้ำลดลงต่ำกว่าระดับอันตราย และผู้คนออกจากที่พักพิงเพื่อซ่อมแซมบ้าน",
    "zh": "河水已降至警戒水位以下，人们离开避难所回去修理房屋。被洪水冲垮的堤坝已经开始修复，学校重新开课。",
    "ja": "川の水位が危険水位を下回り、人々は避難所を出て家の修理を始めた。壊れた堤防の工事も始まっている。",
    "ko": "강물이 위험 수위 아래로 내려가면서 사람들은 대피소를 떠나 집을 수리하고 있다.",
    "el": "Το ποτάμι έπεσε κάτω από το όριο κινδύνου και οι κάτοικοι επιστρέφουν στα σπίτια τους.",
    "he": "מפלס הנהר ירד מתחת לקו הסכנה, והתושבים עוזבים את המקלטים כדי לתקן את בתיהם.",
    "ta": "ஆற்றின் நீர்மட்டம் அபாய அளவுக்குக் கீழே குறைந்தது. மக்கள் வீடுகளைச் சரிசெய்யத் திரும்புகின்றனர்.",
}
KEYS = st.sampled_from([UNKNOWN, *PARAGRAPHS, "und-Latn", "und-Beng", "und-Hani", "und-Jpan", "no"])


def story(id: str, headline: str = "", **fields: object) -> Story:
    return Story(id=id, headline=headline or id, published=NOW, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "aliases",
    [
        "en eng EN en-US en_US en_GB.UTF-8 en-Latn en-x-house",
        "he iw heb iw-IL",
        "no nb nn nor nb-NO nn_NO nob",
        "zh zho chi cmn zh-Hans zh-Hant-TW zh_CN zh-cmn yue",
        "id in ind",
        "yi ji",
        "fil tl tgl",
        "ro mo ron rum",
        "ar arb ara ar-EG arz",
        "fa per fas pes",
        "sh hr sr bs sr-Latn hrv",
        "de deu ger de-AT",
        "ms zsm msa",
    ],
)
def test_aliases_of_one_language_have_one_key(aliases: str) -> None:
    first, *others = aliases.split()
    assert {language_key(first), *map(language_key, others)} == {first}


def test_different_languages_have_different_keys() -> None:
    assert len({language_key(tag) for tag in PARAGRAPHS}) == len(PARAGRAPHS)


@pytest.mark.parametrize("tag", ["und", "mul", "mis", "zxx", "root", "qaa", "x-house", "und-Latn", "UND"])
def test_a_tag_that_names_no_language_has_no_key(tag: str) -> None:
    assert language_key(tag) == UNKNOWN


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=20))
def test_any_tag_has_a_key(tag: str) -> None:
    key = language_key(tag)
    assert key == UNKNOWN or language_key(key) == key


@pytest.mark.parametrize("tag", PARAGRAPHS)
def test_an_undeclared_paragraph_is_known_by_its_words(tag: str) -> None:
    found = detect("", PARAGRAPHS[tag])
    assert (found.key, found.declared) == (tag, False)
    assert found.confidence >= 0.5


@pytest.mark.parametrize("tag", PARAGRAPHS)
def test_without_the_first_detector_a_paragraph_is_known_or_left_open(
    tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_detectors, "pycld2", None)
    monkeypatch.setattr(languages, "_looked_at", languages._looked_at.__wrapped__)  # nothing it held before
    found = detect("", PARAGRAPHS[tag])
    assert found.key == tag or found.key.startswith("und-")
    assert guessed_key("", PARAGRAPHS[tag]) == tag
    assert detect("Navigating ATOs", "").key == "und-Latn"


def test_what_is_declared_is_believed_and_kept() -> None:
    declared = story("a", PARAGRAPHS["en"], language="bn-BD")
    assert language_of(declared).key == "bn"
    assert language_of(declared).declared
    assert declared.language == "bn-BD"


@pytest.mark.parametrize("tag", ["bn", "hi", "ta", "ar", "ru", "th", "zh", "ja", "ko", "el", "he"])
def test_what_the_script_contradicts_is_not_believed(tag: str) -> None:
    found = find_language(story("a", PARAGRAPHS[tag], language="en-GB"))
    assert (found.key, found.declared) == (tag, False)


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("bn", "Nodir pani bipod shimar niche nemeche, manush ghorbari meramot korche."),
        ("sr", "Ниво реке је пао испод опасне границе и људи напуштају склоништа."),
        ("pa", "پنجاب دے دریا دا پانی خطرے دے نشان توں تھلے آ گیا اے"),
        ("uz", "Daryo suvi xavfli belgidan pastga tushdi va odamlar uylariga qaytmoqda."),
        ("ja", "漢字"),
        ("en", "Наташа says hello to all of her readers"),
        ("en", "1.47.0"),
    ],
)
def test_a_language_may_have_several_scripts_and_borrow_some_words(tag: str, text: str) -> None:
    found = find_language(story("a", text, language=tag))
    assert (found.key, found.declared) == (language_key(tag), True)


@pytest.mark.parametrize(("few", "many"), [("en", "bn"), ("fr", "en"), ("ar", "de"), ("zh", "pt")])
def test_a_mixed_text_is_of_the_language_of_most_of_its_paragraphs(few: str, many: str) -> None:
    paragraphs = [PARAGRAPHS[few]] + 3 * [PARAGRAPHS[many]]
    for order in (paragraphs, paragraphs[::-1]):
        assert detect("", "\n\n".join(order)).key == many


@pytest.mark.parametrize("tag", [None, "und", "qaa", "x-house"])
def test_what_is_not_declared_is_detected(tag: str | None) -> None:
    assert find_language(story("a", body=PARAGRAPHS["ta"], language=tag)).key == "ta"


@pytest.mark.parametrize("tag", ["mul", "zxx"])
def test_a_story_that_is_said_to_be_of_several_languages_meets_all(tag: str) -> None:
    assert find_language(story("a", body=PARAGRAPHS["ta"], language=tag)).key == UNKNOWN


@pytest.mark.parametrize(
    ("headline", "key"),
    [("Navigating ATOs", "und-Latn"), ("নদীর পানি", "und-Beng"), ("1.47.0", UNKNOWN), ("", UNKNOWN)],
)
def test_a_few_words_tell_a_script_and_no_more(headline: str, key: str) -> None:
    assert detect(headline, "").key == key


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_has_a_language_or_none(headline: str, text: str) -> None:
    found = detect(headline, text)
    assert 0 <= found.confidence <= 1
    assert may_meet(found.key, found.key)


@given(KEYS, KEYS)
def test_two_keys_meet_both_ways_or_not_at_all(one: str, other: str) -> None:
    assert may_meet(one, other) == may_meet(other, one)


@given(KEYS, KEYS)
def test_what_is_named_beforehand_is_what_may_be_met(one: str, other: str) -> None:
    named = linked_keys(one)
    assert named is None or (other in named) == may_meet(one, other)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("en", "en", True),
        ("en", "bn", False),
        ("en", UNKNOWN, True),
        ("en", "und-Latn", True),
        ("en", "und-Beng", False),
        ("ja", "und-Hani", True),
        ("und-Latn", "und-Cyrl", False),
    ],
)
def test_which_languages_meet(one: str, other: str, meet: bool) -> None:
    assert may_meet(one, other) is meet


def test_an_english_page_does_not_link_to_untagged_bangla() -> None:
    now, rules = int(NOW.timestamp()) + 1, Rules()
    english = Standing.of(story("en", body=PARAGRAPHS["en"]))
    for bangla in (story("bn", body=PARAGRAPHS["bn"]), story("short", "নদীর পানি")):
        refusal = may_link(english, Standing.of(bangla), now, rules)
        assert refusal is not None
        assert refusal.reason is Reason.LANGUAGE
    assert may_link(english, Standing.of(story("flash", "Navigating ATOs")), now, rules) is None


def test_the_catalog_keeps_what_it_found_beside_what_was_declared(tmp_path: Path) -> None:
    untagged = story("a", body=PARAGRAPHS["bn"])
    with Catalog.create(tmp_path / "c.sqlite") as catalog:
        catalog.write([StoryEntry(untagged), StoryEntry(story("b", language="nb_NO"))], 0)
        held, tagged = (row.story for row in catalog.rows())
        assert (held, held.language, held.spoken) == (untagged, None, find_language(untagged))
        assert (tagged.language, language_of(tagged).key) == ("nb_NO", "no")
        assert content_hash(held) == content_hash(untagged)
        catalog.write([StoryEntry(replace(held, body=PARAGRAPHS["en"]))], 0)
        assert language_of(next(iter(catalog.rows())).story).key == "en"
