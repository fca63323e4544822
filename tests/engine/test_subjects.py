"""Stories on one subject find each other in any script, by their words alone: a dozen short ones a language.

Told three times a subject in `subjects.txt`, under the tag of each language: headline and body, by a bar.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from recommender import Recommender, Settings, Story
from recommender.story.languages import language_of
from tests.engine.test_languages import DAY, LATER, Ignorant

SUBJECTS = ("flood", "election", "football", "dengue")
EACH = 3  # stories on a subject
OTHERS = EACH - 1


def told() -> Mapping[str, Sequence[Story]]:
    """Return the stories of each language, which they do not declare."""
    written = (Path(__file__).parent / "subjects.txt").read_text("utf-8")
    by_language = {}
    for part in re.split(r"^# ", written, flags=re.M)[1:]:
        language, *lines = part.strip().split("\n")
        by_language[language] = [
            Story(
                id=f"{SUBJECTS[number // EACH]}-{number % EACH}",
                headline=line.partition(" | ")[0],
                body=line.partition(" | ")[2],
                published=DAY + timedelta(days=4 * (number % EACH) + number // EACH),
            )
            for number, line in enumerate(lines)
        ]
    return by_language


TOLD = told()


@pytest.mark.parametrize("language", TOLD)
def test_their_language_is_known(language: str) -> None:
    keys = [language_of(story).key for story in TOLD[language]]
    assert set(keys) <= {language, "ms"}  # Malay is hardly another one than Indonesian
    assert keys.count(language) > len(keys) / 2


@pytest.mark.parametrize("language", TOLD)
def test_stories_of_a_few_lines_find_those_on_their_subject(language: str, tmp_path: Path) -> None:
    settings, stories = Settings(past_only=False), TOLD[language]
    with Recommender.create(tmp_path / "archive", settings, Ignorant(), clock=lambda: LATER) as recommender:
        recommender.add(stories)
        slots = [
            (story.id, slot.story.id) for story in stories for slot in recommender.related(story.id, OTHERS)
        ]
    own = [one for one, other in slots if one.partition("-")[0] == other.partition("-")[0]]
    assert len(own) >= 0.95 * len(slots)
    assert len(own) >= 0.7 * OTHERS * len(stories)


@pytest.mark.parametrize("language", ["am", "fa", "ko", "tr"])
def test_four_stories_on_four_subjects_show_nothing(language: str, tmp_path: Path) -> None:
    settings, stories = Settings(past_only=False), TOLD[language][OTHERS::EACH]
    with Recommender.create(tmp_path / "archive", settings, Ignorant(), clock=lambda: LATER) as recommender:
        recommender.add(stories)
        assert [slot.story.id for story in stories for slot in recommender.related(story.id)] == []
