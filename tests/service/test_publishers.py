"""Many publishers in one process: each is served as alone, opened on demand, told in time."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recommender.archive.archive_place import ArchivePlace
from recommender.catalog.blocks import Blocks
from recommender.catalog.web_sources import WebSourceRow, WebSources
from recommender.cli.settings_reference import SettingsGroup, markdown
from recommender.desk.people import People
from recommender.desk.roles import Role
from recommender.errors import SettingsError
from recommender.newsroom import BlockChange, Newsroom
from recommender.service.learning_thread import LearningThread
from recommender.service.publisher import Publisher, work_of
from recommender.service.publishers_settings import PREFIX, TABLE, PublishersSettings
from recommender.story.story import Story
from tests.fakes import HashEmbedder
from tests.service.many import NAMES, bearer, make_publishers, publishers, served, story, word_of
from tests.service.running import make_archive

PATIENCE = 120.0
PASSWORD = "correct horse battery"


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    ends = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < ends, "it never came to be"
        time.sleep(0.05)


def test_each_is_served_below_its_path(tmp_path: Path) -> None:
    keys = make_publishers(tmp_path)
    with served(publishers(tmp_path)) as client:
        for name in NAMES:
            sent = client.post(f"/p/{name}/stories", json=story(name, "a/b"), headers=bearer(keys[name]))
            assert sent.status_code == 201
            block = client.get(f"/p/{name}/stories/a%2Fb/related", headers=bearer(keys[name]))
            assert block.json()["headline"].endswith(word_of(name))
            html = client.get(
                f"/p/{name}/stories/a%2Fb/related", headers=bearer(keys[name]) | {"accept": "text/html"}
            )
            assert html.status_code == 200
            document = client.get(f"/p/{name}/openapi.json").json()
            assert document["servers"] == [{"url": f"/p/{name}"}]
            assert client.get(f"/p/{name}/ready").json()["ready"]


NOBODY = (
    *("/p/nobody/health", "/p/%2e%2e/health", "/p/..%2fgazette/health", "/p/", "/p", "/p/.hidden/x"),
    *("/p/-x/health", "/p/ga%7aette/health", "/p/gazette%00/health", f"/p/{'x' * 65}/health", "/p//health"),
)


@pytest.mark.parametrize("path", NOBODY)
def test_who_is_not_there_is_told_so(tmp_path: Path, path: str) -> None:
    (tmp_path / "titles" / ".hidden").mkdir(parents=True)
    make_archive(tmp_path / "titles" / "gazette")
    with served(publishers(tmp_path / "titles")) as client:
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert str(tmp_path) not in answer.text


def test_an_archive_that_cannot_be_opened_harms_no_other(tmp_path: Path) -> None:
    keys = make_publishers(tmp_path, ("gazette", "herald"))
    (tmp_path / "herald" / "catalog.sqlite").write_bytes(b"no database at all")
    (tmp_path / "empty").mkdir()
    with served(publishers(tmp_path)) as client:
        for name in ("herald", "empty"):
            answer = client.get(f"/p/{name}/health")
            assert answer.status_code == 503
            assert answer.json()["type"].endswith(":archive")
            assert str(tmp_path) not in answer.text
        assert client.get("/p/gazette/stories/x/related", headers=bearer(keys["gazette"])).status_code == 404
        assert client.get("/ready").status_code == 200


def test_one_that_is_made_later_is_there(tmp_path: Path) -> None:
    with served(publishers(tmp_path)) as client:
        assert client.get("/p/gazette/health").status_code == 404
        make_archive(tmp_path / "gazette")
        assert client.get("/p/gazette/health").status_code == 200


def test_no_more_are_open_than_may_be(tmp_path: Path) -> None:
    names = tuple(f"title-{num}" for num in range(7))
    keys = make_publishers(tmp_path, names)
    app = publishers(tmp_path, open=3, loaded=2)
    with served(app) as client:
        for _ in range(2):
            for name in names:
                headers = bearer(keys[name])
                assert client.post(f"/p/{name}/stories", json=story(name, "a"), headers=headers).is_success
                assert client.get(f"/p/{name}/stories/a/related", headers=headers).is_success
        # What is closed is closed beside the answers.
        eventually(lambda: len(app.held.all_open) <= 3 and not any(one.uses for one in app.held.all_open))
        eventually(lambda: sum(one.is_heavy for one in app.held.all_open) <= 2)
    assert app.held.all_open == []


def test_a_stored_block_needs_no_index(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "gazette")
    with Newsroom.open(archive, embedder=HashEmbedder()) as newsroom:
        for num in range(3):
            newsroom.publish(Story.from_json(story("gazette", f"s{num}")))
        while newsroom.refresh():
            pass
        newsroom.block("s1")
    app = publishers(tmp_path)
    with served(app) as client:
        assert client.get("/p/gazette/stories/s1/related").is_success
        assert client.get("/p/gazette/ready").json()["ready"]
        (one,) = app.held.all_open
        assert not one.service.newsroom.archive.is_loaded


def test_what_outlives_a_closing(tmp_path: Path) -> None:
    keys = make_publishers(tmp_path)
    app = publishers(tmp_path, open=1, loaded=1)
    headers = bearer(keys["gazette"]) | {"idempotency-key": "k"}
    with served(app) as client:
        first = client.post("/p/gazette/stories", json=story("gazette", "a"), headers=headers)
        job = client.put(
            "/p/gazette/jobs/load",
            content=b"{}\n",
            headers=bearer(keys["gazette"]) | {"content-type": "application/x-ndjson"},
        )
        assert job.is_success, job.text
        eventually(
            lambda: (
                client.get("/p/gazette/jobs/load", headers=bearer(keys["gazette"])).json()["state"] == "done"
            )
        )
        eventually(lambda: client.get("/p/herald/health").is_success and app.held.at_hand("gazette") is None)
        again = client.post("/p/gazette/stories", json=story("gazette", "a"), headers=headers)
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert client.get("/p/gazette/jobs/load", headers=bearer(keys["gazette"])).is_success


def test_an_embargo_ends_in_an_archive_that_is_closed(tmp_path: Path) -> None:
    keys = make_publishers(tmp_path, settings="least_score = 0\npast_only = false\n")
    app = publishers(tmp_path, open=1, loaded=1, look_seconds=1)
    headers = bearer(keys["gazette"])
    until = datetime.now(UTC) + timedelta(seconds=3)
    with served(app) as client:
        for id in ("a", "b"):
            client.post("/p/gazette/stories", json=story("gazette", id), headers=headers)
            client.get(f"/p/gazette/stories/{id}/related", headers=headers)
        secret = story("gazette", "c", 2) | {
            "embargo_until": until.isoformat(),
            "published": until.isoformat(),
        }
        assert client.post("/p/gazette/stories", json=secret, headers=headers).is_success
        # While one is at work another is closed, however lately it was asked.
        eventually(lambda: client.get("/p/herald/health").is_success and app.held.at_hand("gazette") is None)
        with Newsroom.open(tmp_path / "gazette", embedder=HashEmbedder()) as newsroom:
            told = lambda: {id for purge in newsroom.purges() for id in purge.change.after}  # noqa: E731
            eventually(lambda: "c" in told())
        assert datetime.now(UTC) > until


def test_an_embargo_ends_in_an_archive_that_is_open_and_sleeps(tmp_path: Path) -> None:
    make_publishers(tmp_path, ("gazette",), settings="least_score = 0\npast_only = false\n")
    until = datetime.now(UTC) + timedelta(seconds=4)
    secret = story("gazette", "c", 2) | {"embargo_until": until.isoformat(), "published": until.isoformat()}
    with Newsroom.open(tmp_path / "gazette", embedder=HashEmbedder()) as newsroom:
        for id in ("a", "b"):
            newsroom.publish(Story.from_json(story("gazette", id)))
        newsroom.publish(Story.from_json(secret))
        while newsroom.refresh():
            pass
        for id in ("a", "b"):
            newsroom.block(id)
    app = publishers(tmp_path)  # looked at once after the start, and then after five minutes
    with served(app) as client, Newsroom.open(tmp_path / "gazette", embedder=HashEmbedder()) as newsroom:
        eventually(lambda: bool(app.held.due) or datetime.now(UTC) > until)
        assert client.get("/p/gazette/health").is_success
        eventually(lambda: "c" in {id for purge in newsroom.purges() for id in purge.change.after})
        assert datetime.now(UTC) > until


def test_nothing_is_remembered_of_an_archive_whose_place_another_took(tmp_path: Path) -> None:
    app, memory = publishers(tmp_path), dict[type, object]()
    make_archive(tmp_path / "gazette")
    for removed in (False, False, True):
        if removed:
            shutil.rmtree(tmp_path / "gazette")
            make_archive(tmp_path / "gazette")
        one = Publisher.open(tmp_path / "gazette", "/p/gazette", app.held.shared, memory)
        assert (one.service.kept(set).__contains__("said")) == (bool(memory.get(dict)) and not removed)
        one.service.kept(set).add("said")
        memory[dict] = {"seen": True}
        one.close()


def test_a_followed_title_that_is_closed_is_due_when_its_site_is(tmp_path: Path) -> None:
    app = publishers(tmp_path)
    make_archive(
        tmp_path / "gazette", '[follow]\nurls = "https://news.example/feed.xml"\nleast_seconds = 77\n'
    )
    one = Publisher.open(tmp_path / "gazette", "/p/gazette", app.held.shared, {})
    now = app.held.shared.clock()
    due = one.close()
    assert due is not None
    assert due.is_patient
    assert due.at >= now + 77
    with ArchivePlace.of(tmp_path / "gazette").open_catalog() as catalog:
        WebSources(catalog).put(
            WebSourceRow("https://news.example/feed.xml", "feed", {}, 300, int(now) + 9000)
        )
    assert work_of(tmp_path / "gazette", app.held.shared) == (True, int(now) + 9000)


def test_an_archive_is_not_closed_under_its_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = make_publishers(tmp_path, ("gazette",))
    begun, may = threading.Event(), threading.Event()
    refresh = Newsroom.refresh

    def slow(self: Newsroom, **how: float) -> list[BlockChange]:
        begun.set()
        assert may.wait(PATIENCE)
        return refresh(self, **how)

    monkeypatch.setattr(Newsroom, "refresh", slow)
    (tmp_path / "related.toml").write_text("[service]\nstop_seconds = 0\n")
    app = publishers(tmp_path)
    with served(app) as client:
        client.post("/p/gazette/stories", json=story("gazette", "a"), headers=bearer(keys["gazette"]))
        assert begun.wait(PATIENCE)
        (one,) = app.held.all_open
        assert not one.is_unused
        catalog = one.service.newsroom.archive.catalog
        one.close()  # as at the end of the process: its thread goes on, and has its archive
        assert catalog.last_seq() > 0
        ended = one.service.newsroom
        closed = threading.Event()
        monkeypatch.setattr(ended, "close", closed.set)
        may.set()
        assert closed.wait(PATIENCE)
        assert one.service.worker.trouble is None


@pytest.mark.parametrize("fails", ["start", "stop"])
def test_what_fails_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def no(*_: object) -> None:
        raise RuntimeError("no more threads")

    make_archive(tmp_path / "gazette")
    one = Publisher.open(tmp_path / "gazette", "/p/gazette", publishers(tmp_path).held.shared, {})
    closed = threading.Event()
    close = one.service.newsroom.close
    monkeypatch.setattr(one.service.newsroom, "close", lambda: (close(), closed.set()))
    if fails == "start":
        monkeypatch.setattr(LearningThread, "start", no)
        with pytest.raises(RuntimeError, match="no more threads"):
            one.rouse()
        assert one.service.worker.is_running
        one.close()
    else:
        one.rouse()
        one.service.on_close(no)
        with pytest.raises(RuntimeError, match="no more threads"):
            one.close()
    assert closed.wait(PATIENCE)
    eventually(lambda: not one.service.worker.is_running)
    one.rouse()
    assert not one.service.worker.is_running  # nothing begins any more


def _made(newsroom: Newsroom) -> set[str]:
    """Return whose blocks are stored."""
    catalog = newsroom.archive.catalog
    return set(catalog.ids_of(Blocks(catalog).load(catalog.nums())).values())


def test_what_another_process_writes_to_a_closed_archive_is_followed(tmp_path: Path) -> None:
    make_publishers(tmp_path)
    app = publishers(tmp_path, look_seconds=1)
    with served(app), Newsroom.open(tmp_path / "herald", embedder=HashEmbedder()) as newsroom:
        for num in range(3):
            newsroom.archive.add([Story.from_json(story("herald", f"s{num}"))])
        eventually(lambda: len(_made(newsroom)) == 3)


def test_an_archive_at_rest_has_no_work(tmp_path: Path) -> None:
    make_publishers(tmp_path, ("gazette",))
    app = publishers(tmp_path)
    assert work_of(tmp_path / "gazette", app.held.shared) is None


def test_a_host_of_its_own(tmp_path: Path) -> None:
    keys = make_publishers(tmp_path)
    with served(publishers(tmp_path, hosts="related.gazette.example=gazette")) as client:
        mine = {"host": "Related.Gazette.example:8350"}
        headers = bearer(keys["gazette"]) | mine
        assert client.post("/stories", json=story("gazette", "a"), headers=headers).status_code == 201
        assert client.get("/health", headers={"host": "related.gazette.example."}).status_code == 200
        assert client.get("/openapi.json", headers={"host": "related.gazette.example."}).status_code == 200
        assert client.get("/desk", headers=mine).headers["location"] == "/desk/sign-in"
        assert client.get("/p/herald/health", headers=mine).status_code == 404
        assert client.get("/p/gazette/health").status_code == 404
        assert client.get("/p/herald/health").status_code == 200


@pytest.mark.parametrize(
    "hosts",
    ["gazette", "a.example=../x", "a.example=x, a.example=y", "a.example=x, b.example=x", "a b=x", "a:80=x"],
)
def test_hosts_that_are_none_are_refused(hosts: str) -> None:
    with pytest.raises(SettingsError, match=r"publishers\.hosts"):
        PublishersSettings(hosts=hosts)


def test_the_desk_below_a_path(tmp_path: Path) -> None:
    make_publishers(tmp_path, ("gazette",))
    with ArchivePlace.of(tmp_path / "gazette").open_catalog() as catalog:
        people = People(catalog)
        people.add("Night desk", Role.ADMIN)
        people.set_password("Night desk", PASSWORD)
    with served(publishers(tmp_path)) as client:
        asked = client.get("/p/gazette/desk/stories/a?q=1")
        sign_in = asked.headers["location"]
        assert sign_in == "/p/gazette/desk/sign-in?to=%2Fdesk%2Fstories%2Fa%3Fq%3D1"
        form = client.get(sign_in).text
        token = re.search(r'name="token" value="([0-9a-f]+)"', form)
        assert token is not None
        assert 'value="/desk/stories/a?q=1"' in form
        assert 'action="/p/gazette/desk/sign-in"' in form
        sent = {"token": token[1], "name": "Night desk", "password": PASSWORD, "to": "/desk/stories/a?q=1"}
        done = client.post("/p/gazette/desk/sign-in", data=sent)
        assert (done.status_code, done.headers["location"]) == (303, "/p/gazette/desk/stories/a?q=1")
        assert "Path=/p/gazette/desk;" in done.headers["set-cookie"]
        page = client.get("/p/gazette/desk")
        assert page.status_code == 200
        assert '="/desk' not in page.text
        assert client.get("/p/gazette/desk/").headers["location"] == "/p/gazette/desk"
        token = re.search(r'name="token" value="([0-9a-f]+)"', page.text)
        assert token is not None
        chosen = client.post(
            "/p/gazette/desk/language",
            data={"token": token[1], "language": "de"},
            headers={"referer": "http://127.0.0.1/p/gazette/desk/attention?x=1"},
        )
        assert chosen.headers["location"] == "/p/gazette/desk/attention?x=1"
        style = re.search(r'href="(/p/gazette/desk/static/\w+/desk\.css)"', page.text)
        assert style is not None
        assert client.get(style[1]).status_code == 200
        sidebar = client.get("/p/gazette/sidebar").text
        assert '="/sidebar' not in sidebar
        assert 'src="/p/gazette/sidebar/static/' in sidebar


def test_the_document_has_the_settings() -> None:
    page = (Path(__file__).parents[2] / "docs" / "publishers.md").read_text("utf-8")
    assert markdown(SettingsGroup(PublishersSettings, TABLE, PREFIX)) in page
