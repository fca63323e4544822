"""Slots of a block that its own title leaves free, with stories of other titles of the group, by rule.

Which stories those are is found when a block is asked for, and kept in memory. Whether they may be shown is
asked of both archives at every answer: whose archive cannot be asked is left out.
"""

from __future__ import annotations

import asyncio
import logging
import time
import weakref
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from contextvars import Context, copy_context
from dataclasses import replace
from functools import partial

from recommender.concurrency.retries import attempt, told
from recommender.engine.block import Block, Slot, Title
from recommender.newsroom import Newsroom
from recommender.newsroom.guest_records import Guest, Host
from recommender.newsroom.guests import Guests
from recommender.service.guest_search import MOST_AGE, GuestSearch, Known, Seated, Wanted, as_work_of
from recommender.service.held_publishers import HeldPublishers
from recommender.service.problems import Problem
from recommender.service.publisher import Publisher
from recommender.service.titles import TitleSettings
from recommender.story.story import Story

log = logging.getLogger("related.publishers")

PATIENCE = 1.0  # seconds that an answer waits for an archive to open, or for stories to be found at first
REST = 1.0  # seconds between two searches for one block
CLOSED_SECONDS = 60.0  # after which it is looked at whether a closed archive has something new
MOST_HELD = 20_000  # blocks for which it is known what others have, some kilobyte each
MOST_SEARCHES = 64  # that wait; whoever asks then is answered with what is known
ASKED_SECONDS = 5.0  # that an answer waits for archives that have to read; it has no guests then


