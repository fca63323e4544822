"""The page of quality: an editor has it measured, and all see what was found."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from recommender.archive.weights_journal import Journal, told
from recommender.catalog.ratings import RatingRow, RatingsTable
from recommender.desk.measuring import FAILED, Measuring
from recommender.desk.quality import HEIGHT, SQUARE, calibration, line, share
from recommender.desk.roles import Role
from recommender.errors import ArchiveError
from recommender.evaluation import quality
from recommender.evaluation.quality import OURS, Mean, Period
from recommender.evaluation.trends import LearnedVersion
from recommender.story.story import Link
from tests.desk.conftest import Browser, Office, text_of

LONG_AGO = "2020-01-01T00:00:00+00:00"
EMPTY = quality.Quality(
    made=LONG_AGO, ranker="1", start="1", stories=0, links=0, learned_until=0, gains={}, periods=(),
    means=dict.fromkeys(quality.SYSTEMS, Mean(0, 0, 0)), reliability=(), weights=told(Journal(), 0),
    drift=0, worst=(),
)  # fmt: skip


def measured(browser: Browser) -> str:
    assert browser.post("/desk/quality", on="/desk/quality").status_code == 303
    until = time.monotonic() + 300  # however slow the machine
    while "Measuring." in (page := browser.get("/desk/quality")).text:
        assert time.monotonic() < until, "the measurement never ends"
        time.sleep(0.05)
    return text_of(page)


def test_an_editor_has_it_measured_and_a_reader_sees_it(office: Office) -> None:
    editor, reader = office.signed_in(), office.signed_in("Reader", Role.READER)
    assert "Nothing was measured yet" in text_of(reader.get("/desk/quality"))
    assert reader.post("/desk/quality", on="/desk").status_code == 403
    archive = office.newsroom.archive
    rows = [RatingRow(f"ferry-{day}", f"ferry-{day - 1}", "Editor", 2, 5) for day in range(2, 7)]
    RatingsTable(archive.catalog).add(rows)
    told = measured(editor)
    assert "0 stories link to earlier ones" in told, "without links it says what to do"
    assert "What editors think" in told, "which needs no link"
    assert "The order is that of 5 blocks, those rated last" in told

    held = [archive.catalog.get(f"{topic}-{day}") for topic in ("ferry", "cricket") for day in range(1, 7)]
    stories = [found[1] for found in held if found]
    linked = [
        replace(later, links=(Link(target=earlier.id, anchor=""),), updated=later.published)
        for earlier, later in pairwise(stories)
        if earlier.published < later.published
    ]
    archive.add(linked)
    page = measured(editor)
    assert "on the newest 10 stories with 10 links" in page, page
    assert "Worst to look at" in text_of(reader.get("/desk/quality"))
    assert quality.load(archive.path) is not None


def test_a_measurement_that_ends_while_a_page_is_made_is_not_told_as_ended(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor, load = office.signed_in(), quality.load
    may_end = threading.Event()

    def measured_then(*_: object, **__: object) -> quality.Quality:
        assert may_end.wait(120)
        return EMPTY

    monkeypatch.setattr(quality, "measure", measured_then)

    def overtaken(archive: Path) -> quality.Quality | None:
        found = load(archive)
        may_end.set()
        until = time.monotonic() + 120
        while load(archive) is None:  # what was read above is no more what is kept
            assert time.monotonic() < until
            time.sleep(0.01)
        for thread in threading.enumerate():
            if thread.name == "index-improve":
                thread.join()
        return found

    assert editor.post("/desk/quality", on="/desk/quality").status_code == 303
    monkeypatch.setattr(quality, "load", overtaken)
    page = text_of(editor.get("/desk/quality"))
    assert "Measuring." in page
    assert "Nothing was measured yet" not in page
    monkeypatch.setattr(quality, "load", load)
    assert "Measured " in text_of(editor.get("/desk/quality"))


def test_a_measurement_that_failed_says_so_until_one_ends_well(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(quality, "measure", broken)
    editor = office.signed_in()
    page = measured(editor)
    assert f"failed: {FAILED}: ZeroDivisionError" in page
    assert "Try again" in page
    monkeypatch.undo()
    assert FAILED not in measured(editor), "the button waits for nothing"


def test_a_chart_has_one_at_its_head_and_nothing_at_its_foot() -> None:
    periods = [Period(0, 1, 20, {OURS: Mean(value, 0, 1)}) for value in (0, 0.25, 1)]
    points = line(periods, OURS)
    assert [point.y for point in points] == [HEIGHT, HEIGHT * 0.75, 0]
    assert [(point.low, point.high) for point in points] == [(HEIGHT, 0)] * 3
    assert [point.x for point in points] == sorted({point.x for point in points})


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Let every measurement fail for want of space; return what grows by one with each."""
    begun: list[bool] = []

    def failing(*_: object, **__: object) -> None:
        begun.append(True)
        raise ArchiveError("no space")

    monkeypatch.setattr(quality, "measure", failing)
    return begun


