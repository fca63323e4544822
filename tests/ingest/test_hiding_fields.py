"""One table of words for what is hidden serves every door: JSON, feeds of JSON, tables and Markdown."""

import io
import json
from datetime import UTC, datetime

import pytest

from recommender.ingest.base import Options
from recommender.ingest.registry import source_of
from recommender.story.story import NEVER, visible_window

TIME = "2024-05-01T10:00:00Z"


def as_json(name, value):
    return json.dumps({"id": "1", "headline": "A", "published": TIME, name: value}).encode()


def as_feed(name, value):
    item = {"id": "1", "title": "A", "date_published": TIME, "content_text": "B", name: value}
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]}).encode()


def as_table(name, value):
    return f"id,title,date,{name}\n1,A,{TIME},{value}\n".encode()


def as_yaml(name, value):
    return f"---\ntitle: A\ndate: {TIME}\n{name}: {value}\n---\nB.".encode()


def as_toml(name, value):
    return f'+++\ntitle = "A"\ndate = {TIME}\n[extra]\n"{name}" = "{value}"\n+++\nB.'.encode()


def as_ninjs(name, value):
    news = {"uri": "urn:1", "type": "text", "headline": "A", "body_text": "B", "versioncreated": TIME}
    return json.dumps(news | {"pubstatus": "usable", name: value}).encode()


def as_export(name, value):
    return (
        '<rss xmlns:wp="http://wordpress.org/export/1.2/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        "<channel><wp:wxr_version>1.2</wp:wxr_version><item><title>A</title><guid>urn:1</guid>"
        "<content:encoded>B</content:encoded><wp:post_id>1</wp:post_id><wp:post_type>post</wp:post_type>"
        "<wp:post_date_gmt>2024-05-01 10:00:00</wp:post_date_gmt><wp:status>publish</wp:status>"
        f"<wp:postmeta><wp:meta_key>_{name}</wp:meta_key><wp:meta_value>{value}</wp:meta_value></wp:postmeta>"
        "</item></channel></rss>"
    ).encode()


def as_rss(name, value):
    return (
        '<rss version="2.0"><channel><title>N</title><item><title>A</title><guid>urn:1</guid>'
        "<description>B</description><pubDate>Wed, 01 May 2024 10:00:00 GMT</pubDate>"
        f"<{name}>{value}</{name}></item></channel></rss>"
    ).encode()


DOORS = [
    ("json", as_json), ("jsonfeed", as_feed), ("csv", as_table), ("markdown", as_yaml), ("markdown", as_toml),
    ("ninjs", as_ninjs), ("wordpress", as_export), ("feed", as_rss),
]  # fmt: skip


def read(kind, raw):
    (item,) = source_of(kind).read(io.BytesIO(raw), Options(name="a.md", zone=UTC))
    return item


@pytest.mark.parametrize(("kind", "written"), DOORS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("draft", "true"), ("isDraft", "yes"), ("Password", "geheim"), ("post_password", "geheim"),
        ("visibility", "private"), ("Access-Level", "staff"), ("is_published", "false"), ("visible", "0"),
        ("archived", "true"), ("workflow_state", "In Review"), ("deleted_at", "2024-06-01T00:00:00Z"),
        ("expiry", "2024-06-01T00:00:00Z"), ("scheduled", "true"), ("embargo", "yes"),
    ],
)  # fmt: skip
def test_what_a_field_hides_is_hidden_at_every_door(kind, written, name, value):
    item = read(kind, written(name, value))
    begins, ends = visible_window(item.story)
    assert (begins, ends) == NEVER or ends < datetime.now(UTC).timestamp()
    assert "geheim" not in "".join(item.notes)


@pytest.mark.parametrize(("kind", "written"), DOORS)
@pytest.mark.parametrize("name", ["embargo_until", "EmbargoUntil", "embargo", "publish-at", "scheduled_for"])
def test_a_time_to_wait_for_holds_at_every_door(kind, written, name):
    story = read(kind, written(name, "2033-01-01T00:00:00Z")).story
    assert visible_window(story)[0] == datetime(2033, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(("kind", "written"), DOORS)
@pytest.mark.parametrize(
    ("name", "value"), [("noindex", "true"), ("robots", "noindex"), ("searchable", "no")]
)
def test_no_block_leads_to_what_is_not_to_be_listed(kind, written, name, value):
    item = read(kind, written(name, value))
    assert item.story.never_link_to
    assert visible_window(item.story) != NEVER
    assert [note for note in item.notes if note.startswith("no block leads to it")]


@pytest.mark.parametrize(("kind", "written"), DOORS)
@pytest.mark.parametrize(
    ("name", "value"),
    [("draft", "false"), ("visibility", "public"), ("is_published", "true"), ("password", "")],
)
def test_what_says_that_it_is_public_is(kind, written, name, value):
    assert visible_window(read(kind, written(name, value)).story) != NEVER
