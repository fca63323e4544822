"""What one publisher may take of what all share, and who may use up what."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from starlette.requests import Request

from recommender.catalog.backends import sqlite
from recommender.ingest.base import Found, Origin
from recommender.service import incoming_webhooks, publisher_files
from recommender.service.bodies import Bodies, Room
from recommender.service.connections import OTHER_FILES
from recommender.service.limits import Limiter
from recommender.service.problems import Problem
from recommender.service.publisher_files import FILES_LOADED, FILES_OPEN, within_files
from recommender.service.publishers_settings import PublishersSettings
from recommender.service.settings import ServiceSettings
from recommender.story.story import Story
from tests.service.many import bearer, make_publishers, publishers, served, story

QUOTA = "[service]\nrequests_per_second = 0.0001\nburst_seconds = 30000\n"  # three requests, and no more


def test_strangers_use_up_nothing_and_what_is_withdrawn_is_withdrawn(tmp_path: Path) -> None:
    key = make_publishers(tmp_path, ("gazette",), QUOTA)["gazette"]
    with served(publishers(tmp_path)) as client:
        for _ in range(9):
            assert client.get("/p/gazette/stories/a/related", headers=bearer("wrong")).status_code in {
                401,
                429,
            }
        for id in "ab":
            sent = client.post("/p/gazette/stories", json=story("gazette", id), headers=bearer(key))
            assert sent.status_code == 201
        reads = [client.get("/p/gazette/stories/a/related", headers=bearer(key)) for _ in range(2)]
        assert [each.status_code for each in reads] == [200, 429]
        withdrawn = client.patch("/p/gazette/stories/a", json={"status": "retracted"}, headers=bearer(key))
        assert withdrawn.is_success
        message = client.post("/p/gazette/hooks/ghost", json={}, headers=bearer(key))
        assert message.status_code not in {401, 429}
        assert client.delete("/p/gazette/stories/b", headers=bearer(key)).is_success


def test_a_rate_that_is_used_up_stays_so_when_the_archive_is_opened_again(tmp_path: Path) -> None:
    key = make_publishers(tmp_path, ("gazette",), QUOTA)["gazette"]
    app = publishers(tmp_path)
    with served(app) as client:
        read = "/p/gazette/stories/a/related"
        assert [client.get(read, headers=bearer(key)).status_code for _ in range(4)] == [404, 404, 404, 429]
        client.portal.call(lambda: app.held.close("gazette"))  # type: ignore[union-attr]
        assert client.get(read, headers=bearer(key)).status_code == 429


def test_bulk_loads_count_by_stories_and_leave_half_to_others() -> None:
    limiter = Limiter(per_second=10, burst=40)
    loaded = [limiter.wait_behind("all", 8, 0.0) for _ in range(3)]
    assert loaded == [0, 0, 0]
    assert limiter.wait_behind("all", 8, 0.0) == pytest.approx(0.4)  # 16 are there, and 20 have to be
    assert [limiter.wait("all", 0.0) for _ in range(16)] == [0] * 16  # who does not go behind has them
    assert limiter.wait("all", 0.0) > 0
    assert limiter.wait_behind("all", 8, 2.0) == 0


def test_a_bulk_load_uses_up_the_rate_of_all(tmp_path: Path) -> None:
    key = make_publishers(tmp_path, ("gazette",), QUOTA.replace("30000", "60000"))["gazette"]  # six requests
    with served(publishers(tmp_path)) as client:
        lines = "\n".join(json.dumps(story("gazette", id)) for id in "abcdef")
        kind = {"content-type": "application/x-ndjson"}
        sent = client.post("/p/gazette/stories", content=lines, headers=bearer(key) | kind)
        assert len(sent.json()["stories"]) == 6
        assert client.get("/p/gazette/stories/a/related", headers=bearer(key)).status_code == 429


def test_one_archive_has_one_name(tmp_path: Path) -> None:
    make_publishers(tmp_path, ("gazette",))
    (tmp_path / "zeitung").symlink_to(tmp_path / "gazette")
    app = publishers(tmp_path)
    with served(app) as client:
        assert client.get("/p/gazette/health").status_code == 200
        assert client.get("/p/zeitung/health").status_code == 404
        assert [one.service.root for one in app.held.all_open] == ["/p/gazette"]


def test_a_message_for_whose_stories_there_is_no_room_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def two(*_: object, **__: object) -> list[Found]:
        stories = [Story.from_json(story("gazette", id)) for id in "ab"]
        return [Found(story=each, origin=Origin(kind="ghost", id=each.id)) for each in stories]

    key = make_publishers(tmp_path, ("gazette",), "[service]\nmost_stories = 1\n")["gazette"]
    monkeypatch.setattr(incoming_webhooks, "notices", two)
    with served(publishers(tmp_path)) as client:
        sent = client.post("/p/gazette/hooks/ghost", json={}, headers=bearer(key))
        assert sent.status_code == 507
        assert client.get("/p/gazette/stories/a/related", headers=bearer(key)).status_code == 404


def _request(body: bytes) -> Request:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({"type": "http", "headers": []}, receive)


def test_the_bodies_of_all_have_one_room() -> None:
    settings = ServiceSettings(max_question=10)
    room = Bodies(settings)
    mine, others = Bodies(settings, within=room), Bodies(settings, within=room)

    async def play() -> None:
        async def hold(bodies: Bodies) -> None:
            async with bodies.read(_request(b"x" * 400), 400, "x", Room.STRANGERS):
                with pytest.raises(Problem) as refused:
                    async with others.read(_request(b"x" * 400), 400, "x", Room.STRANGERS):
                        pass
                assert refused.value.status == 503

        for _ in range(3):
            await hold(mine)  # what was held is given back, whatever became of it
        async with others.read(_request(b"x" * 400), 400, "x", Room.STRANGERS) as body:
            assert len(body) == 400

    asyncio.run(play())


def test_fewer_are_open_and_loaded_where_files_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    common, wanted = ServiceSettings(connections=10), PublishersSettings(open=500, loaded=32)
    for files in (400, 5000):
        monkeypatch.setattr(
            publisher_files, "files_up_to", lambda needed, most=files: min(needed, most + OTHER_FILES + 10)
        )
        found = within_files(wanted, common)
        assert 1 <= found.loaded <= wanted.loaded
        assert found.loaded * FILES_LOADED + found.open * FILES_OPEN <= files
    monkeypatch.setattr(publisher_files, "files_up_to", lambda needed: needed)
    assert within_files(wanted, common) == wanted


def test_statements_are_compiled_once_for_all_archives(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.sqlite", "b.sqlite")]
    for path in paths:
        path.touch()
    engines = [sqlite.open_engine(path, busy_seconds=1, read_only=False) for path in paths]
    assert engines[0].dialect is engines[1].dialect
    assert engines[0].dialect.server_version_info
    caches = [engine.get_execution_options()["compiled_cache"] for engine in engines]
    assert caches[0] is caches[1]
    for engine in engines:
        engine.dispose()


def test_settings_of_archives_are_refused_for_all(tmp_path: Path) -> None:
    (tmp_path / "related.toml").write_text(json.dumps("x") + " = 1\nk = 9\n[page]\n[publishers]\n")
    with pytest.raises(Exception, match=r"related\.toml: k is not of all publishers"):
        publishers(tmp_path)
