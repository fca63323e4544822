"""What is left of two stories without the sentences that stand in both."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recommender.analysis.scanning import COMPILED, Phrases
from recommender.ranking.reader_text import ReaderText, without_standing_text

SENTENCE = "Weekly News is made by the whole team of the project."
LONGER = f"As ever, dear readers, {SENTENCE}"


def test_a_standing_sentence_goes_whole_though_another_one_stands_in_it() -> None:
    """Whatever the order in which they are taken out, which was once another in each process."""
    one, other = (ReaderText(word, f"{LONGER} {word}. {SENTENCE}") for word in ("Flood", "Strike"))
    left = without_standing_text(one, other)
    assert [told.text.replace(".", " ").split() for told in left] == [["Flood"], ["Strike"]]


PIECES = (
    *(". ", "! ", ".\n", "?", "\n\n", " ", "  ", "\t", "\x1c", "\xa0", "\u2028", "\x00", "é\u0301", "\ud800"),
    *("\u3002", "All five words open here", "all of them, read on", "The flood, ", "a", "x" * 20),
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=20).map("".join)


@given(one=TEXTS, other=TEXTS)
@example(one="All five words open here.", other="No. All\xa0five  words open here too.\n")
@example(one="All five words open here.", other="No.\x1cAll five words open here too.")
@example(one="x" * 20, other=f"{'x' * 20}\x1c\n")
def test_what_stands_in_both_is_what_the_patterns_find(one: str, other: str) -> None:
    told = ReaderText("One", one), ReaderText("Other", other)
    found = without_standing_text(*told)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Phrases, "may_open", lambda *_: True)
        assert found == without_standing_text(*told)


@pytest.mark.skipif(not COMPILED, reason="nothing is compiled here: there are patterns")
def test_a_text_is_not_cut_into_sentences_where_none_opens_alike() -> None:
    looked_for = Phrases(["All five words open here"])
    assert looked_for.may_open("Not.  All five words\topen here too", 5, 20)
    assert not looked_for.may_open("Not all five words open here too", 5, 20)
    assert not looked_for.may_open("All five words open here", 5, 25)
    assert looked_for.may_open("A sentence of another script\u3002", 5, 20)
