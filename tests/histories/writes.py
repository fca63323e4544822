"""What a CMS and editors do to an archive at random, and how the model follows it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from tests.histories.checks import Checks, path
from tests.histories.model import Version, as_text
from tests.histories.processes import Doors

NAMES = [f"story{n}" for n in range(16)]
TOPICS = ("flood rain river dike shelter", "vote poll party seat ballot", "goal match cup league striker")


class Writes(Checks):
    """Sends stories, changes where they stand, deletes them and edits their blocks."""

    def __init__(self, doors: Doors, seed: int) -> None:
        super().__init__(doors, seed)
        self.sent: dict[str, list[Version]] = {}  # all that was ever sent, by id
        self.tokens = 0
        self.done: Counter[str] = Counter()

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
        self.doors.clock.set(self.now + 1)  # two versions of one story are not made in the same second
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

    def send_many(self) -> None:
        """Post some stories as JSON Lines, one of them broken."""
        self.doors.clock.set(self.now + 1)
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

    # Calls

    def some_call(self, id: str) -> tuple[str, dict[str, Any]]:
        """Return a call that changes where a story stands, and the fields that it sets."""
        r = self.random
        what = r.choice(["patch", "patch", "patch", "withdraw", "restore", "merge"])
        heir = r.choice(sorted(self.model.held.keys() - {id}))
        if what == "merge" and not self.model.acts.get(id):  # what editors did to its block would go along
            return what, {"status": "retracted", "successor": heir}
        if what == "restore":
            ends = self.model.held[id].expires
            over = {"expires": None} if ends is not None and ends <= self.now else {}
            return what, {"status": "published", "successor": None} | over
        if what != "patch":
            return "withdraw", {"status": "retracted", "successor": r.choice([None, heir])}
        status = r.choice(["retracted", "published", "draft", "embargoed", "expires"])
        at = float(int(self.now + r.uniform(-1000, 3000)))
        if status == "expires":
            return what, {"expires": at}
        until = {"embargo_until": at} if status == "embargoed" else {}
        return what, {"status": status, "successor": heir if status == "retracted" else None} | until

    def amend(self) -> None:
        """Change where a story stands, by one of the doors."""
        id = self.held()
        what, fields = self.some_call(id)
        self.note("amend", id, what, fields)
        answer = self.call(id, what, fields)
        self.model.calls(id, **fields)
        self.check_published(answer, id)

    def call(self, id: str, what: str, fields: dict[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Make a call by one of the doors that have it, and return its answer."""
        if what == "patch":
            body = {name: as_text(at) if isinstance(at, float) else at for name, at in fields.items()}
            got = self.service().patch(path(id), json=body, params={"dry_run": "true"} if dry_run else {})
            if got.status_code != 200:
                self.fail("patch", id, body, got.status_code, got.text)
            answer: dict[str, Any] = got.json()
            return answer
        heir = fields["successor"]
        if self.random.random() < 0.3:
            to = [heir] if what == "merge" else ["--for", heir] if heir else []
            return self.ran(what, id, *to, "--json", *(["--dry-run"] if dry_run else []))
        told = self.commands()(what, id, *([] if what == "restore" else [heir]), dry_run)
        if "error" in told:
            self.fail(what, id, heir, told)
        answer = told["answer"]
        return answer

    def ran(self, *words: object) -> dict[str, Any]:
        """Run a command that may not fail; return what it printed, under the library's names."""
        told = self.commands().run(*words)
        if told["code"]:
            self.fail(*words, told)
        printed: dict[str, Any] = json.loads(told["out"])
        changed = [row | {"source": row["id"]} for row in printed["changed"]]
        return {"block": printed, "changed": changed, "event": printed.get("event")}

    def delete(self) -> None:
        """Delete a story."""
        id = self.held()
        if len(self.model.held) < len(NAMES) // 2:
            return
        self.note("delete", id)
        answer = self.service().delete(path(id))
        if answer.status_code != 200:
            self.fail("delete", id, answer.status_code, answer.text)
        del self.model.held[id]
        self.model.called.pop(id, None)
        self.model.deleted.add(id)
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
        acts = [
            "pin",
            "pin",
            "exclude",
            "exclude",
            "unpin",
            "include",
            "freeze",
            "unfreeze",
            "import",
            "undo",
        ]
        what, done = r.choice(acts), sorted(self.model.acts.get(source, {}))
        if what == "undo" and done:
            self.undo(source, r.choice(done))
            return
        self.note(what, source, target)
        answer = self.edited(what, source, target) if what != "undo" else {}
        if answer:
            self.model.edits(source, answer["event"], what, target)
            self.check_published(answer, source)

    def undo(self, source: str, num: int) -> None:
        """Take an act back; what came after it stands."""
        self.note("undo", source, num, self.model.acts[source].pop(num))
        self.check_published(self.ran("undo", num, "--by", "desk", "--json"), source)

    def edited(self, what: str, source: str, target: str) -> dict[str, Any]:
        """Edit a block; return the answer, empty where there was nothing to freeze."""
        place, by = self.random.randint(1, 4), ["--by", "desk", "--json"]
        if what == "import":
            return self.ran("import-block", source, target, *by)
        if self.random.random() < 0.1 and what != "freeze":
            named = [] if what == "unfreeze" else [target]
            return self.ran(what, source, *named, *(["--at", place] if what == "pin" else []), *by)
        kept = {"pin": f"pins/{target}", "exclude": f"exclusions/{target}", "freeze": "freeze"}
        undone = {"unpin": kept["pin"], "include": kept["exclude"], "unfreeze": kept["freeze"]}
        if what in undone:
            got = self.service().delete(f"{path(source)}/{undone[what]}")
        else:
            body = {"by": "desk"} | ({"position": place} if what == "pin" else {})
            got = self.service().put(f"{path(source)}/{kept[what]}", json=body)
        if got.status_code >= 500 or (got.status_code != 200 and what != "freeze"):
            self.fail(what, source, target, got.status_code, got.text)
        answer: dict[str, Any] = got.json() if got.status_code == 200 else {}
        return answer
