"""The sidebar of a CMS: a page for a frame, the script that makes the frame, and the proposals of a draft.

Only pages of `sidebar_origins` may frame it. It knows no cookie: a token that the CMS's server gets lets in.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from recommender.desk import elsewhere, safety, static_files
from recommender.desk.desk import Desk
from recommender.desk.draft import FIELDS
from recommender.desk.placing import placed
from recommender.desk.proposals import propose
from recommender.desk.rendering import environment, read_in
from recommender.desk.wording import words_for
from recommender.errors import RelatedError
from recommender.service import problems
from recommender.service.endpoint import while_heard
from recommender.service.middleware import ROUTE
from recommender.service.request_parsing import BODY, json_body
from recommender.service.sidebar_schemas import SidebarDraft

PATH, SCRIPT = "/sidebar", "/sidebar.js"
PROPOSALS = f"{PATH}/proposals"
SCRIPT_SECONDS = 3600  # a CMS names it by an address that never changes


class Sidebar:
    """What is served beside the desk for other systems' pages, outside of its paths."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._service = desk, desk.service

    def routes(self) -> Sequence[BaseRoute]:
        """Return the page, its script for the CMS, its own files and the call that it makes."""
        return [
            Route(PATH, self.page),
            Route(SCRIPT, self.script),
            Route(PROPOSALS, self.proposals, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """Show the page, which listens to whoever frames it and is one of the setting's origins."""
        request.scope[ROUTE] = PATH
        origins = " ".join(self._service.settings.sidebar_hosts)
        words = words_for(request, self._desk.look.language)
        html = (
            environment(words.tag).get_template("sidebar.html").render(origins=origins, look=self._desk.look)
        )
        policy = safety.policy(frame_ancestors=origins or "'none'", form_action="'none'")
        answer = HTMLResponse(html, headers={"content-security-policy": policy})
        return placed(safety.secured(answer), self._service.root)

    async def script(self, request: Request) -> Response:
        """Answer with the script that makes the frame."""
        request.scope[ROUTE] = SCRIPT
        headers = {
            "cache-control": f"public, max-age={SCRIPT_SECONDS}",
            "cross-origin-resource-policy": "cross-origin",
        }
        name = SCRIPT.removeprefix("/")
        return Response(static_files.files()[name], headers=headers, media_type=static_files.media_type(name))

    async def proposals(self, request: Request) -> Response:
        """Answer with what is proposed for a draft, as a piece of the page."""
        request.scope[ROUTE] = PROPOSALS
        if not safety.is_own(request):
            raise problems.Problem(403, "forbidden", "only the sidebar's own page may ask")
        self._service.admission.admit_sidebar(request)
        limit = self._service.settings.max_question
        async with self._service.bodies.read(request, limit, "max_question") as request.scope[BODY]:
            draft = json_body(request, SidebarDraft)
            try:
                answer = await while_heard(request, self._proposed(request, draft))
                return placed(safety.secured(answer), self._service.root)
            except RelatedError as error:
                raise self._in_words(request, problems.of_error(error)) from error
            except problems.Problem as problem:
                raise self._in_words(request, problem) from problem

    def _in_words(self, request: Request, problem: problems.Problem) -> problems.Problem:
        """Return a problem as the page shows it: in the language of who reads it."""
        words, extra = words_for(request, self._desk.look.language), problem.extra
        if extra.keys() >= {"field", "problem", "way_out"}:
            field = str(extra["field"])
            told = {
                name: elsewhere.said(str(extra[name]), words).striptags() for name in ("problem", "way_out")
            }
            field = words(FIELDS.get(field, field))
            detail = words("%(field)s: %(problem)s; %(way_out)s", field=field, **told)
        else:
            detail = elsewhere.said(problem.detail, words).striptags()
        return problems.Problem(problem.status, problem.kind, detail, problem.headers, problem.extra)

    async def _proposed(self, request: Request, draft: SidebarDraft) -> Response:
        words = words_for(request, self._desk.look.language)
        found = await propose(self._desk, draft.fields(), words)
        template = environment(words.tag).get_template("proposals.html")
        look = read_in(self._desk.look, words.tag)
        return HTMLResponse(template.render(found=found, look=look, inserts=True))
