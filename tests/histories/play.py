"""Plays a random history against two services, two library processes and the command line over one archive.

    python -m tests.histories.play OPERATIONS [SEED]

Every answer is held against `Model`: nobody is shown, told or sent what readers may not see just then.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx

from tests.histories.clock import FileClock
from tests.histories.model import Model, Version, as_text
from tests.service.running import ROOT, Running, add_key, make_archive

START = 1_714_564_800.0  # noon of the first of May 2024
NAMES = [f"story{n}" for n in range(16)]
TOPICS = ("flood rain river dike shelter", "vote poll party seat ballot", "goal match cup league striker")
SETTINGS = """slots = 4
least_score = 0.0
diff_blocks = 3
diff_seconds = 5.0
[service]
open_reads = true
reads_per_second = 1000000
writes_per_second = 1000000
"""
QUIET_SECONDS = 120.0  # until the workers have done what there is, on a loaded machine
REMEMBERED = 40  # operations that are printed when something is wrong


class Commands:
    """A process that runs the library and the command line, one call at a time."""

    def __init__(self, archive: Path, clock: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.histories.door", "commands", str(archive), str(clock)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, name: str, *arguments: object) -> dict[str, Any]:
        """Call something there; return its answer, or the error that it raised."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the process ended at {name} {arguments}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


