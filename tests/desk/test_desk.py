"""The desk itself: what it began beside its pages ends with the service."""

from __future__ import annotations

import threading

import pytest

from index import Check
from recommender.desk.desk import Desk
from recommender.desk.settings import DeskSettings
from recommender.evaluation import quality
from recommender.story_map import making
from tests.desk.conftest import Office


def test_what_runs_beside_the_pages_ends_with_the_service(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Semaphore(0)

    def endless(check: Check) -> None:
        begun.release()
        while True:
            check()
            threading.Event().wait(0.01)

    monkeypatch.setattr(making, "make", lambda archive, now, check: endless(check))
    monkeypatch.setattr(quality, "measure", lambda engine, check: endless(check))
    desk = Desk(office.service, DeskSettings())
    desk.story_map.make_beside()
    desk.measuring.start()
    begun.acquire()
    begun.acquire()
    assert desk.story_map.is_being_made
    assert desk.measuring.running
    office.service.close()
    assert not desk.story_map.is_being_made
    assert not desk.measuring.running
