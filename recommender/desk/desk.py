"""The desk itself: what its pages share. The pages are functions over it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from starlette.responses import HTMLResponse, RedirectResponse, Response

from recommender.archive.card_index import CardIndex
from recommender.catalog.audit import AuditLog
from recommender.desk.failed_sign_ins import FailedSignIns
from recommender.desk.held_worklists import HeldWorklists
from recommender.desk.measuring import Measuring
from recommender.desk.page import Page, Visit
from recommender.desk.people import People
from recommender.desk.rendering import environment, read_in
from recommender.desk.settings import DeskSettings
from recommender.desk.soon import Soon
from recommender.desk.throttle import Throttle
from recommender.desk.trying import Trying
from recommender.desk.wording import Words, words_for
from recommender.service.service import Service
from recommender.story_map.story_map import StoryMap

P = ParamSpec("P")
R = TypeVar("R")


class Desk:
    """What the pages share.

    Parameters
    ----------
    service : Service
        Brings the newsroom, and the threads in which it is asked.
    settings : DeskSettings
        The operator's choices.
    links : sequence of Page
        The pages that stand in the bar at the top.
    ticks : callable
        Returns seconds of a clock that never goes back; by it tries to sign in are counted.
    """

    def __init__(
        self,
        service: Service,
        settings: DeskSettings,
        links: Sequence[Page] = (),
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.service, self.settings, self.links = service, settings, links
        self.newsroom, self.look = service.newsroom, service.newsroom.engine.look
        self.people = People(service.newsroom.archive.catalog, service.clock)
        self.worklists = HeldWorklists(service.newsroom, service.clock)
        self.soon = Soon(service.work.read_behind)
        self.sign_ins = service.kept(Throttle, lambda: Throttle(ticks))
        self.cards = CardIndex(service.newsroom.archive.catalog)
        self.failed_sign_ins = FailedSignIns(AuditLog(service.newsroom.archive.catalog), service.clock, ticks)
        self.story_map = StoryMap(service.newsroom.archive, service.clock)
        self.measuring = Measuring(service.newsroom, lambda: service.work.is_busy)
        self.trying = Trying(service.newsroom, service.work.read_behind)
        service.beforehand(self.cards.names)
        service.beforehand(self.newsroom.read_anchors)
        service.beforehand(self.story_map.picture)
        service.on_close(self.failed_sign_ins.close)
        service.on_close(self.story_map.close)
        service.on_close(self.measuring.close)
        service.on_close(self.worklists.close)
        service.on_close(self.soon.close)
        service.counts(lambda: self.measuring.running)
        service.counts(lambda: self.worklists.running)
        service.counts(lambda: self.soon.running)

    async def read(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that reads; raise a 503 `Problem` when it would have to wait too long."""
        return await self.service.work.read(function, *args, **kwargs)

    async def write(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that writes, in its turn among all writes; the worker follows it up."""
        done = await self.service.work.write(function, *args, **kwargs)
        self.service.worker.wake()
        return done

    async def aside(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run what takes time and is not the archive's: a password's hash, of which few are made at once."""
        return await self.service.work.aside(function, *args, **kwargs)

    async def refuse(self, visit: Visit, by: str, name: str = "") -> None:
        """Count a try to sign in that failed; it takes as long whoever has the name, or nobody."""
        self.service.metrics.sign_ins.labels(by, "refused").inc()
        person = await self.aside(self.people.find, name)
        self.failed_sign_ins.count(person.name if person else "", by, visit.address)

    def page(self, visit: Visit, template: str, status: int = 200, **values: object) -> Response:
        """Return a page. Its template extends `base.html`."""
        here, words = visit.request.url.path, self.words(visit)
        shared = {"visit": visit, "look": read_in(self.look, words.tag), "links": self.links, "here": here}
        shared["by_proxy"] = bool(self.settings.header)
        found = environment(words.tag).get_template(template)
        return HTMLResponse(found.render(shared | values), status)

    def words(self, visit: Visit) -> Words:
        """Return the words for who visits: as they chose, as they read, or as the archive's pages."""
        return words_for(visit.request, self.look.language)

    def to(self, address: str) -> Response:
        """Return the answer to a form that was taken: the browser goes on to a page."""
        return RedirectResponse(address, 303)
