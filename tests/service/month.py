"""What the scenario checks by: who is public by a plain model, each block as a cache in front holds it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import httpx

from recommender.catalog.blocks import Blocks
from recommender.newsroom import Newsroom, Purge
from recommender.service.answer_schemas import ChangeOut

NEVER = math.inf
PATIENCE = 120.0  # seconds: a loaded machine is slow, not wrong

Pages = dict[str, tuple[str, ...]]  # what each page links to, in order; nothing where readers see no page


@dataclass
class Life:
    """From when until when readers may see a story, epoch seconds; who takes its place; is it held at all."""

    begins: float = 0.0
    ends: float = NEVER
    successor: str | None = None
    deleted: bool = False

    def over(self, successor: str | None = None, *, deleted: bool = False) -> None:
        """Note that it was taken back just now."""
        self.ends, self.successor, self.deleted = 0.0, successor, deleted

    def back(self) -> None:
        """Note that it is public again."""
        self.begins, self.ends, self.successor = 0.0, NEVER, None

    def public_throughout(self, first: float, last: float) -> bool:
        return self.begins <= first and last < self.ends

    def public_at_some_time(self, first: float, last: float) -> bool:
        return self.begins <= last and first < self.ends


@dataclass
class _Copy:
    """What a cache holds of a page."""

    etag: str
    block: dict[str, Any]


def linked(block: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of all stories that a block links to, in order; those folded into a slot follow it."""
    return tuple(card["id"] for slot in block["slots"] for card in (slot["story"], *slot["timeline"]))


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.urls.append(dict(attrs)["href"])


