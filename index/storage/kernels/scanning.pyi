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

def word_hashes(
    of: Text, left_out: Words, begun: int, most: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]] | None: ...
def figures(of: Text) -> list[str] | None: ...
def english_names(of: Text, stop_words: Words, is_mark: Callable[[str], object]) -> list[str] | None: ...
