"""A CMS is asked no faster than the settings let, and no answer of it is an exception of another kind."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import RelatedError
from recommender.export.cms_requests import TRIES, CmsRequests
from recommender.web.errors import WebError
from tests.web.site import Reply, Site, client, running


@pytest.fixture(scope="module")
def site():
    with running() as site:
        yield site


def requests(waits: list[float], **settings: object) -> CmsRequests:
    return CmsRequests(web=client(**settings), login="LOGIN", rights="RIGHTS", sleep=waits.append)


def test_there_is_a_pause_between_two_requests(site: Site) -> None:
    site.pages["/x"] = "{}"
    waits: list[float] = []
    writer = requests(waits, pause_seconds=5)
    for _ in range(3):
        writer.send("POST", f"{site.url}/x", {})
    assert [4 < wait <= 5 * place for place, wait in enumerate(waits, 1)] == [True, True]


def test_it_is_tried_a_few_times_with_growing_pauses(site: Site) -> None:
    site.pages["/x"] = Reply("busy", 500)
    site.asked.clear()
    waits: list[float] = []
    with pytest.raises(WebError, match="it answers 500; try again later"):
        requests(waits, pause_seconds=0).send("POST", f"{site.url}/x", {})
    assert len(site.asked) == TRIES
    assert len(waits) == TRIES - 1
    assert waits[-1] > waits[0]


@settings(max_examples=30)
@given(
    status=st.integers(200, 599).filter(lambda status: status not in (204, 304)),
    body=st.binary(max_size=40)
    | st.sampled_from([b'{"message": "no"}', b'{"errors": [{}]}', b"[1]", b'{"errors": 3}']),
    after=st.text("0123456789-., GMT", max_size=9),
)
def test_whatever_is_answered_is_an_answer_or_an_error_of_ours(
    site: Site, status: int, body: bytes, after: str
) -> None:
    site.pages["/x"] = Reply(body, status, {"retry-after": after, "location": "x"})
    writer = requests([], pause_seconds=0)
    if 200 <= status < 300:
        assert writer.send("POST", f"{site.url}/x", {"a": 1}).status == status
        return
    with pytest.raises(RelatedError) as caught:
        writer.send("POST", f"{site.url}/x", {"a": 1})
    assert str(status) in str(caught.value) or 300 <= status < 400
