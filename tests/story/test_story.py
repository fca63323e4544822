"""Stories in and out of JSON, when they may be seen, and what makes two the same."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import StoryError
from recommender.story.hashes import content_hash, text_hash
from recommender.story.limits import Limits
from recommender.story.story import ContentType, Image, Link, Status, Story, visible_window
from recommender.story.text_safety import markup_in
from tests.strategies import HOSTILE_OBJECTS, NOW, STATUSES, STORIES, TIMES

SEEDS = Path(__file__).parents[2] / "seeds"
SHORTEST = {"id": "a", "headline": "Floods in Sylhet", "published": "2022-10-13T17:47:00+06:00"}
DHAKA = ZoneInfo("Asia/Dhaka")


def read(**fields: object) -> Story:
    return Story.from_json({**SHORTEST, **fields}, now=NOW)


def refusal(**fields: object) -> StoryError:
    with pytest.raises(StoryError) as caught:
        read(**fields)
    return caught.value


def test_three_fields_make_a_story():
    assert read() == Story(
        id="a", headline="Floods in Sylhet", published=datetime(2022, 10, 13, 11, 47, tzinfo=UTC)
    )


def test_null_and_blank_are_absent():
    blank = dict.fromkeys(["url", "deck", "body", "updated", "language", "section", "tags", "image", "links"])
    assert read(**blank) == read() == read(deck="", body=" \n ", url="", kind="", tags=["", " "])


def test_every_field_is_read():
    story = read(
        url="https://a.example/1",
        deck="Rivers rise",
        body="One.\n\nTwo.",
        updated="2022-10-14T00:00:00Z",
        language="PT-br",
        section="Weather",
        tags=["flood"],
        authors=["Reuters"],
        kind="live",
        image={"url": "https://a.example/i.jpg", "caption": "A boat", "credit": "AFP"},
        status="embargoed",
        embargo_until="2022-10-15T00:00:00Z",
        expires="2030-01-01T00:00:00Z",
        successor="b",
        canonical_url="https://b.example/1",
        links=[{"target": "c", "anchor": "earlier", "rel": "x"}],
        sensitive=True,
        never_link_from=True,
        never_link_to=True,
        wire={"slug": "BANGLADESH-FLOODS"},
    )
    assert story == Story(
        id="a",
        headline="Floods in Sylhet",
        published=datetime(2022, 10, 13, 11, 47, tzinfo=UTC),
        url="https://a.example/1",
        deck="Rivers rise",
        body="One.\n\nTwo.",
        updated=datetime(2022, 10, 14, tzinfo=UTC),
        language="pt-BR",
        section="Weather",
        tags=("flood",),
        authors=("Reuters",),
        kind="live",
        image=Image(url="https://a.example/i.jpg", caption="A boat", extra={"credit": "AFP"}),
        status=Status.EMBARGOED,
        embargo_until=datetime(2022, 10, 15, tzinfo=UTC),
        expires=datetime(2030, 1, 1, tzinfo=UTC),
        successor="b",
        canonical_url="https://b.example/1",
        links=(Link(target="c", anchor="earlier", extra={"rel": "x"}),),
        sensitive=True,
        never_link_from=True,
        never_link_to=True,
        extra={"wire": {"slug": "BANGLADESH-FLOODS"}},
    )


@pytest.mark.parametrize("publisher", ["digitalgov", "18f", "wikinews"])
def test_the_seed_stories_come_back_as_they_came(publisher):
    for line in (SEEDS / publisher / "articles.jsonl").read_bytes().splitlines():
        source = json.loads(line)
        given_back = Story.from_json(line, now=NOW, content_type=ContentType.TEXT).to_json()
        given_back.pop("content_type", None)
        caption = source.pop("image_caption", None)
        assert given_back.pop("image", None) == ({"caption": caption} if caption else None)
        assert datetime.fromisoformat(str(given_back.pop("published"))) == datetime.fromisoformat(
            source.pop("published")
        )
        assert given_back == {name: value for name, value in source.items() if value}


@given(STORIES)
def test_a_story_written_and_read_is_the_same_story(story):
    assert Story.from_json(story.to_json(), now=NOW) == story == story.checked(now=NOW)
    assert Story.from_json(json.dumps(story.to_json()), now=NOW) == story


@given(HOSTILE_OBJECTS)
def test_any_object_is_a_story_that_round_trips_or_is_refused(values):
    try:
        story = Story.from_json(values, now=NOW)
    except StoryError as error:
        str(error).encode()  # can be printed and logged
        return
    assert Story.from_json(story.to_json(), now=NOW) == story


@given(st.binary(max_size=200))
def test_any_bytes_are_a_story_or_are_refused(raw):
    with pytest.raises(StoryError):
        Story.from_json(raw)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"id": None},
            "story 'without id': id is missing; id, headline and published are needed in every story",
        ),
        ({"id": 7}, "story 'without id': id is a number: 7; send it as a string: \"7\""),
        ({"id": " a"}, "story 'without id': id has white space around it: ' a'; send it without"),
        ({"id": "a\nb"}, "story 'without id': id holds U+000A: 'a\\nb'; remove it"),
        (
            {"headline": " "},
            "story 'a': headline is missing; id, headline and published are needed in every story",
        ),
        (
            {"headline": ["x"]},
            "story 'a': headline is a list, not text: ['x']; send a string or leave it out",
        ),
        (
            {"headline": "<b></b>"},
            "story 'a': headline is missing; id, headline and published are needed in every story",
        ),
        (
            {"published": None},
            "story 'a': published is missing; id, headline and published are needed in every story",
        ),
        (
            {"published": 1665661620},
            "story 'a': published is a number, not text: 1665661620; send a string or leave it out",
        ),
        (
            {"published": "2022-10-13T17:47:00"},
            "story 'a': published has no offset from UTC: '2022-10-13T17:47:00'; add it "
            '("2022-10-13T17:47:00+06:00"), or set the time zone of the archive or command',
        ),
        (
            {"published": "3000-01-01T00:00:00Z"},
            "story 'a': published lies more than 366 days ahead: '3000-01-01T00:00:00Z'; "
            "check the date, or send the story nearer to it",
        ),
        (
            {"published": "0099-01-01T00:00:00Z"},
            "story 'a': published lies before the year 1600: '0099-01-01T00:00:00Z'; check the date",
        ),
        (
            {"published": "1970-01-01T00:00:00Z"},
            "story 'a': published is the zero of a database: '1970-01-01T00:00:00Z'; "
            "send the real one; of that very day, with its hour",
        ),
        (
            {"status": "lost"},
            "story 'a': status is not known: 'lost'; "
            "send one of draft, embargoed, published, corrected, retracted, expired",
        ),
        (
            {"status": "embargoed"},
            "story 'a': embargo_until is missing in an embargoed story; send when the embargo ends",
        ),
        (
            {"successor": "a"},
            "story 'a': successor is the story itself: 'a'; name the story that takes its place",
        ),
        ({"tags": "flood"}, "story 'a': tags is text, not a list: 'flood'; send a list, such as []"),
        ({"tags": [1]}, "story 'a': tags[0] is a number, not text: 1; send a string or leave it out"),
        (
            {"sensitive": "yes"},
            "story 'a': sensitive is not true or false: 'yes'; send true or false without quotes",
        ),
        (
            {"image": "x.jpg"},
            "story 'a': image is text, not an object: 'x.jpg'; send an object or leave it out",
        ),
        (
            {"image": {"url": "/x.jpg"}},
            "story 'a': image.url is no web address: '/x.jpg'; "
            "send an absolute http or https URL, or leave it out",
        ),
        (
            {"links": [{"anchor": "x"}]},
            "story 'a': links[0].target is missing; name the id or the URL of the other story",
        ),
        (
            {"language": "english, probably"},
            "story 'a': language is no language tag: 'english, probably'; "
            'send a BCP 47 tag such as "en" or "pt-BR"',
        ),
        (
            {"kind": "Live Blog"},
            "story 'a': kind is no slug: 'Live Blog'; "
            'send lower-case letters and hyphens, such as "fact-check"',
        ),
        (
            {"image_caption": "x", "image": {"caption": "y"}},
            "story 'a': image_caption is not the caption of image: 'x'; send one of the two",
        ),
    ],
)
def test_a_refusal_names_story_field_value_and_way_out(fields, message):
    assert str(refusal(**fields)) == message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("headline", "<script>alert(1)</script>"),
        ("url", "javascript:alert(1)"),
        ("canonical_url", "data:text/html,x"),
        ("image", {"url": "https://u:p@a.example/"}),
        ("headline", "paid\u202emoc.live"),
        ("body", "open \u2067 isolate"),
        ("deck", "\u2069 closes ours"),
        ("headline", "\ud83d"),
        ("body", "a\x00b"),
        ("headline", "\x1b[2J"),
        ("headline", "x" * 10_000_000),
        ("deck", "x" * 10_001),
        ("body", "x" * 5_000_000),
        ("tags", ["x"] * 201),
        ("links", [{"target": "b"}] * 2_001),
        ("id", "x" * 513),
        ("id", "a\u202eb"),
        ("more", "x" * 100_000),
        ("more", "a\x00b"),
        ("more", ["\ud800"]),
        ("more", {"x": float("nan")}),
        ("more", {1: 2}),
        ("more", object()),
        ("\x1b[2J", "\x00"),
        ("more", json.loads("[" * 40 + "]" * 40)),
        ("image", {"caption": "x", "more": json.loads("[" * 40 + "]" * 40)}),
    ],
)
def test_the_hostile_is_refused_by_field(field, value):
    error = refusal(**{field: value})
    assert error.field.startswith((field, repr(field), "further fields"))
    assert len(str(error)) < 1_000


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[1]", b'"x"', b"null", b"NaN", b"[" * 100_000, b'{"id": "\xff"}', "\ud800"]
)
def test_text_that_is_no_json_object_is_refused(raw):
    with pytest.raises(StoryError, match="line 12"):
        Story.from_json(raw, where="line 12")


def test_a_batch_refusal_names_the_line_when_the_id_is_not_known():
    with pytest.raises(StoryError, match="story 'line 12': id is missing"):
        Story.from_json({"headline": "x"}, where="line 12")


ESCAPED = "Fish &amp; chips: Mayor&#8217;s plan"
READ = "Fish & chips: Mayor\u2019s plan"


def test_character_references_are_decoded_wherever_a_page_shows_a_text():
    story = read(
        headline=ESCAPED, deck=ESCAPED, section=ESCAPED, tags=[ESCAPED], authors=[ESCAPED],
        image={"caption": ESCAPED}, links=[{"target": "a?b=1&amp;c", "anchor": ESCAPED}], body=ESCAPED,
    )  # fmt: skip
    assert (story.headline, story.deck, story.section) == (READ, READ, READ)
    assert (story.tags, story.authors) == ((READ,), (READ,))
    assert story.image == read(image_caption=ESCAPED).image == Image(caption=READ)
    assert story.links == (Link(target="a?b=1&amp;c", anchor=READ),)
    assert story.body == READ
    assert read(body=ESCAPED, content_type="text").body == ESCAPED


def test_a_story_made_by_hand_says_what_it_says():
    story = replace(read(), headline="What &lt; means", tags=("&amp;",))
    assert story.checked() == story
    assert Story.from_json(story.to_json()) == story
    assert story.to_json(str)["headline"] == "What &lt; means"


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "is missing"),
        ("paid&#x202e;moc.live", "holds U\\+202E RIGHT-TO-LEFT OVERRIDE as a character reference"),
        ("&#8295;x", "has an unpaired U\\+2067"),
        ("&nbsp;", "is missing"),
    ],
)
def test_what_may_not_stand_in_a_headline_may_not_be_hidden_in_one(sent, problem):
    assert re.search(problem, str(refusal(headline=sent)))


def test_tags_are_dropped_from_what_a_page_shows_in_one_place_and_it_is_noted():
    notes = []
    story = Story.from_json(
        {
            **SHORTEST,
            "headline": "<i>Floods</i> &amp; &lt;b&gt;storms&lt;/b&gt;",
            "deck": 'Two<br>lines <img src="x" onerror=alert(1)',
            "tags": ["<em>rain</em>", "wind"],
            "image": {"caption": "<!-- x -->A boat"},
        },
        notes=notes,
    )
    assert (story.headline, story.deck, story.tags) == ("Floods & storms", "Two lines", ("rain", "wind"))
    assert story.image.caption == "A boat"
    assert sorted(notes) == [
        f"tags dropped from {name}" for name in ("deck", "headline", "image.caption", "tags")
    ]


@given(st.text(alphabet="<>!-/ab=&; scriptimg", max_size=40))
def test_no_tag_stands_in_a_headline_whatever_was_sent(text):
    try:
        story = Story.from_json({**SHORTEST, "headline": text}, now=NOW)
    except StoryError:  # nothing is left, or a character that may not be named
        return
    assert markup_in(story.headline) is None
    assert Story.from_json(story.to_json(), now=NOW).headline == story.headline


def test_a_body_of_html_becomes_paragraphs_and_links():
    body = '<p>First <a href="/2">the second</a>.</p><p>Read also: <a href="/3">The third one</a></p>'
    story = read(body=body, url="https://b.example/1", links=[{"target": "c"}])
    assert story.body == "First the second."
    assert story.links == (
        Link(target="c"),
        Link(target="https://b.example/2", anchor="the second"),
        Link(target="https://b.example/3", anchor="The third one", curated=True),
    )


@pytest.mark.parametrize("said", ["text", "text/plain"])
def test_a_body_said_to_be_text_is_text_and_stays_so(said):
    story = read(body="Write <b>bold</b> so.", content_type=said)
    assert story.body == "Write <b>bold</b> so."
    assert story.checked(now=NOW) == Story.from_json(story.to_json(), now=NOW) == story
    assert story.to_json()["content_type"] == "text"
    assert "content_type" not in read(body="Two < three", content_type=said).to_json()


def test_a_body_said_to_be_html_is_read_as_such():
    assert read(body="one\n two &amp; three", content_type="html").body == "one two & three"


def test_a_content_type_of_another_meaning_is_a_field_like_any_other():
    story = read(content_type="video", body="<p>x</p>")
    assert (story.body, story.extra) == ("x", {"content_type": "video"})


def test_limits_can_be_raised():
    long = "x" * 1_001
    with pytest.raises(StoryError, match="more than 1,000"):
        read(headline=long)
    assert Story.from_json({**SHORTEST, "headline": long}, limits=Limits(headline=2_000)).headline == long


def test_a_date_without_offset_is_read_in_the_zone_given():
    naive = {**SHORTEST, "published": "2022-10-13T17:47:00"}
    assert Story.from_json(naive, zone=DHAKA) == Story.from_json(SHORTEST)


def test_a_story_may_be_planned_a_year_ahead_and_an_expiry_lie_far_off():
    assert read(published="2026-12-31T00:00:00Z").published > NOW
    assert read(expires="9999-01-01T00:00:00Z").expires == datetime(9999, 1, 1, tzinfo=UTC)


def test_a_story_made_by_hand_is_checked_too():
    naive = Story(id="a", headline="x", published=datetime(2022, 10, 13))
    with pytest.raises(StoryError, match="published is no time with an offset"):
        naive.checked()
    with pytest.raises(StoryError, match="headline is missing"):
        replace(read(), headline="<b></b>").checked()
    assert replace(read(), body="<p>one</p><p>two</p>").checked().body == "one\n\ntwo"
    assert replace(read(), headline=" x ").checked() == replace(read(), headline="x")


def seen_by_the_rules(story: Story, second: int) -> bool:
    """Say whether readers may see `story`, rule by rule; slow and plain."""
    if story.status in {Status.DRAFT, Status.RETRACTED, Status.EXPIRED}:
        return False
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    if story.embargo_until is not None and now < story.embargo_until:
        return False
    if story.expires is not None and now + timedelta(seconds=1) > story.expires:
        return False  # it expires within this very second
    return now >= story.published


@given(STORIES, TIMES, st.none() | TIMES, st.none() | TIMES, STATUSES, st.integers(-2, 2))
def test_the_window_is_what_the_rules_say(story, published, embargo, expires, status, offset):
    if status is Status.EMBARGOED and embargo is None:
        embargo = published
    story = replace(story, published=published, embargo_until=embargo, expires=expires, status=status)
    start, until = visible_window(story)
    for edge in filter(None, (published, embargo, expires)):
        second = int(edge.timestamp()) + offset
        assert (start <= second < until) == seen_by_the_rules(story, second)


def test_an_embargo_ends_to_the_second():
    story = read(status="embargoed", embargo_until="2022-10-15T00:00:00Z")
    ends = int(datetime(2022, 10, 15, tzinfo=UTC).timestamp())
    assert visible_window(story) == (ends, 2**63 - 1)


def test_an_embargoed_story_without_an_end_is_never_seen():
    start, until = visible_window(replace(read(), status=Status.EMBARGOED))
    assert start >= until


@given(STORIES, STORIES)
def test_equal_hashes_mean_equal_stories(one, other):
    said, told = (json.dumps(story.to_json(), sort_keys=True) for story in (one, other))  # False is not 0
    assert (content_hash(one) == content_hash(other)) == (said == told)


def test_the_order_of_fields_does_not_change_the_hash():
    values = {**SHORTEST, "deck": "x", "wire": {"a": 1, "b": 2}}
    turned = {**dict(reversed(values.items())), "wire": {"b": 2, "a": 1}}
    assert content_hash(Story.from_json(values)) == content_hash(Story.from_json(turned))


def test_the_hashes_stay_what_they_were():
    """Archives hold these: another way of hashing would publish and embed every story anew."""
    story = read(body="Water everywhere.", tags=["flood"])
    assert content_hash(story) == "95635e7290da036f941a2a025d12261828ddde23c2efb02d12b8ef0019290ede"
    assert text_hash(story) == "8c8975481734183cac91eea917cf3392898bdeadf9a543a89998a6f2fee609d2"


def test_only_the_text_moves_the_text_hash():
    story = read(deck="d", body="b")
    assert text_hash(story) == text_hash(replace(story, tags=("x",), status=Status.CORRECTED, section="y"))
    captioned = replace(story, image=Image(caption="z"))
    parts = [replace(story, headline="z"), replace(story, deck="z"), replace(story, body="z"), captioned]
    moved = replace(story, deck="", body="db")
    assert len({text_hash(one) for one in [story, moved, *parts]}) == 6


def test_the_text_says_everything_once():
    story = read(deck="Rain fell.", body="Rain  fell. Much of it.", image={"caption": "A river."})
    assert story.text == "Rain  fell. Much of it.\n\nA river."
    assert replace(story, deck="Flood").text == "Flood\n\nRain  fell. Much of it.\n\nA river."


@pytest.mark.parametrize(
    ("deck", "body", "repeats"),
    [
        ("Rain", "Rainbows over the bay.", False),
        ("Rain", "Rain, and much of it.", True),
        ("Rain", "Rain", True),
        ("Rain fell", "Rain", False),
        ("বৃষ", "বৃষ্টি নামল।", False),
        ("Ten years after", "Ten   years\nafter the flood", True),
        ("w " * 39 + "wxrain", "w " * 39 + "wxrainbow", True),
        ("", "Rain", True),
    ],
)
def test_a_deck_is_left_out_where_the_body_begins_with_its_words(deck: str, body: str, repeats: bool) -> None:
    expected = body.strip() if repeats else f"{deck.strip()}\n\n{body.strip()}"
    assert read(deck=deck, body=body).text == expected
    assert read().text == ""


def test_the_links_of_a_long_list_are_known_as_such():
    entries = "".join(f'<li><a href="/{n}">The story number {n}</a></li>' for n in range(5))
    body = f"<p>The river rose.</p><h3>Related stories</h3><ul>{entries}</ul>"
    plain = {"id": "a", "headline": "A", "published": "2024-01-01T00:00:00Z", "body": body}
    story = Story.from_json({**plain, "url": "https://paper.example/rain"})
    assert [(link.curated, link.listed) for link in story.links] == [(True, True)] * 5
    assert Story.from_json(story.to_json(), now=NOW) == story
