"""The sheet on which blocks are rated: by forms alone, kept, undone, skipped; by editors alone."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from recommender.desk.roles import Role
from tests.desk.conftest import Browser, Office, text_of

PATH = "/desk/rating"
TARGET = re.compile(r'name="target" value="([^"]+)"')
SOURCE = re.compile(r'name="source" value="([^"]+)"')


def begun(editor: Browser) -> tuple[str, list[str]]:
    """Begin a sheet; return whose block stands first, and its slots."""
    assert editor.post(PATH, on=PATH, act="begin").headers["location"] == PATH
    return at(editor, 1)


def at(editor: Browser, place: int) -> tuple[str, list[str]]:
    page = editor.get(f"{PATH}?at={place}").text
    source = SOURCE.search(page)
    assert source is not None
    return source[1], TARGET.findall(page)


def test_a_block_is_rated_by_a_form_and_taken_back(office: Office) -> None:
    editor = office.signed_in("sports-desk")
    assert "Begin today" in text_of(editor.get(PATH))
    source, targets = begun(editor)
    assert f'name="source" value="{source}"' in editor.get(PATH).text, "the first one comes first"
    sent = {"act": "save", "source": source, "place": "1", "target": targets, "grade-1": "2", "grade-2": "0"}
    answer = editor.post(PATH, on=PATH, **sent)
    said = [(one.source, one.target, int(one.grade), one.by) for one in office.newsroom.ratings()]
    assert said == [(source, targets[0], 2, "sports-desk"), (source, targets[1], 0, "sports-desk")]
    page = editor.get(answer.headers["location"])
    assert "1 of 18 blocks done today" in text_of(page)
    assert at(editor, 2)[0] in page.text, "the next block follows"
    again = editor.get(f"{PATH}?at=1").text
    assert re.search(r'name="grade-1" value="2" checked', again)
    events = parse_qs(urlsplit(answer.headers["location"]).query)["done"][0]
    back = editor.post(PATH, on=PATH, act="undo", events=events)
    assert office.newsroom.ratings() == []
    assert "Taken back" in text_of(editor.get(back.headers["location"]))
    assert back.headers["location"].startswith(f"{PATH}?at=1")


def test_a_skipped_block_stays_skipped_until_all_are_done(office: Office) -> None:
    editor = office.signed_in("sports-desk")
    begun(editor)
    for place in range(1, 19):
        source, targets = at(editor, place)
        answer = editor.post(PATH, on=PATH, act="skip", source=source, place=str(place), target=targets)
    assert office.newsroom.ratings() == []
    assert "blocks are done. Thank you" in text_of(editor.get(answer.headers["location"]))
    assert "blocks are done. Thank you" in text_of(office.signed_in("sports-desk").get(PATH))
    assert "Begin today" in text_of(office.signed_in("night-desk").get(PATH))


@pytest.mark.parametrize("grade", ["3", "x", "-1"])
def test_a_grade_that_is_none_is_refused(office: Office, grade: str) -> None:
    editor = office.signed_in("sports-desk")
    source, targets = begun(editor)
    fields = {"act": "save", "source": source, "target": targets, "grade-1": grade}
    assert editor.post(PATH, on=PATH, **fields).status_code == 422
    assert editor.post(PATH, on=PATH, act="save", source=source, target=targets).status_code == 422
    assert editor.post(PATH, on=PATH, act="dance").status_code == 422
    assert office.newsroom.ratings() == []


def test_only_editors_rate_and_only_by_forms_of_ours(office: Office) -> None:
    reader, editor = office.signed_in("Reader", Role.READER), office.signed_in("sports-desk")
    assert reader.get(PATH).status_code == 403
    assert reader.post(PATH, on="/desk", act="begin").status_code == 403
    assert "Rate" not in text_of(reader.get("/desk")).split()
    assert editor.http.post(PATH, data={"act": "begin"}).status_code == 403
    assert office.newsroom.rating_sheet("sports-desk") is None


def test_a_story_that_is_gone_meanwhile_leaves_nothing_to_rate(office: Office) -> None:
    editor = office.signed_in("sports-desk")
    source, _ = begun(editor)
    office.newsroom.withdraw(source)
    assert "nothing to rate" in text_of(editor.get(f"{PATH}?at=1"))
    answer = editor.post(PATH, on=f"{PATH}?at=1", act="skip", source=source, place="1")
    page = editor.get(answer.headers["location"])
    assert "1 of 18 blocks done today" in text_of(page)
    assert at(editor, 2)[0] in page.text, "the next block follows"
    assert at(editor, 2)[0] in editor.get(PATH).text, "and the one that is passed over does not come again"
    office.newsroom.delete(source)
    assert "0 of 17 blocks" in text_of(editor.get(PATH))
