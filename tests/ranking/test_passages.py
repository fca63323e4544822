from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recommender.analysis.words import tokens
from recommender.ranking.passages import LONGEST, Passage, passage, question_terms, sentences_of

RARITY = {"ukraine": 4.0, "talks": 2.0, "said": 0.2}


def rarity(term: str) -> float:
    return RARITY.get(term, 1.0)


def found(question: str, text: str) -> Passage | None:
    return passage(question_terms(question, rarity), sentences_of(text, [], []))


def marked(passage: Passage | None) -> list[str]:
    assert passage is not None
    return [passage.text[first:last] for first, last in passage.marks]


def test_the_sentence_with_the_rarest_shared_words_is_shown() -> None:
    text = "He said so. Talks on Ukraine go on in Astana. They said talks said nothing."
    best = found("talks on Ukraine, he said", text)
    assert best is not None
    assert best.text == "Talks on Ukraine go on in Astana."
    assert marked(best) == ["Talks", "Ukraine"]


def test_only_whole_words_are_marked() -> None:
    assert marked(found("art", "Art is no party, no artist: art.")) == ["Art", "art"]


def test_a_near_chunk_wins_where_no_word_is_shared() -> None:
    terms = question_terms("floods", rarity)
    best = passage(terms, [("The council met.", 0.1), ("Rivers burst their banks.", 0.6)])
    assert best == Passage("Rivers burst their banks.")


def test_a_text_without_a_word_has_no_passage() -> None:
    assert found("talks", "") is None
    assert found("talks", " ...\n\n- - -") is None


def test_a_long_sentence_is_cut_around_its_first_mark() -> None:
    best = found("Ukraine", "so " * 200 + "Ukraine " + "and " * 200)
    assert best is not None
    assert len(best.text) <= LONGEST
    assert best.text.startswith("\u2026")
    assert best.text.endswith("\u2026")
    assert marked(best) == ["Ukraine"]


def test_a_script_without_spaces_is_marked_where_it_agrees() -> None:
    assert marked(found("日本", "東京は日本の首都です。")) == ["日本"]


def test_marks_may_be_written_into_the_text() -> None:
    assert Passage("on Ukraine talks", ((3, 10), (11, 16))).marked("[", "]") == "on [Ukraine] [talks]"


def test_a_sentence_is_as_near_as_the_nearest_chunk_that_it_is_in() -> None:
    text = "One two. Three four five. Six. Seven."
    assert list(sentences_of(text, ["One two. Three", "four five. Six."], [0.5, 0.75])) == [
        ("One two.", 0.5),
        ("Three four five.", 0.75),
        ("Six.", 0.75),
        ("Seven.", 0.5),  # in no chunk: as the farthest
    ]


def test_a_text_that_was_cut_otherwise_counts_alike_throughout() -> None:
    assert list(sentences_of("One. ] Two", ["One."], [0.5, 0.2])) == [("One.", 0.0), ("Two", 0.0)]


TEXTS = st.text(st.sampled_from("ab .!?\n\u2026日本é'-"), max_size=700)


@given(TEXTS, TEXTS)
def test_a_passage_stands_in_the_text_and_marks_words_of_both(question: str, text: str) -> None:
    best = found(question, text)
    if best is None:
        return
    assert len(best.text) <= LONGEST
    assert best.text.strip("\u2026") in " ".join(text.split())
    assert "".join(part for part, _ in best.parts()) == best.text
    ends = [end for span in best.marks for end in span]
    assert ends == sorted(set(ends))
    said = "".join(tokens(question))
    assert all(word.casefold() in said for word in marked(best) if word.isascii())
