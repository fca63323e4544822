"""Settings of blocks are chosen over HTTP, told with who chose them, and put back."""

from __future__ import annotations

import httpx
import pytest

from recommender.client import Client
from recommender.service.keys import Right
from tests.service.cases import story
from tests.service.conftest import Shared
from tests.service.running import add_key


def test_what_is_chosen_holds_until_it_is_put_back(http: httpx.Client) -> None:
    for n in range(6):
        http.post("/stories", json=story(f"chosen-{n}")).raise_for_status()

    def slots() -> int:
        return len(http.get("/stories/chosen-0/related").raise_for_status().json()["slots"])

    before, held = slots(), http.get("/settings").json()["holds"]
    assert before > 1
    body = {"values": {"slots": 1}, "note": "a narrow page", "by": "sports-desk"}
    made = http.post("/settings", json=body)
    assert made.status_code == 201
    assert http.post("/settings", json=body).json() == made.json(), "sent again it does nothing"
    assert slots() == 1
    told = http.get("/settings").json()
    assert told["holds"] == held | {"slots": 1}
    assert told["choices"][-1] == made.json()
    assert made.json()["by"].startswith("sports-desk")
    back = http.delete(f"/settings/{made.json()['num']}").raise_for_status().json()
    assert back["puts_back"] == made.json()["num"]
    assert (slots(), http.get("/settings").json()["holds"]) == (before, held)


@pytest.mark.parametrize(
    "values", [{"slots": 0}, {"slots": 51}, {"recency": 4}, {"candidates": 3}, {"slots": "x"}]
)
def test_what_cannot_be_is_refused(http: httpx.Client, values: dict[str, object]) -> None:
    assert http.post("/settings", json={"values": values}).status_code == 422


def test_who_is_no_admin_chooses_nothing(shared: Shared, http: httpx.Client) -> None:
    with shared.http(shared.reader) as reader:
        assert reader.get("/settings").status_code == 403
        assert reader.post("/settings", json={"values": {"slots": 2}}).status_code == 403
        assert reader.delete("/settings/1").status_code == 403
    editor = add_key(shared.running.archive, "editor", [Right.READ, Right.EDIT])
    with shared.http(editor) as editing:
        assert editing.get("/settings").status_code == 200
        assert editing.post("/settings", json={"values": {"slots": 2}}).status_code == 403
        assert editing.delete("/settings/1").status_code == 403
    assert http.delete("/settings/9999").status_code == 404
    assert http.delete("/settings/x").status_code == 422


def test_the_client_chooses(http: httpx.Client) -> None:
    with Client(str(http.base_url), http.headers["authorization"].removeprefix("Bearer ")) as client:
        made = client.choose_settings({"recency": 0.25}, "fresher", by="sports-desk")
        assert client.settings().holds.recency == 0.25
        two = client.choose_settings({"slots": 3, "recency": None}, by="sports-desk")
        assert (client.settings().holds.recency, two.values.slots) == (0, 3)
        client.put_back_settings(two.num)
        assert client.put_back_settings(made.num).puts_back == made.num
        assert client.settings().holds.recency == 0
