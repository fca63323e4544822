"""The desk as routes: those of the table of pages, its scripts and styles, and what there is not."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from recommender.desk import static_files
from recommender.desk.desk import Desk
from recommender.desk.endpoint import NO_SUCH_PAGE, DeskEndpoint
from recommender.desk.page import Page, Visit
from recommender.desk.pages import PAGES
from recommender.desk.settings import DeskSettings, load_desk_settings
from recommender.desk.sidebar import PATH as SIDEBAR
from recommender.desk.sidebar import Sidebar
from recommender.errors import SettingsError, shown
from recommender.service import problems
from recommender.service.service import Service


def routes(service: Service, ticks: Callable[[], float] = time.monotonic) -> Sequence[BaseRoute]:
    """Return the desk over a service, to be served beside its calls; for `ticks` see `Desk`.

    Raises
    ------
    SettingsError
        When a proxy is to say who comes, and none is believed: nobody could come in.
    """
    settings = load_desk_settings(service.newsroom.archive.path)
    if settings.header and not service.settings.proxies:
        raise SettingsError(
            f"setting desk.header is {shown(settings.header)}, and service.proxies names no proxy that sends "
            "it; name the proxy there, or take desk.header out to let people sign in at the desk"
        )
    return _routes(service, settings, ticks)


def routes_of_own(service: Service) -> Sequence[BaseRoute]:
    """Return the desk on one's own machine: no proxy stands before it, so people sign in here."""
    settings = replace(load_desk_settings(service.newsroom.archive.path), header="")
    return _routes(service, settings, time.monotonic)


def _routes(service: Service, settings: DeskSettings, ticks: Callable[[], float]) -> Sequence[BaseRoute]:
    desk = Desk(service, settings, [page for page in PAGES if page.link], ticks)
    by_path: dict[str, dict[str, Page]] = {}
    for page in (*PAGES, _NOWHERE):
        by_path.setdefault(page.path, {})[page.method] = page
    found = [
        Route(path, DeskEndpoint(desk, path, by_method))  # of any method: what there is not is a page, too
        for path, by_method in by_path.items()
    ]
    fixed = [
        *(Route(before + static_files.PATH, static_files.serve) for before in (static_files.DESK, SIDEBAR)),
        Route("/desk/", _home(desk.service.root)),
    ]
    return [*fixed, *found, *Sidebar(desk).routes()]


def _home(root: str) -> Callable[[Request], Awaitable[Response]]:
    async def home(_: Request) -> Response:
        return RedirectResponse(f"{root}/desk", 308)

    return home


async def _nowhere(_: Desk, __: Visit) -> Response:
    raise problems.Problem(404, "not-found", NO_SUCH_PAGE)


_NOWHERE = Page(path="/desk/{rest:path}", show=_nowhere, role=None)
