"""All blocks are steered over HTTP: rules are made, told and ended, and blocks follow at once."""

from __future__ import annotations

import httpx
import pytest

from recommender.client import Client
from tests.service.cases import story
from tests.service.conftest import Shared


def shown(http: httpx.Client, **query: object) -> list[str]:
    answer = http.get("/stories/steered-0/related", params=query).raise_for_status()  # type: ignore[arg-type]
    return [slot["story"]["id"] for slot in answer.json()["slots"]]


@pytest.fixture
def steered(http: httpx.Client) -> list[str]:
    for n in range(4):
        url = f"https://news.example/steered-{n}"
        http.post("/stories", json=story(f"steered-{n}", url=url, tags=[f"tag-{n}"])).raise_for_status()
    return shown(http)


def test_a_rule_holds_at_once_until_it_is_ended(http: httpx.Client, steered: list[str]) -> None:
    last = steered[-1]
    rule = {"act": "boost", "story": [f"https://news.example/{last}"], "strength": 10, "until": "2099-01-01"}
    if not last.startswith("steered"):
        rule["story"] = [last]
    made = http.post("/steering", json={**rule, "by": "desk"})
    assert (made.status_code, made.json()["story"]) == (201, [last])
    assert made.json()["by"].startswith("desk (")
    assert http.post("/steering", json=rule).json() == made.json(), "sent again it does nothing"
    assert shown(http)[0] == last
    num = made.json()["num"]
    assert num in [each["num"] for each in http.get("/steering").json()["rules"]]
    assert http.delete(f"/steering/{num}").json()["ended_by"]
    assert http.delete(f"/steering/{num}").status_code == 200
    assert shown(http) == steered
    assert num not in [each["num"] for each in http.get("/steering").json()["rules"]]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"act": "boost"}, "is about no story"),
        ({"act": "limit-age"}, "days is None"),
        ({"act": "bury", "tag": ["a"], "until": "2020-01-01"}, "which is past"),
        ({"act": "promote"}, "act is wrong"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(http: httpx.Client, body: object, told: str) -> None:
    answer = http.post("/steering", json=body)
    assert (answer.status_code, told in answer.json()["detail"]) == (422, True)


def test_who_may_only_read_steers_nothing(shared: Shared, http: httpx.Client) -> None:
    with shared.http(shared.reader) as reader:
        assert reader.post("/steering", json={"act": "bury", "tag": ["a"]}).status_code == 403
        assert reader.get("/steering").status_code == 403
    assert http.delete("/steering/999").status_code == 404
    assert http.delete("/steering/x").status_code == 422


def test_an_answer_leaves_out_what_is_on_the_page_and_what_has_no_picture(
    http: httpx.Client, steered: list[str]
) -> None:
    one = next(id for id in steered if id.startswith("steered"))
    assert one not in shown(http, without=f"https://news.example/{one}")
    assert shown(http, picture="true") == []


def test_the_client_steers(shared: Shared, http: httpx.Client) -> None:
    with Client(str(http.base_url), http.headers["authorization"].removeprefix("Bearer ")) as client:
        made = client.steer("ignore-tag", tag="sea", by="desk")
        assert (made.act, made.tag) == ("ignore-tag", ["sea"])
        assert made.num in [rule.num for rule in client.steering()]
        assert client.end_steering(made.num).ended_by