@dataclass
class Player:
    """One history.

    Attributes
    ----------
    services : sequence of httpx.Client
        With a key that has all rights.
    doors : sequence of Commands
    clock : FileClock
    random : random.Random
    archive : str
        Its directory.
    told : dict of str to tuple of str
        What each page links to, by what the outbox said.
    """

    services: Sequence[httpx.Client]
    doors: Sequence[Commands]
    clock: FileClock
    random: random.Random
    archive: str
    model: Model = field(default_factory=Model)
    told: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sent: dict[str, list[Version]] = field(default_factory=dict)  # all that was ever sent, by id
    ever_deleted: set[str] = field(default_factory=set)
    outbox: int = 0
    tokens: int = 0
    done: Counter[str] = field(default_factory=Counter)
    last: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    # Playing

    def play(self, operations: int) -> None:
        """Fill the archive, then do so many operations at random."""
        for name in NAMES[: len(NAMES) // 2]:
            self.publish(name)
        moves: dict[Callable[[], None], int] = {
            self.read_page: 70,
            self.read_library: 20,
            self.read_fragment: 14,
            self.ask_text: 6,
            self.read_by_address: 10,
            self.run_show: 2,
            self.some_publish: 8,
            self.send_again: 4,
            self.send_many: 1,
            self.amend: 5,
            self.delete: 1,
            self.edit: 6,
            self.rehearse: 2,
            self.pass_time: 4,
            self.read_outbox: 1,
        }
        chosen = self.random.choices(list(moves), list(moves.values()), k=operations)
        for number, move in enumerate(chosen):
            move()
            self.done[move.__name__] += 1
            if number % 2000 == 1999:
                self.check_quiet()
        self.check_quiet()

    @property
    def now(self) -> float:
        """What time it is everywhere."""
        return self.clock()

    def note(self, *what: object) -> None:
        """Remember an operation, for the message when something is wrong."""
        self.last.append(f"{self.now - START:+.0f} " + " ".join(map(str, what)))

    def fail(self, *what: object) -> None:
        """Stop, with what was done before."""
        raise AssertionError(" ".join(map(str, what)) + "\n" + "\n".join(self.last))

    def service(self) -> httpx.Client:
        """Return one of the services."""
        return self.random.choice(self.services)

    def held(self) -> str:
        """Return the id of a story that is held."""
        return self.random.choice(sorted(self.model.held) or NAMES)

    # Stories in

    def fresh(self, name: str) -> Version:
        """Return a new version of a story, as a writer would make it now."""
        self.tokens += 1
        token, r = f"Zq{self.tokens}x", self.random
        self.model.owner[token] = name
        before = self.model.held.get(name)
        published = before.published if before else float(int(self.now + r.uniform(-9000, 60)))
        embargo = round(self.now + r.uniform(-3000, 3000), 6) if r.random() < 0.15 else None
        version = Version(
            name,
            token,
            TOPICS[int(name[5:]) % len(TOPICS)],
            published,
            self.now,
            updated=self.now + r.choice([0, 0, 0, 2, 60]) if int(name[5:]) % 4 else None,  # some never say
            status="embargoed" if embargo else r.choice(["published"] * 9 + ["draft", "corrected"]),
            embargo_until=embargo,
            expires=round(self.now + r.uniform(-100, 6000), 6) if r.random() < 0.1 else None,
            sensitive=r.random() < 0.05,
            never_link_to=r.random() < 0.05,
            language="fr" if r.random() < 0.1 else "en",
            links=tuple(r.sample(NAMES, 1)) if r.random() < 0.15 else (),
        )
        return version

    def some_publish(self) -> None:
        """Publish a story that may be held already."""
        self.publish(self.random.choice(NAMES))

    def publish(self, name: str) -> None:
        """Send a new version of a story."""
        self.clock.set(self.now + 1)  # two versions of one story are not made in the same second
        self.send(self.fresh(name), "publish")

    def send_again(self) -> None:
        """Send a version that was sent before: a retry, a queue that was late, a clock that runs ahead."""
        name = self.random.choice(sorted(self.sent))
        version = self.random.choice(self.sent[name][-3:])
        self.send(version, "again")

    def send(self, version: Version, how: str) -> None:
        """Post one story, and note what was acknowledged."""
        self.note(how, version.id, version.token, version.status)
        meant = {"undelete": "true"} if how == "publish" else {}
        answer = self.service().post("/stories", json=version.to_json(), params=meant)
        if answer.status_code >= 500 or (answer.status_code >= 400 and how != "again"):
            self.fail(how, version, answer.status_code, answer.text)
        self.sent.setdefault(version.id, []).append(version)
        if answer.status_code < 400:
            self.take(version, answer.json()["outcome"], how)
            self.check_published(answer.json(), version.id)

    def take(self, version: Version, outcome: str, how: str) -> None:
        """Let the model follow what was acknowledged of a version that was sent."""
        self.note(" ->", outcome)
        if outcome not in ("added", "updated"):
            if outcome == "unchanged" and version.id in self.model.called:
                self.model.sends(version)  # it says what calls have said
            latest = max((v.updated or 0.0 for v in self.sent[version.id]), default=0.0)
            if how == "publish" and outcome == "older" and (version.updated or 0.0) >= latest:
                self.fail("a new version was swallowed", version)
            return
        if version.id in self.model.deleted and how == "again":
            self.fail("a deleted story came back", version)
        self.model.deleted.discard(version.id)
        self.model.sends(version)
        if version.id in self.model.called:
            self.check_standing(version.id)

    def check_standing(self, id: str) -> None:
        """Hold where a story stands against the model."""
        stands = self.doors[0]("standing", id)["answer"]
        should = self.model.held[id]
        if any(value != getattr(should, name) for name, value in stands.items()):
            self.fail("of", self.model.called.get(id), "stands", stands, "and should", should)

    def send_many(self) -> None:
        """Post some stories as JSON Lines, one of them broken."""
        self.clock.set(self.now + 1)
        names = self.random.sample(NAMES, 4)
        versions = [self.fresh(name) for name in names]
        lines = [json.dumps(version.to_json()) for version in versions] + ['{"id": "broken"}']
        self.note("many", *names)
        kind = {"content-type": "application/x-ndjson"}
        meant = {"undelete": "true"}
        answer = self.service().post("/stories", content="\n".join(lines), headers=kind, params=meant)
        if answer.status_code != 200:
            self.fail("many", answer.status_code, answer.text)
        told = answer.json()
        for version, taken in zip(versions, told["stories"], strict=True):
            self.sent.setdefault(version.id, []).append(version)
            self.take(version, taken["outcome"], "publish")
        for taken in told["stories"]:
            self.check_told(taken["changed"])

    def amend(self) -> None:
        """Change where a story stands, by one of the doors."""
        id, r = self.held(), self.random
        what = r.choice(["retracted", "retracted", "published", "draft", "embargoed", "expires"])
        heir = r.choice([None, r.choice(sorted(self.model.held))])
        heir = None if heir == id else heir
        at = float(int(self.now + r.uniform(-1000, 3000)))
        fields: dict[str, object] = {"status": what, "successor": heir if what == "retracted" else None}
        if what == "embargoed":
            fields["embargo_until"] = at
        elif what == "expires":
            fields = {"expires": at}
        body = {name: as_text(value) if isinstance(value, float) else value for name, value in fields.items()}
        self.note("amend", id, body)
        if what == "retracted" and r.random() < 0.3:
            told = r.choice(self.doors)("withdraw", id, heir)
            if "error" in told:
                self.fail("withdraw", id, told)
            answer = told["answer"]
        else:
            got = self.service().patch(_path(id), json=body)
            if got.status_code != 200:
                self.fail("amend", id, body, got.status_code, got.text)
            answer = got.json()
        self.model.calls(id, **fields)
        self.check_published(answer, id)

    def delete(self) -> None:
        """Delete a story."""
        id = self.held()
        if len(self.model.held) < len(NAMES) // 2:
            return
        self.note("delete", id)
        answer = self.service().delete(_path(id))
        if answer.status_code != 200:
            self.fail("delete", id, answer.status_code, answer.text)
        del self.model.held[id]
        self.model.excluded.pop(id, None)
        self.model.called.pop(id, None)
        self.model.deleted.add(id)
        self.ever_deleted.add(id)
        self.read_outbox()  # what was told of it before is of another page than what comes under its id again
        self.told.pop(id, None)
        self.check_told(answer.json()["changed"])
        if answer.json()["block"]["slots"]:
            self.fail("a deleted story has a block", id)

    # Editors

    def edit(self) -> None:
        """Let an editor act on a block."""
        r, source, target = self.random, self.held(), self.held()
        if source == target:
            return
        what = r.choice(["pin", "pin", "exclude", "exclude", "unpin", "include", "freeze", "unfreeze"])
        path, by = _path(source), {"by": "desk"}
        self.note(what, source, target)
        answer = {
            "pin": lambda s: s.put(f"{path}/pins/{target}", json=by | {"position": r.randint(1, 4)}),
            "unpin": lambda s: s.delete(f"{path}/pins/{target}"),
            "exclude": lambda s: s.put(f"{path}/exclusions/{target}", json=by),
            "include": lambda s: s.delete(f"{path}/exclusions/{target}"),
            "freeze": lambda s: s.put(f"{path}/freeze", json=by),
            "unfreeze": lambda s: s.delete(f"{path}/freeze"),
        }[what](self.service())
        if answer.status_code >= 500 or (answer.status_code != 200 and what != "freeze"):
            self.fail(what, source, target, answer.status_code, answer.text)
        if answer.status_code != 200:
            return
        out = self.model.excluded.setdefault(source, set())
        if what == "exclude":
            out.add(target)
        elif what in ("include", "pin"):
            out.discard(target)
        self.check_block(answer.json()["block"], source, preview=True)
        self.check_told(answer.json()["changed"])

    # Reading

    def read_page(self) -> None:
        """Ask a service for a block."""
        id = self.random.choice(NAMES)
        answer = self.service().get(_path(id, "related"))
        self.check_page(id, answer)
        if answer.status_code == 200:
            self.check_block(answer.json(), id)

    def read_by_address(self) -> None:
        """Ask a service for the block of the story at an address."""
        id = self.random.choice(NAMES)
        answer = self.service().get("/related", params={"url": f"https://news.example/{id}?utm_source=x"})
        self.check_page(id, answer)

    def read_fragment(self) -> None:
        """Ask a service for a block as HTML."""
        id = self.random.choice(NAMES)
        answer = self.service().get(_path(id, "related"), headers={"accept": "text/html"})
        self.check_page(id, answer)
        if answer.status_code == 200:
            self.check_words(answer.text, id)

    def check_page(self, id: str, answer: httpx.Response) -> None:
        """Hold the status of an answer against who may see the story."""
        public = self.model.is_public(id, self.now)
        if answer.status_code not in (200, 404, 410) or (answer.status_code == 200) != public:
            self.fail("page", id, "public" if public else "hidden", answer.status_code, answer.text)
        if not public:
            self.check_words(answer.text, None)

    def read_library(self) -> None:
        """Ask the library in another process for a block."""
        id, how = self.random.choice(NAMES), self.random.choice(["related", "block"])
        told = self.random.choice(self.doors)(how, id, 4)
        if "error" not in told:
            if not self.model.is_public(id, self.now):
                self.fail(how, id, "is hidden", told)
            self.check_block(told["answer"], id)
        elif self.model.is_public(id, self.now):
            self.fail(how, id, told)
        else:
            self.check_words(told["message"], None)

    def run_show(self) -> None:
        """Ask the command line for a block."""
        id = self.random.choice(NAMES)
        self.note("show", id)
        told = self.random.choice(self.doors)("run", ["show", id, "-a", self.archive, "--json"])["answer"]
        if told["code"] == 0:
            if not self.model.is_public(id, self.now):
                self.fail("show", id, "is hidden", told)
            self.check_block(json.loads(told["out"]), id)
        elif self.model.is_public(id, self.now):
            self.fail("show", id, told)
        else:
            self.check_words(told["out"] + told["err"], None)

    def ask_text(self) -> None:
        """Ask for the stories nearest to a text."""
        text = self.random.choice(TOPICS)
        answer = self.service().post("/similar", json={"text": text, "k": 10})
        if answer.status_code != 200:
            self.fail("similar", answer.status_code, answer.text)
        self.check_block(answer.json(), None)

    def rehearse(self) -> None:
        """Ask what would happen; nothing does."""
        version = self.fresh(self.random.choice(NAMES))
        self.note("rehearse", version.id, version.token, version.status)
        answer = self.service().post("/stories", params={"dry_run": "true"}, json=version.to_json())
        if answer.status_code >= 500:
            self.fail("rehearse", answer.status_code, answer.text)
        if answer.status_code == 200 and answer.json()["outcome"] in ("added", "updated"):
            future = replace(self.model, held={**self.model.held, version.id: version})
            for change in answer.json()["changed"]:
                for id in change["after"]:
                    why = future.may_stand(change["source"], id, self.now)
                    if why:
                        self.fail("a rehearsal names", id, "in", change["source"], "although", why)

    # Time

    def pass_time(self) -> None:
        """Let the clock go on, or be set back a little."""
        step = self.random.choice([1, 10, 60, 600, 3600, -30, -600])
        self.clock.set(self.now + step)
        self.note("clock", step)

    # Checks

    def check_published(self, answer: Mapping[str, Any], id: str) -> None:
        """Hold an answer to a write against the model."""
        self.check_block(answer["block"], id, preview=True)
        self.check_told(answer["changed"])

    def check_told(self, changed: Sequence[Mapping[str, Any]]) -> None:
        """Hold what is told of other blocks against the model."""
        for change in changed:
            self.check_links(change["source"], change["after"], "is told")

    def check_block(self, block: Mapping[str, Any], id: str | None, *, preview: bool = False) -> None:
        """Hold a block against the model."""
        shown = [c["id"] for s in block["slots"] for c in (s["story"], *s["timeline"])]
        self.check_links(id, shown, "is shown")
        if id is not None and not preview and block["id"] != id:
            self.fail("asked for", id, "got", block["id"])
        if len(set(shown)) < len(shown):
            self.fail("twice in the block of", id, shown)
        self.check_words(json.dumps(block), id)

    def check_links(self, source: str | None, shown: Sequence[str], how: str) -> None:
        """Hold the stories of a block against the model."""
        for id in shown:
            why = self.model.may_stand(source, id, self.now)
            if why:
                self.fail(id, how, "in the block of", source, "although", why)

    def check_words(self, text: str, allowed: str | None) -> None:
        """Look for words of hidden stories, or of versions that are no more."""
        wrong = self.model.wrong_words(text, self.now, allowed)
        if wrong:
            named = [f"{token} of {self.model.owner[token]}" for token in sorted(wrong)]
            self.fail("words that nobody may read:", *named, "\n", text)

    def read_outbox(self) -> None:
        """Follow the outbox: each change begins where the last one of the page ended."""
        for purge in self.doors[0]("purges", self.outbox)["answer"]:
            source = purge["source"]
            known = source in self.told and source not in self.ever_deleted
            if known and tuple(purge["before"]) != self.told[source]:
                self.fail("the outbox of", source, "goes on from", purge["before"], "not", self.told[source])
            self.told[source], self.outbox = tuple(purge["after"]), purge["num"]

    def check_quiet(self) -> None:
        """Wait until the workers are done; then each page shows what was told of it last, by any door."""
        ends = time.monotonic() + QUIET_SECONDS
        while (wrong := self.disagreement()) and time.monotonic() < ends:
            time.sleep(0.5)
        if wrong:
            self.fail(*wrong)
        self.note("quiet")

    def disagreement(self) -> tuple[object, ...]:
        """Return which page shows something else than was told, or than another door shows."""
        shown = {}
        for id in self.model.held:
            if not self.model.is_public(id, self.now):
                continue
            blocks = [service.get(_path(id, "related")).json() for service in self.services]
            blocks += [door("related", id, 4)["answer"] for door in self.doors]
            links = [
                [[s["story"]["id"], *(c["id"] for c in s["timeline"])] for s in b["slots"]] for b in blocks
            ]
            if any(one != links[0] for one in links):
                return ("doors disagree about", id, links)
            shown[id] = tuple(chain.from_iterable(links[0]))
        self.read_outbox()
        for id in self.told.keys() & shown.keys():
            if self.told[id] != shown[id]:
                return ("of", id, "was told", self.told[id], "and it shows", shown[id])
        return ()


def _path(*parts: str) -> str:
    return "/stories/" + "/".join(quote(part, safe="") for part in parts)


@contextmanager
def a_player(folder: Path, seed: int) -> Iterator[Player]:
    """Yield a player over an empty archive, with all its processes."""
    archive = make_archive(folder / "archive", SETTINGS)
    key = add_key(archive, "cms")
    clock = FileClock.create(folder / "clock", START)
    command = [sys.executable, "-m", "tests.histories.door", "service", str(archive), str(folder / "clock")]
    with ExitStack() as stack:
        running = [stack.enter_context(Running(archive, command=command)) for _ in range(2)]
        headers = {"authorization": f"Bearer {key}"}
        services = [
            stack.enter_context(httpx.Client(base_url=one.url, headers=headers, timeout=120))
            for one in running
        ]
        doors = [stack.enter_context(Commands(archive, folder / "clock")) for _ in range(2)]
        player = Player(services, doors, clock, random.Random(seed), str(archive))
        yield player
        for one in running:
            wrong = [line for line in one.lines if "Traceback" in line or '"level": "error"' in line.lower()]
            assert not wrong, wrong


def main() -> None:
    """Play so many operations."""
    operations = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(4))
    print(f"{operations:,} operations, seed {seed}", flush=True)
    begins = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, a_player(Path(folder), seed) as player:
        player.play(operations)
    print(f"1 passed, 0 failed ({time.monotonic() - begins:.0f} s): {dict(player.done)}")


if __name__ == "__main__":
    main()
