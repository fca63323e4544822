"""Two settings are compared over HTTP: begun, told of and ended, by admins alone."""

from __future__ import annotations

import httpx
import pytest

from recommender.client import Client
from recommender.client.retrying import ServiceError
from recommender.service.keys import Right
from tests.service.conftest import Shared
from tests.service.running import add_key

BODY = {"values": {"recency": 0.5}, "note": "fresher", "by": "sports-desk"}


def end(http: httpx.Client) -> None:
    for each in http.get("/comparisons").json()["comparisons"]:
        http.delete(f"/comparisons/{each['num']}").raise_for_status()


def test_one_is_begun_told_of_and_ended_once(http: httpx.Client) -> None:
    end(http)
    begun = http.post("/comparisons", json=BODY)
    assert begun.status_code == 201
    told = begun.json()
    assert (told["values"], told["note"], told["ended_by"]) == ({"recency": 0.5}, "fresher", None)
    assert told["by"].startswith("sports-desk")
    assert (told["verdict"], told["units"], told["low"], told["high"]) == ("open", 0, 0, 1)
    assert http.get("/comparisons").json() == {"comparisons": [*_before(http, told), told], "counts": False}
    second = http.post("/comparisons", json=BODY | {"values": {"recency": 1}})
    assert (second.status_code, "runs already" in second.text) == (409, True)
    refused = http.post("/settings", json={"values": {"slots": 2}})
    assert (refused.status_code, "end that first" in refused.text) == (409, True)
    ended = http.delete(f"/comparisons/{told['num']}").raise_for_status().json()
    assert ended["ended_by"]
    assert http.delete(f"/comparisons/{told['num']}").json() == ended, "sent again it does nothing"


def _before(http: httpx.Client, told: dict[str, object]) -> list[object]:
    return [each for each in http.get("/comparisons").json()["comparisons"] if each["num"] != told["num"]]


@pytest.mark.parametrize("values", [{"slots": 3}, {"recency": 4}, {"candidates": 3}, {"recency": "x"}])
def test_what_cannot_be_compared_is_refused(http: httpx.Client, values: dict[str, object]) -> None:
    assert http.post("/comparisons", json={"values": values}).status_code == 422


def test_where_nothing_would_differ_nothing_is_begun(http: httpx.Client) -> None:
    end(http)
    refused = http.post("/comparisons", json={"values": {}})
    assert (refused.status_code, "nothing would differ" in refused.text) == (422, True)


def test_who_is_no_admin_begins_and_ends_nothing(shared: Shared, http: httpx.Client) -> None:
    with shared.http(shared.reader) as reader:
        assert reader.get("/comparisons").status_code == 403
    editor = add_key(shared.running.archive, "compares", [Right.READ, Right.EDIT])
    with shared.http(editor) as editing:
        assert editing.get("/comparisons").status_code == 200
        assert editing.post("/comparisons", json=BODY).status_code == 403
        assert editing.delete("/comparisons/1").status_code == 403
    assert http.delete("/comparisons/9999").status_code == 404
    assert http.delete("/comparisons/x").status_code == 422


def test_the_client_compares(http: httpx.Client) -> None:
    end(http)
    with Client(str(http.base_url), http.headers["authorization"].removeprefix("Bearer ")) as client:
        begun = client.start_comparison({"diversity": 0.4}, "more kinds", by="night-desk")
        assert client.comparisons()[-1] == begun
        assert (begun.values.diversity, begun.ended_by) == (0.4, None)
        with pytest.raises(ServiceError, match="runs already"):
            client.start_comparison({"diversity": 0.5})
        ended = client.stop_comparison(begun.num)
        assert ended.ended_by is not None
        assert client.comparisons()[-1] == ended
