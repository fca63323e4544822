"""Several sites at once: one that fails or hangs stops no other, and what was killed goes on where it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock

from recommender.errors import ArchiveBusyError
from recommender.following.follower import Look
from recommender.following.runner import LOCK_FILE, Runner
from recommender.following.settings import Address, FollowSettings
from recommender.web.settings import WebSettings
from tests.ingest.live.sites import WordPress, feed
from tests.web.site import HOST, Asked, Reply, Site

from .conftest import Desk

ROOT = Path(__file__).parents[2]
WEB = WebSettings(private_hosts=HOST, pause_seconds=0.0)
PATIENCE = 120  # seconds: other work may be in the way


def runner(desk: Desk, *paths: str, tell=lambda _: None) -> Runner:
    addresses = [Address(desk.site.url + path) for path in paths]
    return Runner(desk.newsroom, addresses, FollowSettings(), WEB, tell)


def test_a_bad_site_stops_no_other(desk: Desk, site: Site) -> None:
    site.pages |= {"/one": feed(site, 1), "/two": feed(site, 2), "/text": "no feed"}
    running = runner(desk, "/one", "/gone", "/text", "/two")
    one, gone, text, two = running.once()
    assert (one.taken, two.taken, one.error, two.error) == (1, 1, "", "")
    assert "it answers 404" in gone.error
    assert "no known kind" in text.error
    assert [look.url for look in running.once()] == [one.url, two.url]  # what failed is not due
    running.stop()


def test_an_error_of_ours_ends_one_look_and_puts_the_site_off(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages |= {"/one": feed(site, 1)}
    monkeypatch.setattr("recommender.following.follower.read_address", lambda *_: 1 / 0)
    running = runner(desk, "/one")
    (look,) = running.once()
    assert "ZeroDivisionError" in look.error
    assert desk.kept("/one").due > desk.clock.now
    running.stop()


def test_only_one_process_follows(desk: Desk, site: Site) -> None:
    site.pages["/one"] = feed(site, 1)
    running = runner(desk, "/one")
    with FileLock(desk.newsroom.archive.path / LOCK_FILE), pytest.raises(ArchiveBusyError, match="another"):
        running.once()
    running.stop()


def test_a_site_that_hangs_holds_up_no_other_until_it_is_stopped(desk: Desk, site: Site) -> None:
    let_go, looked = threading.Event(), threading.Event()
    site.pages |= {"/slow": Reply(raw=lambda _: let_go.wait(PATIENCE)), "/one": feed(site, 1)}

    def tell(look: Look) -> None:
        if look.taken:
            looked.set()

    running = runner(desk, "/slow", "/one", tell=tell)
    running.start()
    assert looked.wait(PATIENCE)
    let_go.set()
    running.stop(PATIENCE)
    assert desk.public() == "1"


def test_what_was_killed_goes_on_where_it_was_until_it_is_told_to_stop(desk: Desk, site: Site) -> None:
    blog = WordPress(site, most=2)
    for id in range(1, 8):
        blog.add(id)
    third = threading.Event()

    def stuck(asked: Asked) -> Reply:
        if asked.query["page"] == ["3"] and not third.is_set():
            third.set()
            time.sleep(PATIENCE)
        return blog.answer(asked)

    site.pages["/wp-json/wp/v2/posts"] = stuck
    env = {**os.environ, "RELATED_WEB_PRIVATE_HOSTS": HOST, "RELATED_WEB_PAUSE_SECONDS": "0"}
    command = [
        *(sys.executable, "-m", "tests.cli.related", "follow", "wordpress-json", site.url, "--json"),
        *("--archive", str(desk.newsroom.archive.path)),
    ]
    desk.newsroom.close()
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE) as first:
        assert third.wait(PATIENCE)
        first.send_signal(signal.SIGKILL)
    site.asked.clear()
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE) as second:
        assert second.stdout
        told = b""
        while not told.rstrip().endswith(b"}"):
            told += second.stdout.readline()
        second.send_signal(signal.SIGTERM)
        assert second.wait(PATIENCE) == 0
    look = json.loads(told)
    assert (look["taken"], look["error"]) == (3, "")
    assert [one.query["page"] for one in site.asked if "page" in one.query] == [["3"], ["4"]]
