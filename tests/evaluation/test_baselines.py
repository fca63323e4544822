"""The baselines rank as their plain definitions do."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from recommender.analysis.languages import writing_of
from recommender.evaluation import baselines
from recommender.evaluation.baselines import BM25_B, BM25_K1
from recommender.evaluation.case import make_case
from tests.arrays import EMBEDDER, story

STORIES = [story(number) for number in range(16)]
CASE = make_case(STORIES, [])


def test_recency_takes_the_newest_before() -> None:
    assert baselines.recency(CASE)(6).tolist() == [5, 4, 3, 2, 1, 0]


def test_recency_without_the_filter_takes_the_nearest_in_time() -> None:
    assert set(baselines.recency(CASE)(6, past_only=False)[:4].tolist()) == {4, 5, 7, 8}


def test_bm25_by_its_formula() -> None:
    texts = (baselines.text_of(one).lower().split() for one in CASE.stories)
    words = [[word for word in text if word not in writing_of("en").stop_words] for text in texts]
    counts = [Counter(each) for each in words]
    mean = sum(map(len, words)) / len(words)
    frequency = Counter(word for each in counts for word in each)

    def score(query: int, document: int) -> float:
        total = 0.0
        for word, times in counts[query].items():
            tf = counts[document][word]
            idf = math.log(1 + (len(words) - frequency[word] + 0.5) / (frequency[word] + 0.5))
            norm = BM25_K1 * (1 - BM25_B + BM25_B * len(words[document]) / mean)
            total += times * idf * tf * (BM25_K1 + 1) / (tf + norm)
        return total

    system = baselines.bm25(CASE)
    assert system.scores(9) == pytest.approx([score(9, each) for each in range(16)], rel=1e-4)


def test_tfidf_is_a_cosine() -> None:
    rows = baselines.tfidf_rows(CASE)
    np.testing.assert_allclose(
        baselines.inner(CASE, rows, rows).scores(5), cosine_similarity(rows)[5], atol=1e-6
    )


FLOOD = {
    "bn": ("নদীতে বন্যা", "পদ্মা নদীতে বন্যার পানি বাড়ছে।", "ভোটের দিন", "নির্বাচন কমিশন তফসিল ঘোষণা করেছে।"),
    "zh": ("长江洪水", "长江洪水淹没了沿岸的村庄。", "选举日期", "选举委员会公布了投票日期。"),
    "ja": (
        "台風で洪水",
        "台風の影響で河川が氾濫し、洪水が発生した。",
        "選挙の日程",
        "選挙管理委員会が投票日を発表した。",
    ),
    "th": (
        "น้ำท่วมภาคใต้",
        "ฝนตกหนักทำให้น้ำท่วมหลายจังหวัดในภาคใต้",
        "วันเลือกตั้ง",
        "คณะกรรมการการเลือกตั้งประกาศวันลงคะแนน",
    ),
}


@pytest.mark.parametrize("language", FLOOD)
def test_words_are_those_of_a_story_s_language_whatever_stands_between_them(language: str) -> None:
    head, body, other, elsewhere = FLOOD[language]
    told = [(head, body), (other, elsewhere), (body, head)]
    stories = [
        replace(story(number), headline=headline, deck="", body=text, language=language)
        for number, (headline, text) in enumerate(told)
    ]
    case = make_case(stories, [])
    rows = baselines.tfidf_rows(case)
    assert rows.getnnz(axis=1).min() > 2
    for scores in (baselines.inner(case, rows, rows).scores(0), baselines.bm25(case).scores(0)):
        assert scores[2] > 2 * scores[1]


def test_words_of_one_language_alone_are_left_out_as_too_common_in_it() -> None:
    german = replace(story(0), headline="Die Häfen sind überflutet", deck="", body="", language="de")
    assert set(baselines.words_of(german)) == {"häfen", "überflutet"}


def test_a_first_attempt_knows_no_date_unless_it_is_told() -> None:
    free, past = baselines.first_attempts(CASE, EMBEDDER)
    assert set(free(5, True).tolist()) == set(range(16)) - {5}
    assert set(past(5, True).tolist()) == set(range(5))


def test_a_first_attempt_reads_the_beginning_only() -> None:
    long = replace(STORIES[3], body=STORIES[3].body + " filler" * 300)
    case = make_case([*STORIES[:3], long, replace(long, id="more", body=long.body + " flood" * 300)], [])
    assert baselines.first_attempts(case, EMBEDDER)[0].scores(3)[4] == pytest.approx(1)
