"""A text runs as its first letter does."""

from __future__ import annotations

import pytest

from recommender.story.writing_direction import direction


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("Ferry", "ltr"), ("", "ltr"), ("1!", "ltr"), ("غرق", "rtl"), ("שלום", "rtl"), ("«غرق» BBC", "rtl"),
        ("BBC: غرق", "ltr"), ("আরও", "ltr"), ("12 דקות", "rtl"), ("日本", "ltr"),
    ],
)  # fmt: skip
def test_the_first_letter_decides(text: str, way: str) -> None:
    assert direction(text) == way
