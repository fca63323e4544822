"""Many publishers behind a real server, and which settings of all and of one count."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from recommender.archive.archive_place import ArchivePlace
from recommender.client import Client
from recommender.errors import SettingsError
from recommender.service.publishers_settings import load_common, load_publishers_settings, settings_of
from recommender.service.settings import ServiceSettings
from recommender.story.story import Story
from tests.service.many import NAMES, bearer, make_publishers, publishers, served, story, word_of
from tests.service.running import Running, related


def test_a_process_serves_them_and_ends_in_order(tmp_path: Path) -> None:
    keys = make_publishers(tmp_path)
    command = [sys.executable, "-m", "tests.service.publishers_server", str(tmp_path)]
    with Running(tmp_path, command=command) as running:
        for name in NAMES:
            with Client(f"{running.url}/p/{name}", keys[name]) as client:
                client.publish(Story.from_json(story(name, "a")))
                assert client.related("a").headline.endswith(word_of(name))
        with urllib.request.urlopen(f"{running.url}/metrics") as answer:
            figures = answer.read().decode()
        assert 'related_publisher_requests_total{publisher="herald",status="200"}' in figures
        assert running.stop() == 0
        lines = running.log
    asked = [line for line in lines if line["event"] == "answered" and line["method"] == "POST"]
    assert [line["publisher"] for line in asked] == list(NAMES)
    assert not any(word_of(name) in json.dumps(lines) for name in NAMES)
    for name in NAMES:
        with ArchivePlace.of(tmp_path / name).open_catalog() as catalog:
            assert catalog.count() == 1


def test_a_publisher_keeps_to_its_own_quotas(tmp_path: Path) -> None:
    settings = "[service]\nmost_stories = 2\nrequests_per_second = 0.001\nburst_seconds = 12_000\n"
    keys = make_publishers(tmp_path, ("gazette", "herald"))
    (tmp_path / "herald" / "related.toml").write_text(settings)
    with served(publishers(tmp_path)) as client:
        for name in ("gazette", "herald"):
            headers = bearer(keys[name])
            sent = [client.post(f"/p/{name}/stories", json=story(name, id), headers=headers) for id in "abc"]
            assert [each.status_code for each in sent] == [201, 201, 201 if name == "gazette" else 507]
            again = client.post(f"/p/{name}/stories", json=story(name, "a", 2), headers=headers)
            assert again.status_code == 200  # what is held can be changed
        refused = sent[-1].json()
        assert refused["type"].endswith(":story-quota")
        assert "2 stories that may be held" in refused["detail"]
        assert "service.most_stories" in refused["detail"]
        lines = "\n".join(json.dumps(story("herald", id)) for id in ("b", "d")).encode()
        many = client.post(
            "/p/herald/stories", content=lines, headers=headers | {"content-type": "application/x-ndjson"}
        ).json()
        assert [each["id"] for each in many["stories"]] == ["b"]
        assert [each["line"] for each in many["refused"]] == [2]
        reads = [client.get("/p/herald/stories/a/related", headers=headers).status_code for _ in range(9)]
        assert 429 in reads
        assert client.get("/p/gazette/stories/a/related", headers=bearer(keys["gazette"])).status_code == 200


def _ran(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(related(*words), capture_output=True, text=True, timeout=120, check=False)


def test_settings_of_all_count_where_a_publisher_has_none(tmp_path: Path) -> None:
    archive = tmp_path / "gazette"
    archive.mkdir()
    (tmp_path / "related.toml").write_text(
        "[publishers]\nopen = 7\n[service]\nwaiting = 9\nmost_stories = 5\nproxies = '10.0.0.7'\n"
    )
    (archive / "related.toml").write_text("[service]\nmost_stories = 50\nproxies = '10.9.9.9'\n")
    assert load_publishers_settings(tmp_path, {}).open == 7
    common = load_common(tmp_path, {"RELATED_SERVICE_WAITING": "11"})
    mine = settings_of(archive, common)
    assert (mine.waiting, mine.most_stories) == (11, 50)
    assert mine.proxies == "10.0.0.7"  # of the process
    assert settings_of(tmp_path / "none", ServiceSettings()) == ServiceSettings()


@pytest.mark.parametrize(
    "env",
    [
        {"RELATED_SERVICE_HOOK_SECRET": "x" * 20},
        {"RELATED_SERVICE_WEBHOOK_URL": "https://cache.example"},
        {"RELATED_CATALOG_URL": "postgresql://db.example/related"},
        {"RELATED_FOLLOW_ADDRESSES": "https://news.example/feed"},
    ],
)
def test_what_is_one_publishers_alone_is_refused_for_all(tmp_path: Path, env: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(env))):
        load_common(tmp_path, env)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[publishers]\nopen = 0\n", "publishers.open"),
        ("[publishers]\nopn = 3\n", "open"),
        ("[service]\nmost_stories = -1\n", "service.most_stories"),
        ("[service]\nwebhook_secret = 'x'\n", "service.webhook_secret"),
    ],
)
def test_wrong_settings_end_the_command(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "related.toml").write_text(text)
    ran = _ran("serve", "--publishers", tmp_path, "--port", "0")
    assert ran.returncode != 0
    assert named in ran.stderr
    assert str(tmp_path / "related.toml") in ran.stderr or "setting" in ran.stderr


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    ran = _ran("serve", "--publishers", tmp_path / "none")
    assert ran.returncode != 0
    assert "related init --archive" in ran.stderr
    ran = _ran("serve", "--publishers", tmp_path, "--open-reads")
    assert ran.returncode != 0
    assert "open_reads" in ran.stderr
