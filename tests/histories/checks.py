"""What is held against the model: each answer when it comes, and all doors together when the workers rest."""

from __future__ import annotations

import json
import random
import time
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any
from urllib.parse import quote

import httpx

from tests.histories.model import Model
from tests.histories.processes import START, Commands, Doors

QUIET_SECONDS = 120.0  # until the workers have done what there is, on a loaded machine
REMEMBERED = 40  # operations that are printed when something is wrong


class Checks:
    """Knows what should be, and stops where something else is.

    Parameters
    ----------
    doors : Doors
    seed : int
        Of all that is random.
    """

    def __init__(self, doors: Doors, seed: int) -> None:
        self.doors, self.random, self.model = doors, random.Random(seed), Model()
        self.told: dict[str, tuple[str, ...]] = {}  # what each page links to, by what the outbox said
        self.outbox = self.answers = 0
        self.last: deque[str] = deque(maxlen=REMEMBERED)

    @property
    def now(self) -> float:
        """What time it is everywhere."""
        return self.doors.clock()

    def note(self, *what: object) -> None:
        """Remember an operation, for the message when something is wrong."""
        self.last.append(f"{self.now - START:+.0f} " + " ".join(map(str, what)))

    def fail(self, *what: object) -> None:
        """Stop, with what was done before."""
        raise AssertionError(" ".join(map(str, what)) + "\n" + "\n".join(self.last))

    def service(self) -> httpx.Client:
        """Return one of the services."""
        return self.random.choice(self.doors.services)

    def commands(self) -> Commands:
        """Return one of the processes with the library."""
        return self.random.choice(self.doors.commands)

    # Each answer

    def check_status(self, id: str, answer: httpx.Response) -> None:
        """Hold the status of an answer against who may see the story, and its words if there is no block."""
        self.answers += 1
        public = self.model.is_public(id, self.now)
        if answer.status_code not in (200, 404, 410) or (answer.status_code == 200) != public:
            self.fail("page", id, "public" if public else "hidden", answer.status_code, answer.text)
        if not public:
            self.check_words(answer.text, None)

    def check_shown(self, id: str, error: str, *what: object) -> bool:
        """Hold whether there was an answer against who may see the story; return whether there was."""
        public = self.model.is_public(id, self.now)
        if public == bool(error):
            self.fail(*what, "public" if public else "hidden", error)
        if error:
            self.check_words(error, None)
        return public

    def check_published(self, answer: Mapping[str, Any], id: str) -> None:
        """Hold an answer to a write against the model."""
        self.check_block(answer["block"], id, preview=True)
        self.check_told(answer["changed"])
        self.check_words(json.dumps(answer), id)

    def check_rehearsed(self, answer: Mapping[str, Any], id: str, future: Model) -> None:
        """Hold what would happen against the model as it would be."""
        now, self.model = self.model, future
        self.check_published(answer, id)
        self.model = now

    def check_told(self, changed: Sequence[Mapping[str, Any]]) -> None:
        """Hold what is told of other blocks against the model."""
        for change in changed:
            self.check_links(change["source"], change["after"], "is told")

    def check_block(
        self, block: Mapping[str, Any], id: str | None, *, preview: bool = False, by_hand: bool = True
    ) -> None:
        """Hold a block against the model; without `by_hand`, one that knows nothing of editors."""
        shown = [c["id"] for s in block["slots"] for c in (s["story"], *s["timeline"])]
        self.check_links(id, shown, "is shown", by_hand=by_hand)
        if id is not None and not preview and block["id"] != id:
            self.fail("asked for", id, "got", block["id"])
        if len(set(shown)) < len(shown):
            self.fail("twice in the block of", id, shown)
        self.check_words(json.dumps(block), id, by_hand=by_hand)

    def check_links(
        self, source: str | None, shown: Sequence[str], how: str, *, by_hand: bool = True
    ) -> None:
        """Hold the stories of a block against the model."""
        for id in shown:
            why = self.model.may_stand(source, id, self.now, by_hand=by_hand)
            if why:
                self.fail(id, how, "in the block of", source, "although", why)

    def check_words(self, text: str, source: str | None, *, by_hand: bool = True) -> None:
        """Look for words of stories that may not stand there, or of versions that are no more."""
        wrong = self.model.wrong_words(text, self.now, source, by_hand=by_hand)
        if wrong:
            named = [f"{token} of {self.model.owner[token]}" for token in sorted(wrong)]
            self.fail("words that nobody may read:", *named, "\n", text)

    def check_standing(self, id: str) -> None:
        """Hold where a story stands against the model."""
        stands = self.commands()("standing", id)["answer"]
        should = self.model.held[id]
        if any(value != getattr(should, name) for name, value in stands.items()):
            self.fail("of", self.model.called.get(id), "stands", stands, "and should", should)

    # All doors together

    def read_outbox(self) -> None:
        """Follow the outbox: each change begins where the last one of the page ended."""
        for purge in self.commands()("purges", self.outbox)["answer"]:
            source, before = purge["source"], tuple(purge["before"])
            if self.told.get(source, before) != before:
                self.fail("the outbox of", source, "goes on from", before, "not", self.told[source])
            self.told[source], self.outbox = tuple(purge["after"]), purge["num"]

    def check_quiet(self) -> None:
        """Wait until the workers are done; then each page shows what was told of it last, by any door."""
        ends = time.monotonic() + QUIET_SECONDS
        while (wrong := self._disagreement()) and time.monotonic() < ends:
            time.sleep(0.5)
        if wrong:
            self.fail(*wrong)
        for id in self.model.held:
            self.check_standing(id)
        for service in self.doors.services:
            self.check_words(service.get("/metrics").text, None)
        self.note("quiet")

    def _disagreement(self) -> tuple[object, ...]:
        """Return which page shows something else than was told, or than another door shows."""
        shown = {}
        for id in self.model.held:
            if not self.model.is_public(id, self.now):
                continue
            blocks = [service.get(path(id, "related")).json() for service in self.doors.services]
            blocks += [commands("related", id)["answer"] for commands in self.doors.commands]
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


def path(*parts: str) -> str:
    """Return the path of a story in a service."""
    return "/stories/" + "/".join(quote(part, safe="") for part in parts)
