"""Stories of other titles of a group: by rule alone, past both link policies at every answer, marked."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.engine.question import ReadStory
from recommender.errors import SettingsError
from recommender.newsroom import Newsroom
from recommender.newsroom.guest_records import Guest, Host
from recommender.newsroom.guests import Guests
from recommender.service import guest_slots
from recommender.service.titles import load_titles
from tests.fakes import HashEmbedder
from tests.service.many import NAMES, bearer, make_publishers, publishers, served, word_of

PATIENCE = 120.0
RULE = """
[titles.gazette]
links_to = ["herald", "nobody"]
slots = 9
[titles.herald]
name = "The Herald <Daily>"
address = "https://herald.example/"
"""


def story(name: str, id: str, day: int = 1, more: str = "") -> dict[str, Any]:
    """Return a story that is on the subject of all others and a copy of none, whatever its id."""
    own = " ".join(f"{name}{id}{letter}" for letter in "abcdefghijkl").replace("-", "")
    return {
        "id": id,
        "url": f"https://{name}.example/{id}",
        "headline": f"Ferry report {own[:30]} {word_of(name)} {more}".strip(),
        "body": f"Ferry river rescue passengers. {own} says {word_of(name)}. {own[::-1]} {more}",
        "published": f"2025-01-{day:02d}T06:00:00Z",
        "language": "en",
    }


class Group:
    """Three titles, of which the gazette may show stories of the herald."""

    def __init__(self, client: TestClient, directory: Path, keys: dict[str, str]) -> None:
        self.client, self.directory, self.keys = client, directory, keys

    def send(self, name: str, **fields: Any) -> None:
        """Publish a story."""
        id, day = fields.pop("id"), fields.pop("day", 1)
        sent = story(name, id, day) | fields
        answer = self.client.post(f"/p/{name}/stories", json=sent, headers=bearer(self.keys[name]))
        assert answer.is_success, answer.text

    def change(self, name: str, id: str, **fields: Any) -> None:
        """Change where a story stands."""
        answer = self.client.patch(f"/p/{name}/stories/{id}", json=fields, headers=bearer(self.keys[name]))
        assert answer.is_success, answer.text

    def read(self, name: str = "gazette", id: str = "s0", form: str = "json", k: int = 10) -> str:
        """Return a block as it is answered."""
        path = f"/p/{name}/stories/{id}/related?k={k}&format={form}"
        answer = self.client.get(path, headers=bearer(self.keys[name]))
        assert answer.status_code == 200, answer.text
        return answer.text

    def slots(self, name: str = "gazette", id: str = "s0", k: int = 10) -> list[dict[str, Any]]:
        """Return the slots of a block, and look at what they tell of others."""
        text = self.read(name, id, k=k)
        found: list[dict[str, Any]] = json.loads(text)["slots"]
        assert [slot["position"] for slot in found] == list(range(1, len(found) + 1))
        for slot in found:
            home = slot.get("title", {"publisher": name})["publisher"]
            assert home == name or (name, home) == ("gazette", "herald")
            assert word_of(home) in slot["story"]["headline"]
            assert not slot["timeline"] or home == name
        return found

    def guests(self, **asked: Any) -> list[str]:
        """Return the ids, at home, of the guests in a block."""
        return [slot["title"]["id"] for slot in self.slots(**asked) if "title" in slot]

    def wait(self, ids: set[str]) -> None:
        """Return when these are the guests: what others publish is looked for beside the answers."""
        ends = time.monotonic() + PATIENCE
        while set(found := self.guests()) != ids:
            assert time.monotonic() < ends, f"{found}, and not {ids}"
            time.sleep(0.1)


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    """The titles, each with two stories of the same ids."""
    keys = make_publishers(tmp_path, settings="least_score = 0\n")
    (tmp_path / "related.toml").write_text(f"{RULE}[service]\ncache_seconds = 60\n", "utf-8")
    with served(publishers(tmp_path)) as client:
        found = Group(client, tmp_path, keys)
        for name in NAMES:
            for day, id in enumerate(("s0", "s1"), 1):
                found.send(name, id=id, day=day)
        yield found


def test_a_title_shows_stories_of_those_that_its_rule_names_and_says_whose_they_are(group: Group) -> None:
    group.wait({"s0", "s1"})
    own, *guests = group.slots()
    assert "title" not in own
    for slot in guests:
        id = slot["title"]["id"]
        assert slot["title"] == {
            "publisher": "herald", "id": id, "name": "The Herald <Daily>", "address": "https://herald.example/",
        }  # fmt: skip
        assert slot["story"]["id"] == f"/p/herald/stories/{id}"
        assert slot["story"]["url"] == f"https://herald.example/{id}"
    page = group.read(form="html")
    assert page.count('<a href="https://herald.example/">The Herald &lt;Daily&gt;</a>') == 2
    assert group.read(form="text").count("from: The Herald <Daily> https://herald.example/") == 2
    assert word_of("herald") not in group.read(form="rss")  # which could not say whose they are
    assert [len(group.guests(k=k)) for k in (1, 2, 3)] == [0, 1, 2]  # its own stories come first
    assert [group.guests(name=name) for name in ("herald", "observer")] == [[], []]
    key, path = bearer(group.keys["gazette"]), "/p/gazette/stories/s0/related?k=10"
    similar = group.client.post("/p/gazette/similar", json={"text": "ferry rescue"}, headers=key)
    assert word_of("herald") not in similar.text + group.client.get("/p/gazette/metrics", headers=key).text
    first = group.client.get(path, headers=key)
    assert "no-cache" in first.headers["cache-control"]  # whatever the setting says: no purge tells of guests
    again = group.client.get(path, headers=key | {"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    with Newsroom.open(group.directory / "gazette", embedder=HashEmbedder()) as newsroom:
        newsroom.freeze("s0", by="night desk")
    assert not group.guests()  # the block is as its editors froze it


HIDDEN = (
    {"status": "retracted"},
    {"embargo_until": "2999-01-01T00:00:00Z"},
    {"expires": "2025-02-01T00:00:00Z"},
)
SENT = ({"sensitive": True}, {"never_link_to": True}, {"language": "fr"}, {"url": None}, {"noindex": True})


def test_what_its_own_archive_hides_is_gone_at_the_next_answer(group: Group) -> None:
    shown = {f"s{num}" for num in range(len(HIDDEN) + len(SENT) + 1)}
    for id in shown - {"s0", "s1"}:
        group.send("herald", id=id)
    group.wait(shown)
    for num, fields in enumerate(HIDDEN + SENT):
        id = f"s{num}"
        if fields in HIDDEN:
            group.change("herald", id, **fields)
        else:
            group.send("herald", id=id, **fields)
        shown.remove(id)
        assert set(group.guests()) == shown, fields
    (last,) = shown
    assert group.client.delete(f"/p/herald/stories/{last}", headers=bearer(group.keys["herald"])).is_success
    assert not group.guests()
    group.change("herald", "s0", status="published")
    group.wait({"s0"})
    group.send("gazette", id="s0", never_link_from=True)  # the page itself
    assert not group.guests()


def test_what_another_process_withdraws_is_gone_and_what_cannot_be_asked_is_left_out(group: Group) -> None:
    group.wait({"s0", "s1"})
    with Newsroom.open(group.directory / "herald", embedder=HashEmbedder()) as newsroom:
        newsroom.withdraw("s1")
    assert group.guests() == ["s0"]
    away = group.directory / "herald"
    away.rename(group.directory / "elsewhere")
    assert not group.guests()
    assert len(group.slots()) == 1
    shutil.copytree(group.directory / "elsewhere", away)
    (away / "catalog.sqlite").write_bytes(b"no database")
    assert not group.guests()


def test_what_stands_in_both_titles_has_one_slot_and_no_page_has_its_own_copy(group: Group) -> None:
    group.wait({"s0", "s1"})
    words = f"{word_of('gazette')} {word_of('herald')}"
    shared = story("gazette", "s1", 2, words)
    copied = {name: shared[name] for name in ("headline", "body", "published")}
    page = story("gazette", "s0", 1, words)
    group.send("gazette", **{"id": "s1", **copied})
    group.send("gazette", **{"id": "s0", "headline": page["headline"], "body": page["body"]})
    group.send("herald", **{"id": "copy-of-slot", **copied})
    group.send("herald", id="copy-of-page", headline=page["headline"], body=page["body"])
    group.send("herald", id="canonical", day=3, canonical_url="https://gazette.example/s1?utm_source=x")
    group.send("herald", id="news", day=3)
    group.wait({"s0", "s1", "news"})


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('[titles.a]\nlinks_to = ["a"]', "the title itself"),
        ('[titles.a]\nlinks_to = ["../b"]', "names of publishers"),
        ('[titles.a]\nlinks_to = ["b", "b"]', "each once"),
        ("[titles.a]\nslots = 0", "slots is 0; give a number from 1 to 20"),
        ('[titles.a]\naddress = "javascript:alert(1)"', "begins with https://"),
        ("[titles.a]\nlink_to = []", "known are name, address, links_to"),
        ("[titles.a]\nslots = 'two'", "slots"),
        ("titles = 1", "write [titles.NAME]"),
    ],
)
def test_a_rule_that_cannot_be_names_what_is_wrong(tmp_path: Path, table: str, told: str) -> None:
    (tmp_path / "related.toml").write_text(table, "utf-8")
    with pytest.raises(SettingsError) as refused:
        load_titles(tmp_path)
    assert told in str(refused.value)


def test_an_archive_that_does_not_answer_keeps_no_block_waiting(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    group.wait({"s0", "s1"})
    answers, shown, late = threading.Event(), Guests.shown, list[Guest]()

    def stuck(self: Guests, guest: Guest, host: Host, *, at_hand: bool) -> ReadStory | None:
        if at_hand:
            raise LookupError(guest.id)
        if not answers.wait(PATIENCE):
            late.append(guest)
        return shown(self, guest, host, at_hand=False)

    monkeypatch.setattr(guest_slots, "ASKED_SECONDS", 0.05)
    monkeypatch.setattr(Guests, "shown", stuck)
    try:
        assert [group.guests() for _ in range(3)] == [[], [], []]
        assert not late, "it was waited for"
    finally:
        answers.set()
    monkeypatch.undo()
    group.wait({"s0", "s1"})