@dataclass
class Month:
    """The service, what was done to it, and what must follow.

    Attributes
    ----------
    http : httpx.Client
        As a page's cache asks: with its copy's tag, each time.
    desk : Newsroom
        Another process's look at the archive: only for the outbox, and for how far the worker is.
    lives : mapping of str to Life
        The plain model: every story that was ever acknowledged.
    pins : mapping of str to mapping of int to str
        By page and position.
    excluded : mapping of str to set of str
        By page.
    """

    http: httpx.Client
    desk: Newsroom
    lives: dict[str, Life] = field(default_factory=dict)
    pins: dict[str, dict[int, str]] = field(default_factory=dict)
    excluded: dict[str, set[str]] = field(default_factory=dict)
    copies: dict[str, _Copy] = field(default_factory=dict)
    pages: Pages = field(default_factory=dict)  # as of the last step
    log: list[Purge] = field(default_factory=list)  # the outbox, as far as it was checked

    # Looking

    def look(self) -> Pages:
        """Ask for every page, check each by itself, and return what they link to."""
        return {id: self._page(id) for id in self.lives}

    def _page(self, id: str) -> tuple[str, ...]:
        copy, life = self.copies.get(id), self.lives[id]
        headers = {"if-none-match": copy.etag} if copy else {}
        begins = time.time()
        answer = self.http.get(f"/stories/{quote(id, safe='')}/related", headers=headers)
        ends = time.time()
        if answer.status_code in (404, 410):
            assert not life.public_throughout(begins, ends), f"{id} is public and has no page"
            gone = life.ends <= begins and not life.deleted
            assert answer.status_code == 410 if gone else life.ends <= ends or answer.status_code == 404
            self.copies.pop(id, None)
            return ()
        assert life.public_at_some_time(begins, ends), f"{id} is not public and has a page"
        if answer.status_code == 304:
            assert copy is not None
            block = copy.block
        else:
            assert answer.status_code == 200, answer.text
            block = answer.json()
            self.copies[id] = _Copy(answer.headers["etag"], block)
        self._check(id, block, begins, ends)
        return linked(block)

    def _check(self, id: str, block: dict[str, Any], begins: float, ends: float) -> None:
        """Check one block: who stands in it, pins in place, provenance."""
        shown = linked(block)
        assert block["id"] == id
        assert id not in shown
        assert len(set(shown)) == len(shown)
        for other in shown:
            life = self.lives[other]
            assert life.public_at_some_time(begins, ends), f"{id} shows {other}, which is not public"
        assert not self.excluded.get(id, set()).intersection(shown)
        assert [slot["position"] for slot in block["slots"]] == list(range(1, len(block["slots"]) + 1))
        for position, target in self.pins.get(id, {}).items():
            heir = self.heir(target, begins, ends)
            if heir is not None and heir != id:
                slot = block["slots"][position - 1]
                assert (slot["story"]["id"], slot["pinned"]) == (heir, True), f"{id} misses its pin {target}"
        assert all(block["provenance"][name] for name in ("model", "weights", "ranker", "settings", "time"))

    def heir(self, id: str, begins: float, ends: float) -> str | None:
        """Return who stands where a story was to be: itself, who succeeds it, or nobody that is sure."""
        while not self.lives[id].public_throughout(begins, ends):
            following = self.lives[id].successor
            if following is None:
                return None
            id = following
        return id

    def check_html(self, ids: Iterable[str]) -> None:
        """Check that pages link to the same as HTML and as JSON, with the same headlines."""
        for id in ids:
            path = f"/stories/{quote(id, safe='')}/related"
            html, plain = (self.http.get(path, headers={"accept": kind}) for kind in ("text/html", "*/*"))
            assert html.status_code == plain.status_code
            if plain.status_code != 200:
                assert html.headers["content-type"] == "application/problem+json"
                continue
            page = _Links()
            page.feed(html.text)
            slots = plain.json()["slots"]
            cards = [card for slot in slots for card in (slot["story"], *slot["timeline"])]
            assert page.urls == [card.get("url") for card in cards]

    # Following

    def settle(self) -> None:
        """Wait until the service's worker has followed all that was written."""
        ends = time.monotonic() + PATIENCE
        while self._behind():
            assert time.monotonic() < ends, f"the worker is behind: {self.desk.exposure()}"
            time.sleep(0.05)

    def _behind(self) -> bool:
        catalog = self.desk.archive.catalog
        if Blocks(catalog).cursor() != catalog.last_seq():
            return True
        self.desk.archive.catch_up()
        found = self.desk.exposure()
        return bool(found.missing or found.stale)

    def begin(self, ids: Iterable[str]) -> None:
        """Note what the archive held before, and wait until each of its pages has a block."""
        self.lives.update((id, Life()) for id in ids)
        self.settle()
        self.pages = self.look()
        self.log = self.desk.purges(0, 100_000)

    @contextmanager
    def step(self, *, quiet: bool = False) -> Iterator[list[ChangeOut]]:
        """Do something, and check what follows: each block at once, each block and the diff when settled.

        Yields a list, to which the changes go that the answers named.

        Parameters
        ----------
        quiet : bool
            Nothing at all may change.
        """
        before, named = self.pages, list[ChangeOut]()
        yield named
        self.look()
        self.settle()
        self.pages = self.look()
        rows = self.desk.purges(self.log[-1].num if self.log else 0, 100_000)
        self.log += rows
        held = [id for id in before if not self.lives[id].deleted]
        check_told({id: (before[id], self.pages[id]) for id in held}, rows, named)
        assert not (quiet and (rows or self.pages != before))
        self.check_html(id for id, links in self.pages.items() if before.get(id) != links)


def check_told(
    pages: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]],
    rows: Sequence[Purge],
    named: Sequence[ChangeOut],
) -> None:
    """Check that the outbox tells exactly the pages that changed, and that answers named what it tells.

    Parameters
    ----------
    pages : mapping of str to (tuple of str, tuple of str)
        What each page linked to before and after.
    rows : sequence of Purge
        What was told meanwhile.
    named : sequence of ChangeOut
        What answers named meanwhile.
    """
    net: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for change in (row.change for row in rows):
        first, last = net.get(change.source, (change.before, change.before))
        assert last == change.before, f"{change.source}: one change does not follow from the other"
        net[change.source] = (first, change.after)
    told = {id: pair for id, pair in net.items() if id in pages and pair[0] != pair[1]}
    assert told == {id: pair for id, pair in pages.items() if pair[0] != pair[1]}
    written = [(row.change.source, row.change.url, [*row.change.before], [*row.change.after]) for row in rows]
    for change in named:  # a page that was told of twice, by a worker and by the call, is named once
        mine = [each for each in written if each[:2] == (change.source, change.url)]
        begins = [before for _, _, before, _ in mine].index(change.before)
        assert change.after in [after for _, _, _, after in mine[begins:]]
