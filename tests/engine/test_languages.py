"""Each language is asked in itself: its stories find each other, and take nothing from those of others.

The embedder knows nothing of any language: all of its vectors are nearly the same, as those of a model that
was trained on English are in most scripts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender import Recommender, Settings, Story
from recommender.embedding.models import DEFAULT_MODEL, PINNED
from tests.fakes import HashEmbedder

DAY = datetime(2024, 5, 1, tzinfo=UTC)
LATER = (DAY + timedelta(days=365)).timestamp()
SLOTS = 3
TOPICS: Mapping[str, Sequence[str]] = {
    "bn": (
        "নির্বাচন কমিশন ভোটার প্রার্থীরা ভোটের তফসিল প্রচার মনোনয়নপত্র ভোটকেন্দ্রে গণনা",
        "বন্যা নদীর পানি বিপৎসীমার আশ্রয়কেন্দ্রে ত্রাণ বাঁধ গ্রামের ফসল বৃষ্টিতে",
        "ডেঙ্গু হাসপাতালে রোগী মশা জ্বর চিকিৎসকরা লার্ভা টিকা রক্তের স্যালাইন",
    ),
    "hi": (
        "चुनाव आयोग मतदाता उम्मीदवार मतदान नामांकन प्रचार मतगणना दल सीट",
        "बाढ़ नदी पानी शिविर राहत गाँव फ़सल बारिश तटबंध खतरे",
        "डेंगू अस्पताल मरीज़ मच्छर बुख़ार डॉक्टर टीका लार्वा ख़ून सलाइन",
    ),
    "ta": (
        "தேர்தல் ஆணையம் வாக்காளர்கள் வேட்பாளர் வாக்குப்பதிவு பிரசாரம் வேட்புமனு கட்சி தொகுதி முடிவுகள்",
        "வெள்ளம் ஆறு மழை முகாம் நிவாரணம் கிராமம் அணை பயிர்கள் வீடுகள் மீட்பு",
        "டெங்கு மருத்துவமனை நோயாளிகள் கொசு காய்ச்சல் மருத்துவர்கள் தடுப்பூசி இரத்தம் சிகிச்சை குழந்தைகள்",
    ),
    "te": (
        "ఎన్నికలు సంఘం ఓటర్లు అభ్యర్థులు పోలింగ్ ప్రచారం నామినేషన్ పార్టీలు నియోజకవర్గం ఫలితాలు",
        "వరదలు నది వర్షం శిబిరం సహాయం గ్రామాలు పంటలు ఆనకట్ట ఇళ్లు రక్షణ",
        "డెంగ్యూ ఆసుపత్రి రోగులు దోమలు జ్వరం వైద్యులు టీకా రక్తం చికిత్స పిల్లలు",
    ),
    "th": (
        "เลือกตั้ง คณะกรรมการ ผู้สมัคร ผู้มีสิทธิ หน่วยเลือกตั้ง หาเสียง นับคะแนน พรรคการเมือง บัตร ผลคะแนน",
        "น้ำท่วม แม่น้ำ ฝนตกหนัก ศูนย์อพยพ บรรเทาทุกข์ หมู่บ้าน เขื่อน พืชผล ระดับน้ำ กู้ภัย",
        "ไข้เลือดออก โรงพยาบาล ผู้ป่วย ยุงลาย แพทย์ วัคซีน ตัวอย่างเลือด น้ำเกลือ อาการไข้ เด็ก",
    ),
    "km": (
        "ការបោះឆ្នោត គណៈកម្មាធិការ បេក្ខជន អ្នកបោះឆ្នោត យុទ្ធនាការ គណបក្ស សន្លឹកឆ្នោត លទ្ធផល មណ្ឌល រាប់សន្លឹក",
        "ទឹកជំនន់ ទន្លេ ភ្លៀង ជំរុំ សង្គ្រោះ ភូមិ ដំណាំ ទំនប់ ផ្ទះសម្បែង កម្ពស់ទឹក",
        "គ្រុនឈាម មន្ទីរពេទ្យ អ្នកជំងឺ មូស គ្រូពេទ្យ វ៉ាក់សាំង សំណាកឈាម ព្យាបាល គ្រុនក្តៅ កុមារ",
    ),
    "zh": (
        "选举委员会 选民 候选人 投票站 竞选 提名 计票 政党 席位 选票",
        "洪水 河水 暴雨 避难所 救济品 村庄 堤坝 庄稼 警戒水位 救援",
        "登革热 医院 病人 蚊子 发烧 医生 疫苗 血样 幼虫 生理盐水",
    ),
    "fr": (
        "élection commission électeurs candidats scrutin campagne bulletin dépouillement parti siège",
        "inondation rivière pluie abri secours village digue récoltes crue sauvetage",
        "dengue hôpital patients moustique fièvre médecins vaccin larves sang perfusion",
    ),
    "en": (
        "election commission voters candidates ballot campaign polling count party seat",
        "flood river rain shelter relief village levee crops danger rescue",
        "dengue hospital patients mosquito fever doctors vaccine larvae blood saline",
    ),
}  # fmt: skip
UNSPACED = frozenset({"th", "km", "zh"})


class Ignorant(HashEmbedder):
    """An embedder whose vectors are all nearly the same, whatever a text says."""

    def __init__(self) -> None:
        super().__init__()
        self.weights_hash = PINNED[DEFAULT_MODEL]

    def encode(
        self, texts: Sequence[str], on_done: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        vectors = super().encode(texts, on_done)
        vectors = 0.2 * vectors + np.full(vectors.shape[1], vectors.shape[1] ** -0.5, np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def stories(language: str, each: int = 6, tag: str | None = "") -> Iterator[Story]:
    """Yield stories of each topic, of its words by chance; ``tag`` declares a language, None nothing."""
    generator = random.Random(language)
    gap = "" if language in UNSPACED else " "
    for topic, words in enumerate(TOPICS[language]):
        for number in range(each):
            headline, *body = (gap.join(generator.sample(words.split(), 5)) for _ in range(4))
            yield Story(
                id=f"{language}-{topic}-{number}",
                headline=headline,
                body=". ".join(body) + ".",
                published=DAY + timedelta(hours=generator.randrange(2000)),
                language=language if tag == "" else tag,
            )


@pytest.fixture
def made_of(tmp_path: Path) -> Iterator[Callable[..., Recommender]]:
    with ExitStack() as stack:

        def make(told: Sequence[Story]) -> Recommender:
            path = tmp_path / f"archive-{len(list(tmp_path.iterdir()))}"
            made = Recommender.create(path, Settings(past_only=False), Ignorant(), clock=lambda: LATER)
            stack.enter_context(made)
            made.add(told)
            return made

        yield make


def topic(id: str) -> str:
    return id.rpartition("-")[0]


def shown(made: Recommender, told: Sequence[Story]) -> dict[str, list[str]]:
    return {one.id: [slot.story.id for slot in made.related(one.id, SLOTS)] for one in told}


@pytest.mark.parametrize("language", sorted(TOPICS.keys() - {"en"}))  # which the encoder is trusted in
@pytest.mark.parametrize("tag", ["", None])
def test_stories_of_one_subject_find_each_other(made_of, language: str, tag: str | None) -> None:
    told = list(stories(language, tag=tag))
    found = shown(made_of(told), told)
    slots = [(id, other) for id, others in found.items() for other in others]
    assert sum(topic(id) == topic(other) for id, other in slots) >= 0.95 * len(slots)
    assert len(slots) >= 0.7 * SLOTS * len(told)  # others are so alike that they share a slot


@pytest.mark.parametrize(("one", "many"), [("en", "fr"), ("fr", "en"), ("bn", "en")])
def test_stories_of_one_language_take_nothing_from_another(made_of, one: str, many: str) -> None:
    own, others = list(stories(one, 12)), list(stories(many, 40))
    alone = shown(made_of(own), own)
    together = shown(made_of([*own, *others]), own)
    same = sum(set(alone[id]) == set(together[id]) for id in alone)
    assert all(other.startswith(f"{one}-") for found in together.values() for other in found)
    assert sum(map(len, together.values())) >= sum(map(len, alone.values()))
    assert same >= 0.9 * len(alone)


def test_a_new_edition_is_as_good_as_an_archive_of_its_own(made_of) -> None:
    english, bangla = list(stories("en", 20)), list(stories("bn", 6))
    alone = shown(made_of(bangla), bangla)
    made = made_of(english)
    shown(made, english[:1])
    for story in bangla:
        made.add([story])
    together = shown(made, bangla)
    assert sum(set(alone[id]) == set(together[id]) for id in alone) >= 0.8 * len(alone)


@pytest.mark.parametrize("language", ["bn", "fr", "th", "zh"])
def test_a_small_archive_without_a_related_story_shows_none(made_of, language: str) -> None:
    first_of_each = [one for one in stories(language, 2) if one.id.endswith("-0")]
    assert shown(made_of(first_of_each), first_of_each) == {one.id: [] for one in first_of_each}


def test_a_short_question_finds_stories_of_the_archives_language(made_of) -> None:
    made = made_of([*stories("fr", 4), *stories("bn", 4)])
    for question, prefix in (("dengue moustique", "fr-2"), ("নির্বাচন কমিশন", "bn-0")):
        best = made.similar(question, 2)
        assert [topic(slot.story.id) for slot in best] == [prefix] * 2


FACTS = "Zelensky met Macron. 45 tanks, 1,200 soldiers, 3.5 hours. "
TOLD = "জেলেনস্কি ও মাক্রনের বৈঠক। ৪৫ ট্যাংক, ১,২০০ সেনা, ৩.৫ ঘণ্টা। "


@pytest.mark.parametrize("languages", ["same", "any"])
def test_a_translation_is_linked_as_one_and_has_no_slot(tmp_path: Path, languages: str) -> None:
    english, bangla = list(stories("en", 3)), list(stories("bn", 3))
    english[0] = replace(english[0], body=FACTS + english[0].body, published=DAY)
    bangla[0] = replace(bangla[0], body=TOLD + bangla[0].body, published=DAY + timedelta(hours=3))
    bangla[1] = replace(bangla[1], body=TOLD, published=DAY + timedelta(days=20))
    settings = Settings(past_only=False, languages=languages, slots=9)
    with Recommender.create(tmp_path / "a", settings, Ignorant(), clock=lambda: LATER) as made:
        made.add([*english, *bangla])
        source, translation, later = english[0].id, bangla[0].id, bangla[1].id
        assert [story.id for story in made.translations(source)] == [translation]
        assert [story.id for story in made.translations(translation)] == [source]
        block = made.related(source, 9)
        assert translation not in block
        assert (later in block) == (languages == "any")
        labels = [slot.language for slot in block]
        assert labels == sorted(labels)  # its own language first, which has no label
        assert ("বাংলা" in block.to_html()) == ("বাংলা" in block.to_text()) == (languages == "any")
        placed = [replace(slot.story, url=f"https://news.example/{slot.position}") for slot in block]
        linked = [replace(slot, story=story) for slot, story in zip(block, placed, strict=True)]
        page = replace(block, slots=tuple(linked)).to_html()
        assert page.count(' hreflang="bn">') == page.count("hreflang") == labels.count("bn")
        assert [slot.get("language") for slot in block.to_dict()["slots"]] == [one or None for one in labels]


def test_each_block_may_speak_the_language_of_its_story(tmp_path: Path) -> None:
    told = [*stories("en", 3), *stories("bn", 3)]
    path = tmp_path / "archive"
    path.mkdir()
    (path / "related.toml").write_text('past_only = false\n[page]\nlanguage = "story"\n')
    with Recommender.create(path, None, Ignorant(), clock=lambda: LATER) as made:
        made.add(told)
        for engine in (True, False):
            english, bangla = (
                made.related(told[place].id, SLOTS, engine=engine).to_html() for place in (0, -1)
            )
            assert '<aside class="related-stories" lang="en-GB"' in english
            assert '<aside class="related-stories" lang="bn"' in bangla
            assert "RELATED" not in bangla
            assert "২০২৪" in bangla
