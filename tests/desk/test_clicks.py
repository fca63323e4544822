"""The page of clicks: what was counted, by position and role, and what to do where nothing is."""

from __future__ import annotations

from datetime import UTC, datetime

from recommender.catalog.clicks import ClickRow
from recommender.desk.roles import Role
from recommender.newsroom.clicks import take
from tests.desk.conftest import Office, text_of


def test_shares_are_told_with_their_intervals(office: Office) -> None:
    reader = office.signed_in("reading-desk", Role.READER)
    empty = text_of(reader.get("/desk/clicks"))
    assert "Nothing was counted yet" in empty
    assert "service.beacon" in empty
    day = datetime.fromtimestamp(office.clock.now, UTC).date().isoformat()
    block = office.newsroom.block("ferry-6")
    take(
        office.newsroom,
        [ClickRow(day, "ferry-6", slot.story.id, slot.position, 1000, 50) for slot in block.slots],
    )
    told = text_of(reader.get("/desk/clicks"))
    assert "5.00 % [3.81 %, 6.53 %]" in told
    assert str(block.slots[0].role) in told
