"""Arc finds its own stories by reference; others come as what they are."""

from __future__ import annotations

from recommender.export.ans import related_content
from recommender.ingest.base import Origin
from tests.export.blocks import ARABIC, SOURCE, TARGET, UNLINKED, a_block

ARC = {id: Origin(kind="arc", id=f"ARC{id}", type="story") for id in ("17", "18", "19")}


def test_references_have_the_ids_of_arc() -> None:
    document = related_content(a_block(TARGET, UNLINKED, origins=ARC))
    assert document["_id"] == "ARC17"
    assert document["related_content"] == {
        "basic": [
            {"type": "reference", "referent": {"type": "story", "id": "ARC18"}},
            {"type": "reference", "referent": {"type": "story", "id": "ARC19"}},
        ]
    }


def test_a_story_of_another_cms_is_no_reference() -> None:
    origins = {**ARC, "20": Origin(kind="wordpress", id="20", type="post")}
    (found,) = related_content(a_block(ARABIC, origins=origins))["related_content"]["basic"]
    assert (found["type"], found["canonical_url"]) == ("story", ARABIC.url)
    assert found["headlines"] == {"basic": ARABIC.headline}


def test_a_newsroom_that_sends_its_own_ids_gets_them_back() -> None:
    document = related_content(a_block(TARGET))
    assert (document["_id"], document["canonical_url"]) == (SOURCE.id, SOURCE.url)
    assert document["related_content"]["basic"][0]["referent"]["id"] == TARGET.id
    assert related_content(a_block())["related_content"] == {"basic": []}
