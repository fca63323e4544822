"""What is left of two stories without the sentences that stand in both."""

from __future__ import annotations

from recommender.ranking.reader_text import ReaderText, without_standing_text

SENTENCE = "Weekly News is made by the whole team of the project."
LONGER = f"As ever, dear readers, {SENTENCE}"


def test_a_standing_sentence_goes_whole_though_another_one_stands_in_it() -> None:
    """Whatever the order in which they are taken out, which was once another in each process."""
    one, other = (ReaderText(word, f"{LONGER} {word}. {SENTENCE}") for word in ("Flood", "Strike"))
    left = without_standing_text(one, other)
    assert [told.text.replace(".", " ").split() for told in left] == [["Flood"], ["Strike"]]
