"""Publishers whose catalogs are on PostgreSQL: apart, closed and opened, and followed when others write."""

from __future__ import annotations

import time
from pathlib import Path

from recommender.newsroom import Newsroom
from tests.fakes import HashEmbedder
from tests.scale.postgres_server import PostgresServer
from tests.service.many import bearer, make_publishers, publishers, served, story, word_of

NAMES = ("gazette", "herald")
PATIENCE = 120.0


def test_two_publishers_on_one_server_are_apart(postgres_server: PostgresServer, tmp_path: Path) -> None:
    keys: dict[str, str] = {}
    for name in NAMES:
        settings = f'least_score = 0\n[catalog]\nurl = "{postgres_server.fresh()}"\n'
        keys |= make_publishers(tmp_path, (name,), settings)
    app = publishers(tmp_path, open=1, loaded=1)  # each closes the other

    with served(app) as client:

        def block(name: str) -> set[str]:
            answer = client.get(f"/p/{name}/stories/a/related", headers=bearer(keys[name]))
            assert answer.status_code == 200
            assert not any(word_of(other) in answer.text for other in NAMES if other != name)
            return {slot["story"]["id"] for slot in answer.json()["slots"]}

        for name in NAMES:
            for day, id in enumerate("abc", 1):
                sent = client.post(
                    f"/p/{name}/stories", json=story(name, id, day), headers=bearer(keys[name])
                )
                assert sent.status_code == 201
        assert [block(name) for name in NAMES] == [{"b", "c"}] * 2
        with Newsroom.open(tmp_path / "herald", embedder=HashEmbedder()) as newsroom:  # another process
            newsroom.withdraw("c")
        assert [block(name) for name in NAMES] == [{"b", "c"}, {"b"}]
        other = client.get("/p/gazette/stories/a/related", headers=bearer(keys["herald"]))
        assert other.status_code == 401
        ends = time.monotonic() + PATIENCE
        while len(app.held.all_open) > 1:  # what is closed gives its connections back
            assert time.monotonic() < ends
            time.sleep(0.1)
