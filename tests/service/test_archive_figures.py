"""What operators watch of an archive tells how much there is and what waits, and no word of a story."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender import Settings, Status
from recommender.catalog.deliveries import DEAD, Deliveries
from recommender.newsroom import Newsroom
from recommender.service.archive_figures import ArchiveFigures, sizes
from tests.fakes import HashEmbedder
from tests.newsroom.world import SUBJECTS, a_story


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    with Newsroom.create(tmp_path / "a", Settings(least_score=0), HashEmbedder()) as made:
        yield made


def told(figures: ArchiveFigures) -> dict[tuple[str, ...], float]:
    """Return all samples by name and labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for metric in figures.collect()
        for sample in metric.samples
    }


def test_it_is_told_what_is_held_and_what_waits(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.service.archive_figures.FRESH_SECONDS", 0.0)
    figures = ArchiveFigures(room)
    figures.refresh()
    empty = told(figures)
    assert empty["related_stories_held",] == empty["related_changes_waiting",] == 0
    assert empty["related_blocks_stored", "fresh"] == empty["related_blocks_stored", "stale"] == 0
    room.archive.add([a_story(f"s{n}", SUBJECTS[0], hours=-n - 1) for n in range(4)])
    figures.refresh()
    assert told(figures)["related_stories_held",] == 4
    assert told(figures)["related_changes_waiting",] >= 4
    while room.refresh():
        pass
    room.refresh()
    figures.refresh()
    followed = told(figures)
    assert followed["related_changes_waiting",] == followed["related_change_age_seconds",] == 0
    assert followed["related_blocks_stored", "fresh"] == 4
    assert followed["related_archive_bytes", "catalog"] > 0
    assert followed["related_disk_free_bytes",] > 0


def test_what_is_embedded_is_counted_with_the_time_that_it_took(room: Newsroom) -> None:
    def count(part: str) -> list[float]:
        kinds = ("story", "question")
        return [told(ArchiveFigures(room))[f"related_{part}_total", kind] for kind in kinds]

    parts = ("embedded_texts", "embedded_passages", "embedding_seconds")
    before = [count(part) for part in parts]
    room.archive.add([a_story(f"s{n}", SUBJECTS[0], hours=-n - 1) for n in range(4)])
    room.archive.add([a_story("s0", SUBJECTS[0], hours=-1)])  # the same again: nothing is embedded
    room.engine.similar("a line that is asked about")
    texts, passages, seconds = [
        [now - then for now, then in zip(count(part), held, strict=True)]
        for part, held in zip(parts, before, strict=True)
    ]
    assert texts == [4, 1]
    assert passages == [8, 1]  # a headline and one chunk of each
    assert min(seconds) > 0


def test_what_the_link_policy_refuses_is_counted_by_its_reason(room: Newsroom) -> None:
    for n in range(3):
        room.publish(a_story(f"s{n}", SUBJECTS[0], hours=-n - 1))
    assert "s1" in [slot.story.id for slot in room.block("s0").slots]
    room.amend("s1", status=Status.RETRACTED)
    assert "s1" not in [slot.story.id for slot in room.block("s0").slots]
    refused = {key: value for key, value in told(ArchiveFigures(room)).items() if "refused" in key[0]}
    assert refused["related_links_refused_total", "gone"] > 0
    assert not [key for key in refused if "s1" in key]


def test_figures_are_kept_for_a_while_and_posts_are_counted(room: Newsroom) -> None:
    posts = Deliveries(room.archive.catalog)
    posts.begin_after_present()
    for n in range(2):
        room.publish(a_story(f"s{n}", SUBJECTS[0], hours=-n - 1))
    claimed = posts.claim(0, 60, 1)
    assert claimed is not None
    posts.settle(claimed.num, DEAD, 8, 0, "nobody answers")
    figures = ArchiveFigures(room)
    figures.refresh()
    assert told(figures)["related_webhook_posts_held", "dead"] == 1
    posts.retry(0)
    figures.refresh()
    assert told(figures)["related_webhook_posts_held", "dead"] == 1, "one scrape a while counts"


def test_every_file_is_the_catalogs_or_derived(room: Newsroom) -> None:
    room.archive.add([a_story("s0", SUBJECTS[0])])
    room.archive.save()
    found = sizes(room.archive.path)
    assert min(found.values()) > 0


def test_files_that_go_while_they_are_counted_are_passed_over(tmp_path: Path) -> None:
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            for n in range(5):
                (tmp_path / f"derived/{n}").mkdir(parents=True)
                (tmp_path / f"derived/{n}/file").write_bytes(b"x")
            shutil.rmtree(tmp_path / "derived")

    saving = threading.Thread(target=churn)
    saving.start()
    try:
        assert all(sizes(tmp_path)["catalog"] == 0 for _ in range(300))
    finally:
        stop.set()
        saving.join()