class GuestSlots:
    """Guests of all publishers of a process. Lives on the event loop.

    Parameters
    ----------
    held : HeldPublishers
        Those that are open.
    titles : mapping of str to TitleSettings
        The rule, by title.
    """

    def __init__(self, held: HeldPublishers, titles: Mapping[str, TitleSettings]) -> None:
        self._held, self._titles = held, titles
        self._known: OrderedDict[tuple[str, str], Known] = OrderedDict()
        self._searches: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._askings: set[asyncio.Task[list[tuple[str, Guest, Story]]]] = set()
        self._looking = ThreadPoolExecutor(2, thread_name_prefix="guests")
        self._searching = ThreadPoolExecutor(1, thread_name_prefix="guests-search")
        self._search_by, self._is_closing = GuestSearch(), False

    def welcome(self, name: str, one: Publisher) -> None:
        """Let guests into the blocks of one that was opened, where its rule names any."""
        if (title := self._titles.get(name)) and title.links_to:
            one.service.guests = partial(self._with_guests, name, one.service.newsroom)

    async def _with_guests(self, name: str, newsroom: Newsroom, block: Block, k: int) -> Block:
        free = k - sum(not slot.fallback for slot in block.slots)
        if free <= 0 or block.id is None:
            return block
        host = newsroom.guests.host(block, at_hand=True)
        if host is None:
            host = await self._held.aside(
                name, partial(newsroom.guests.host, block, at_hand=False), self._looking
            )
        if host is None or host.is_frozen:
            return block
        known = await self._known_of(name, host, block)
        if known is None:
            return block
        room = min(free, self._titles[name].slots)
        shown = self._at_hand(known, host, room)
        if shown is None:
            shown = await self._asked(known, host, room)
        return self._seated(name, known, block, k, shown) if shown else block

    # What others have

    async def _known_of(self, name: str, host: Host, block: Block) -> Known | None:
        key = (name, block.id or "")
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
        fits = known is not None and known.fits(host, block)
        if known is None or not fits or self._is_stale(name, known, host):
            search = self._search(key, block)
            if search is not None and not fits:
                await asyncio.wait([search], timeout=PATIENCE)
                known = self._known.get(key)
        return known if known is not None and known.fits(host, block) else None

    def _is_stale(self, name: str, known: Known, host: Host) -> bool:
        now = time.monotonic()
        age = now - known.looked_at
        if age < REST:
            return False
        if now - known.found_at > MOST_AGE or host.context.now >= known.until:
            return True
        for home in self._titles[name].links_to:
            one = self._held.at_hand(home)
            if one is None:
                if age > CLOSED_SECONDS:
                    return True
            elif one.service.newsroom.guests.as_of() != known.as_of.get(home):
                return True
        return False

    def _search(self, key: tuple[str, str], block: Block) -> asyncio.Task[None] | None:
        """Begin to look for guests of a block, unless that goes on; None where too much waits."""
        if (search := self._searches.get(key)) is not None:
            return search
        if self._is_closing or len(self._searches) >= MOST_SEARCHES:
            return None
        # In no request's context: it is nobody's who asks.
        task = asyncio.get_running_loop().create_task(self._searched(key, block), context=Context())
        self._searches[key] = task
        task.add_done_callback(lambda _: self._searches.pop(key, None))
        return task

    async def _searched(self, key: tuple[str, str], block: Block) -> None:
        name, homes = key[0], dict[str, Newsroom]()
        wanted = Wanted(name, block, self._titles[name].slots)
        try:
            async with AsyncExitStack() as hands:
                if self._is_closing:
                    return
                host = await hands.enter_async_context(self._held.held(name, asked=False))
                for home in self._titles[name].links_to:
                    if (one := await self._in_hand(hands, home)) is not None:
                        homes[home] = one
                work = partial(
                    self._search_by.found, wanted, host.service.newsroom, homes, self._known.get(key)
                )
                found = await self._held.aside(name, work, self._searching)
        except Exception as error:  # of one archive, or of ours: the block is shorter
            log.warning("stories of other titles could not be looked for: %s", told(error))
            return
        if found is not None:
            self._known[key] = found
            while len(self._known) > MOST_HELD:
                self._known.popitem(last=False)

    async def _in_hand(self, hands: AsyncExitStack, home: str) -> Newsroom | None:
        """Return a home that is open, or opens in time, in hand until the end; None where it does not."""
        try:
            async with asyncio.timeout(PATIENCE):
                one = await hands.enter_async_context(self._held.held(home))
        except (Problem, TimeoutError):  # the log has why
            return None
        return one.service.newsroom if self._held.is_there(home) else None

    # What may be shown of it

    def _at_hand(self, known: Known, host: Host, room: int) -> list[tuple[str, Guest, Story]] | None:
        """Return who may be shown now, None where something has to be opened or read for that."""
        homes: dict[str, Guests] = {}
        for home in {home for home, _ in known.guests}:
            one = self._held.at_hand(home)
            if one is None or not self._held.is_there(home):
                return None
            self._held.touch(home, one)
            homes[home] = one.service.newsroom.guests
        try:
            return _shown(known, homes, host, room, at_hand=True)
        except Exception:  # to be read, or an error that is told there
            return None

    async def _asked(self, known: Known, host: Host, room: int) -> list[tuple[str, Guest, Story]]:
        """Return who may be shown; nobody where an archive, or others that wait for one, take too long."""
        if self._is_closing or len(self._askings) >= MOST_SEARCHES:
            return []
        task = asyncio.get_running_loop().create_task(self._ask(known, host, room))
        self._askings.add(task)
        task.add_done_callback(self._askings.discard)
        await asyncio.wait([task], timeout=ASKED_SECONDS)
        return task.result() if task.done() else []

    async def _ask(self, known: Known, host: Host, room: int) -> list[tuple[str, Guest, Story]]:
        async with AsyncExitStack() as hands:
            homes = dict[str, Guests]()
            for home in dict.fromkeys(home for home, _ in known.guests):
                if (one := await self._in_hand(hands, home)) is not None:
                    homes[home] = one.guests
            work = partial(copy_context().run, _shown, known, homes, host, room, at_hand=False)
            return await asyncio.get_running_loop().run_in_executor(self._looking, work)

    def _seated(
        self, name: str, known: Known, block: Block, k: int, shown: Sequence[tuple[str, Guest, Story]]
    ) -> Block:
        """Return a block with guests after its own stories, before those that are only the latest."""
        guests, last = tuple(shown), known.seated
        if last is not None and last.own() is block and last.k == k and last.guests == guests:
            return last.block
        own = [slot for slot in block.slots if not slot.fallback]
        seats = [self._slot(name, home, guest, story) for home, guest, story in guests]
        slots = [*own, *seats, *(slot for slot in block.slots if slot.fallback)][:k]
        placed = tuple(replace(slot, position=place) for place, slot in enumerate(slots, 1))
        whole = replace(block, slots=placed)
        known.seated = seated = Seated(weakref.ref(block, partial(_leave, known)), k, guests, whole)
        return seated.block

    def _slot(self, name: str, home: str, guest: Guest, story: Story) -> Slot:
        other = self._titles.get(home, TitleSettings())
        is_named = self._titles[name].labelled
        title = Title(
            publisher=home, id=guest.id, name=other.name or home, address=other.address, named=is_named
        )
        return replace(guest.slot, story=story, title=title)

    async def close(self) -> None:
        """Look for nothing more."""
        self._is_closing = True
        await asyncio.gather(*self._searches.values(), *self._askings, return_exceptions=True)
        for threads in (self._looking, self._searching):
            await asyncio.to_thread(threads.shutdown, wait=True)


def _shown(
    known: Known, homes: Mapping[str, Guests], host: Host, room: int, *, at_hand: bool
) -> list[tuple[str, Guest, Story]]:
    """Return who may be shown now, past both link policies; an archive that cannot be asked has nobody."""
    shown: list[tuple[str, Guest, Story]] = []
    taken: set[str] = set()
    for home, guest in known.guests:
        if home not in homes or len(shown) == room:
            continue
        ask = partial(homes[home].shown, guest, host, at_hand=at_hand)
        if at_hand:
            found = ask()
        else:
            found, error = attempt(partial(as_work_of, home, ask))
            if error is not None:
                as_work_of(home, partial(log.warning, "a story could not be asked for: %s", told(error)))
        if found is not None and taken.isdisjoint(found.standing.addresses):
            taken |= found.standing.addresses
            shown.append((home, guest, found.story))
    return shown


def _leave(known: Known, own: weakref.ref[Block]) -> None:
    """Let go of an answer whose block is gone: it holds stories."""
    if known.seated is not None and known.seated.own is own:
        known.seated = None
