"""What readers and editors ask an archive at random, by each of its doors."""

from __future__ import annotations

import json

import httpx

from tests.histories.checks import path
from tests.histories.writes import NAMES, TOPICS, Writes

HTML = {"accept": "text/html"}


class Reads(Writes):
    """Asks for blocks, for stories by text, and for what a write would do."""

    def read_page(self) -> None:
        """Ask a service for a block."""
        id = self.random.choice(NAMES)
        answer = self.service().get(path(id, "related"))
        self.check_status(id, answer)
        if answer.status_code == 200:
            self.check_block(answer.json(), id)

    def read_pages(self, service: httpx.Client) -> None:
        """Ask one service for all blocks."""
        for id in NAMES:
            answer = service.get(path(id, "related"))
            self.check_status(id, answer)
            if answer.status_code == 200:
                self.check_block(answer.json(), id)

    def read_by_address(self) -> None:
        """Ask a service for the block of the story at an address."""
        id = self.random.choice(NAMES)
        answer = self.service().get("/related", params={"url": f"https://news.example/{id}?utm_source=x"})
        self.check_status(id, answer)
        if answer.status_code == 200:
            self.check_block(answer.json(), id)

    def read_fragment(self) -> None:
        """Ask a service for a block as HTML."""
        id = self.random.choice(NAMES)
        answer = self.service().get(path(id, "related"), headers=HTML)
        self.check_status(id, answer)
        if answer.status_code == 200:
            self.check_words(answer.text, id)

    def read_library(self) -> None:
        """Ask the library in another process for a block."""
        id, how = self.random.choice(NAMES), self.random.choice(["related", "block", "engine", "page"])
        told = self.commands()(how, id)
        if not self.check_shown(id, told.get("message", ""), how, id):
            return
        if how == "page":
            self.check_words(told["answer"], id)
        else:
            self.check_block(told["answer"], id, by_hand=how != "engine")

    def ask_command(self) -> None:
        """Ask the command line."""
        id = self.random.choice(NAMES)
        how = self.random.choice(["show", "show", "query", "engine", "html", "text"])
        words = {
            "show": ["show", id, "--json"],
            "query": ["query", "--id", id, "--json"],
            "engine": ["show", id, "--engine", "--json"],
            "html": ["show", id, "--html"],
            "text": ["show", id],
        }[how]
        self.note(*words)
        told = self.commands().run(*words)
        if not self.check_shown(id, told["err"] if told["code"] else "", *words):
            return
        if "--json" in words:
            self.check_block(json.loads(told["out"]), id, by_hand=how != "engine")
        else:
            self.check_words(told["out"], id)

    def ask_text(self) -> None:
        """Ask for the stories nearest to a text."""
        text = self.random.choice(TOPICS)
        if self.random.random() < 0.3:
            self.check_block(self.commands()("similar", text)["answer"], None)
            return
        answer = self.service().post("/similar", json={"text": text, "k": 10})
        if answer.status_code != 200:
            self.fail("similar", answer.status_code, answer.text)
        self.check_block(answer.json(), None)

    def rehearse(self) -> None:
        """Ask what a story would do; nothing happens."""
        version = self.fresh(self.random.choice(NAMES))
        self.note("rehearse", version.id, version.token, version.status)
        answer = self.service().post("/stories", params={"dry_run": "true"}, json=version.to_json())
        if answer.status_code >= 500:
            self.fail("rehearse", answer.status_code, answer.text)
        if answer.status_code == 200 and answer.json()["outcome"] in ("added", "updated"):
            future = self.model.copy()
            future.sends(version)
            self.check_rehearsed(answer.json(), version.id, future)

    def rehearse_call(self) -> None:
        """Ask what a call would do; nothing happens."""
        id = self.held()
        what, fields = self.some_call(id)
        self.note("rehearse", id, what, fields)
        answer, future = self.call(id, what, fields, dry_run=True), self.model.copy()
        future.calls(id, **fields)
        self.check_rehearsed(answer, id, future)

    def pass_time(self) -> None:
        """Let the clock go on, or be set back a little."""
        step = self.random.choice([1, 10, 60, 600, 3600, -30, -600])
        self.doors.clock.set(self.now + step)
        self.note("clock", step)
