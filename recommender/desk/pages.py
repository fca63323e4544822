"""Every page of the desk, as one table. In its order paths are tried, and stand in the bar at the top."""

from __future__ import annotations

from recommender.desk import (
    attention,
    audit,
    bulk,
    clicks,
    draft,
    front,
    language,
    map_page,
    quality,
    rating,
    signing_in,
    story,
    threads,
    what_if,
)
from recommender.desk.endpoint import SIGN_IN
from recommender.desk.page import Page
from recommender.desk.roles import Role
from recommender.desk.wording import N_

PAGES = (
    Page(path="/desk", show=front.show, role=Role.READER, link=N_("Stories")),
    Page(path="/desk/attention", show=attention.show, role=Role.READER, link=N_("To look at")),
    Page(path=bulk.PATH, show=bulk.show, role=Role.READER, link=N_("Many at once")),
    Page(path=bulk.PATH, method="POST", show=bulk.begin, role=Role.EDITOR),
    Page(path=f"{bulk.PATH}/{{num}}", show=bulk.show_one, role=Role.READER),
    Page(path="/desk/stories/{id}", show=story.show, role=Role.READER),
    Page(path="/desk/stories/{id}", method="POST", show=story.act, role=Role.EDITOR),
    Page(path="/desk/stories/{id}/block", show=story.block, role=Role.READER),
    Page(path="/desk/draft", show=draft.ask, role=Role.READER, link=N_("Draft")),
    Page(path="/desk/draft", method="POST", show=draft.show, role=Role.READER),
    Page(path="/desk/threads", show=threads.show_all, role=Role.READER, link=N_("Threads")),
    Page(path="/desk/threads/{id}", show=threads.show_one, role=Role.READER),
    Page(path="/desk/map", show=map_page.show, role=Role.READER, link=N_("Map")),
    Page(path="/desk/map/points", show=map_page.points, role=Role.READER),
    Page(path="/desk/map/story", show=map_page.story, role=Role.READER),
    Page(path=quality.PATH, show=quality.show, role=Role.READER, link=N_("Quality")),
    Page(path=quality.PATH, method="POST", show=quality.start, role=Role.EDITOR),
    Page(path=what_if.PATH, show=what_if.show, role=Role.READER, link=N_("What if")),
    Page(path=what_if.PATH, method="POST", show=what_if.act, role=Role.ADMIN),
    Page(path=rating.PATH, show=rating.show, role=Role.EDITOR, link=N_("Rate")),
    Page(path=rating.PATH, method="POST", show=rating.act, role=Role.EDITOR),
    Page(path="/desk/clicks", show=clicks.show, role=Role.READER, link=N_("Clicks")),
    Page(path="/desk/audit", show=audit.show, role=Role.ADMIN, link=N_("Audit log")),
    Page(path=SIGN_IN, show=signing_in.ask, role=None),
    Page(path=SIGN_IN, method="POST", show=signing_in.by_password, role=None),
    Page(path="/desk/link/{secret}", show=signing_in.ask_by_link, role=None),
    Page(path="/desk/link/{secret}", method="POST", show=signing_in.by_link, role=None),
    Page(path=language.PATH, method="POST", show=language.choose, role=None),
    Page(path="/desk/sign-out", method="POST", show=signing_in.sign_out, role=None),
)
