"""The second look at a text needs room on the disk once; without any it has no answer, and no error."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from recommender.story import language_detectors
from recommender.story.language_detectors import second_look

TEXT = "Der Fluss ist über die Ufer getreten, und die Brücke bleibt bis morgen gesperrt."


def test_a_full_disk_is_no_answer_and_the_next_look_has_one(
    small_files: Callable[[int], AbstractContextManager[None]],
) -> None:
    language_detectors._identifier.cache_clear()
    with small_files(0):
        assert second_look(TEXT) == ("", 0.0)
    code, confidence = second_look(TEXT)
    assert code == "de"
    assert confidence > 0.9