@pytest.mark.parametrize(("hours", "times"), [(23, 0), (25, 1)])
def test_a_measurement_that_is_a_day_old_is_made_again(
    office: Office, begun: list[bool], hours: int, times: int
) -> None:
    measuring = Measuring(office.newsroom, lambda: False)
    measuring.start_again((datetime.now(UTC) - timedelta(hours=hours)).isoformat())
    measuring.wait()
    assert len(begun) == times


def test_one_that_failed_is_tried_again_by_itself_a_day_later_and_by_an_editor_at_once(
    office: Office, begun: list[bool]
) -> None:
    measuring = Measuring(office.newsroom, lambda: False)
    for _ in range(5):
        measuring.start_again(LONG_AGO)
        measuring.wait()
    assert (len(begun), measuring.problem) == (1, "no space")
    measuring.start()
    measuring.wait()
    assert len(begun) == 2
    measuring.ended = datetime.now(UTC) - timedelta(hours=25)
    measuring.start_again(LONG_AGO)
    measuring.wait()
    assert len(begun) == 3


def test_a_reader_who_looks_begins_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(Measuring, "start", lambda _: asked.append(True))
    quality.save(office.newsroom.archive.path, EMPTY)
    for role, times in ((Role.READER, 0), (Role.EDITOR, 1)):
        assert office.signed_in(role.value, role).get("/desk/quality").status_code == 200
        assert len(asked) == times


def test_a_sign_stays_before_its_number_where_lines_begin_at_the_right(office: Office) -> None:
    lost = LearnedVersion(1, LONG_AGO, 120, True, 0.44, 0.41, -0.03, -0.05, -0.01)
    quality.save(office.newsroom.archive.path, structs.replace(EMPTY, versions=(lost,)))
    reader = office.signed_in("Reader", Role.READER)
    page = reader.get("/desk/quality", **{"accept-language": "ar"}).text
    assert 'dir="rtl"' in page
    found = re.search(r'<bdi dir="ltr">-0.030 .*?</bdi>', page)
    assert found is not None, page
    assert "[-0.050, -0.010]" in found[0]


def test_where_nothing_can_be_kept_nothing_is_begun(office: Office, begun: list[bool]) -> None:
    editor = office.signed_in()
    office.newsroom.archive.catalog.why_read_only = "the disk is"
    assert "Nothing is measured here" in text_of(editor.get("/desk/quality"))
    measuring = Measuring(office.newsroom, lambda: False)
    measuring.start()
    measuring.start_again(LONG_AGO)
    measuring.wait()
    assert begun == []


def test_a_calibration_lies_within_its_square() -> None:
    rows = [{"said": 0.1, "so": 0.2}, {"said": 0.3, "so": 0.4}]
    assert np.allclose(calibration(rows), [(SQUARE / 4, SQUARE / 2), (SQUARE * 3 / 4, 0)])
    assert calibration([]) == []
    assert [y for _, y in share([1.0, None, 2.0])] == [HEIGHT / 2, 0]
