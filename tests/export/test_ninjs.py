"""Items and associations are those of the standard, in the spelling of each version."""

from __future__ import annotations

from dataclasses import replace

import jsonschema_rs
import pytest
from hypothesis import given, settings

from recommender.export.ninjs import Ninjs
from recommender.ingest.base import Origin
from tests.export.blocks import ARABIC, TARGET, UNLINKED, a_block
from tests.export.ninjs_schema import schema
from tests.strategies import STORIES

VERSIONS = ["2.2", "3.1"]


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=50)
@given(story=STORIES)
def test_any_block_is_valid(version: str, story) -> None:
    valid = jsonschema_rs.validator_for(schema(version), validate_formats=True)
    foreign = replace(story, url="https://münchen.example/straße?q=ä")
    item = Ninjs(version).item(a_block(TARGET, ARABIC, UNLINKED, foreign, source=story))
    valid.validate(item)
    assert len(item["associations"]) == 4


@pytest.mark.parametrize("version", VERSIONS)
def test_an_agency_s_own_uri_names_its_stories(version: str) -> None:
    origins = {
        "18": Origin(kind="ninjs", id="urn:newsml:agency.example:18"),
        "20": Origin(kind="ninjs", id="20"),
    }
    item = Ninjs(version).item(a_block(TARGET, ARABIC, UNLINKED, origins=origins))
    uris = [each["uri"] for each in item["associations"]]
    assert uris == ["urn:newsml:agency.example:18", ARABIC.url, "urn:story:19"]
