"""What `scanning.pyx` has; `recommender.analysis` finds the same by patterns."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

class Characters:
    def __init__(self, told: Callable[[str], tuple[int, str]]) -> None: ...

class Text:
    def __init__(self, text: str, characters: Characters) -> None: ...

class Words:
    def __init__(self, words: Iterable[str]) -> None: ...

class Style:
    def __init__(
        self,
        particles: Iterable[str],
        articles: Iterable[str],
        stop_words: Words,
        *,
        is_english: bool,
        has_capitals: bool,
        nouns_in_capitals: bool,
        is_greek: bool,
    ) -> None: ...

def word_hashes(
    of: Text, left_out: Words, begun: int, most: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]] | None: ...
def words(of: Text, left_out: Words, most: int) -> list[str] | None: ...
def runs_among(of: Text, some: Words) -> list[int] | None: ...
def opens_with(of: Text, some: Words, words: int, least: int) -> bool | None: ...
def figures(of: Text) -> list[str] | None: ...
def names(of: Text, style: Style, is_mark: Callable[[str], object]) -> list[str] | None: ...
