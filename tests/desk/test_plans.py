"""No page of the desk reads a table that grows from end to end, but that of clicks, which sums up a month."""

from __future__ import annotations

from recommender.desk.roles import Role
from recommender.desk.story import SCRIPTS
from tests.desk.conftest import Office
from tests.plans import scans, statements

PATHS = (
    "/desk",
    "/desk?page=2&section=Sport&status=public",
    "/desk?q=ferry+budg",
    "/desk?q=ferry&language=en&kind=news&since=2025-01-01",
    "/desk/stories/ferry-3",
    "/desk/stories/ferry-3?act=exclude&target=ferry-2",
    "/desk/stories/ferry-3?find=cricket",
    "/desk/stories/ferry-3/block",
    "/desk/attention",
    "/desk/bulk",
    "/desk/bulk?kind=approve&day=2025-01-03",
    "/desk/threads",
    "/desk/map",
    "/desk/quality",
    "/desk/rating",
    "/desk/audit",
    "/desk/audit?kind=key",
    "/desk/audit?kind=block",
    "/desk/audit?kind=settings&about=1",
    "/desk/what-if?story=ferry-3",
    "/desk/what-if?story=ferry-3&slots=2",
)

MOST_ASKED = {
    "/desk": 2,
    "/desk?q=ferry": 2,
    "/desk?q=ferry&part=list": 2,
    "/desk/stories/ferry-3": 2,
    "/desk/stories/ferry-3?part=behind": 2,
    "/desk/stories/ferry-3/block": 0,
}
"""Statements of a page that is looked at again: one for each kind of row, none for each slot."""


def test_a_page_asks_for_each_kind_of_row_once(office: Office) -> None:
    browser = office.signed_in("sports-desk", Role.EDITOR)
    browser.http.cookies.set(SCRIPTS, "1", path="/desk")
    asked = {}
    for path in MOST_ASKED:
        browser.get(path)
        with statements() as found:
            assert browser.get(path).status_code == 200
        asked[path] = len(found)
    assert {path: count for path, count in asked.items() if count > MOST_ASKED[path]} == {}


def test_no_page_reads_a_whole_table_once_the_service_is_up(office: Office) -> None:
    browser = office.signed_in("chief-desk", Role.ADMIN)
    office.newsroom.comparison_desk.start({"recency": 1}, "sports-desk")
    office.newsroom.pin("ferry-3", "budget-1", 1, "sports-desk")
    held = ("/desk", "/desk/attention", "/desk/threads", "/desk/what-if?story=ferry-3&slots=2")
    for path in held:  # headlines, lists, events, and the sample of blocks that is asked about
        browser.whole(path)
    found, told = {}, 0
    for path in PATHS:
        with statements() as asked:
            assert browser.get(path).status_code == 200
        found[path] = scans(office.newsroom.archive.catalog, asked)
        told += len(asked)
    assert told > len(PATHS)
    assert found == {path: [] for path in PATHS}
