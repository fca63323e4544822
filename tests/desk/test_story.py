"""The page of a story: what it tells, what can be done there, its effect first, and two editors at once."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from recommender.analysis.wording import wording_of
from recommender.desk.acts import version_of
from recommender.desk.roles import Role
from recommender.desk.story import SCRIPTS, address
from recommender.newsroom import EditorAct, PlannedAct
from recommender.story.story import Story
from tests.desk.conftest import Browser, Office, text_of
from tests.service.cases import story

ID = "ferry-3"
AT = address(ID)


def ids(office: Office) -> list[str]:
    return [slot.story.id for slot in office.newsroom.block(ID).slots]


def save(browser: Browser, address: str, **more: str) -> str:
    """Try something by an address, as a link does, save it by the form there, and return where that leads."""
    page = browser.get(address)
    assert page.status_code == 200, text_of(page)
    (form,) = re.findall(
        r'<form method="post" action="/desk/stories/[^"]*" class="buttons">.*?</form>', page.text, re.S
    )
    fields = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
    answer = browser.http.post(address.partition("?")[0], data=fields | more)
    assert answer.status_code in (303, 409), text_of(answer)
    return answer.headers.get("location", "") or text_of(answer)


def test_the_page_tells_all_that_is_behind_the_block(shared_office: Office) -> None:
    page = text_of(shared_office.signed_in("Readers", Role.READER).get(AT))
    block = shared_office.newsroom.block(ID)
    assert len(block) > 2
    for slot in block.slots:
        assert slot.story.headline in page
        assert all(reason in page for reason in slot.reasons)
        assert slot.role in page
    assert "a writer would set about 1 in" in page
    assert "Carried by" in page
    assert "2 days later" in page
    assert "Who would come next" in page
    assert "Nothing yet: the engine chose every story." in page


def test_reasons_roles_and_days_are_said_in_the_language_of_who_reads(shared_office: Office) -> None:
    browser = shared_office.signed_in("Readers", Role.READER)
    page = browser.get(AT, **{"accept-language": "bn"})
    said = re.findall(r'<bdi lang="bn">([^<]*)</bdi>', page.text)
    assert any("দুই খবরেই" in reason for reason in said), said
    assert not any("Both" in reason for reason in said)
    words = text_of(page)
    for slot in shared_office.newsroom.block(ID).slots:
        assert wording_of("bn")(slot.role) in words
        assert all(reason not in words for reason in slot.reasons)
    assert re.search(r'<time [^>]*lang="bn" dir="auto">[^<]*[\u09e6-\u09ef]', page.text)
    frame = browser.get(f"{AT}/block", **{"accept-language": "bn"})
    assert 'lang="bn"' not in frame.text, "the block is shown as readers see it"


def test_where_scripts_run_the_page_comes_first_and_asks_for_what_is_behind_the_block(office: Office) -> None:
    browser, behind = office.signed_in(), "Carried by"
    browser.http.cookies.set(SCRIPTS, "1", path="/desk")
    first = browser.get(AT)
    assert all(slot.reasons[0] in text_of(first) for slot in office.newsroom.block(ID).slots)
    assert "a writer would set about 1 in" in text_of(first)
    assert behind not in first.text
    (asks,) = re.findall(r'data-asks="([^"]*)"', first.text)
    part = browser.get(unescape(asks))
    assert (behind in part.text, "Who would come next" in part.text) == (True, True)
    assert re.findall(r'data-part="([\w-]*)"', first.text) == re.findall(r'data-part="([\w-]*)"', part.text)
    later = browser.get(AT)  # it is at hand by now
    assert (behind in later.text, "data-asks" in later.text) == (True, False)


@pytest.mark.parametrize("asked", ["?whole=1", "?replace=2"])
def test_who_follows_a_link_to_what_is_behind_a_block_finds_it_there(office: Office, asked: str) -> None:
    browser = office.signed_in()
    browser.http.cookies.set(SCRIPTS, "1", path="/desk")
    page = browser.get(AT + asked)
    assert ('id="next"' in page.text, "data-asks" in page.text) == (True, False)


def test_what_is_asked_for_beside_something_tried_is_of_the_block_as_it_would_be(office: Office) -> None:
    browser, before = office.signed_in(), ids(office)
    browser.http.cookies.set(SCRIPTS, "1", path="/desk")
    tried = browser.get(f"{AT}?act=exclude&target={before[0]}")
    (asks,) = re.findall(r'data-asks="([^"]*)"', tried.text)
    assert "Swap in" not in browser.get(unescape(asks)).text  # nothing else is offered before it is saved


def test_readers_see_the_very_block_of_the_public_page(shared_office: Office) -> None:
    frame = shared_office.signed_in("Readers", Role.READER).get(f"{AT}/block")
    public = shared_office.browser().get(f"/stories/{ID}/related", accept="text/html").text
    assert public.strip() in frame.text
    assert "script-src 'none'" in frame.headers["content-security-policy"]


@pytest.mark.parametrize("act", ["pin", "swap", "exclude", "freeze"])
def test_an_act_is_shown_first_then_saved_and_undone_by_one_more(office: Office, act: str) -> None:
    browser, before = office.signed_in(), ids(office)
    asked = {
        "pin": f"act=pin&target={before[2]}&position=1",
        "swap": f"act=swap&target=cricket-1&instead=2+{before[1]}",
        "exclude": f"act=exclude&target={before[0]}",
        "freeze": "act=freeze",
    }[act]
    wanted = {
        "pin": [before[2], before[0], before[1]],
        "swap": [before[0], "cricket-1", before[2]],
        "exclude": before[1:4],
        "freeze": before[:3],
    }[act]
    tried = text_of(browser.get(f"{AT}?{asked}"))
    assert "Not saved yet" in tried
    assert (ids(office), office.newsroom.history(ID)) == (before, [])
    done = save(browser, f"{AT}?{asked}")
    assert done.startswith(f"{AT}?done=")
    assert ids(office)[:3] == wanted
    assert {event.by for event in office.newsroom.history(ID)} == {"Sports"}
    page = browser.get(done)
    (undo,) = re.findall(r'<a class="button" href="([^"]*act=undo[^"]*)">Undo this', page.text)
    assert save(browser, unescape(undo)).startswith(f"{AT}?undone=")
    assert ids(office) == before


def test_what_is_excluded_or_pinned_is_let_in_and_taken_out_again(office: Office) -> None:
    browser, before = office.signed_in(), ids(office)
    save(browser, f"{AT}?act=exclude&target={before[0]}")
    assert "an editor excluded it here" in text_of(browser.get(AT))
    save(browser, f"{AT}?act=include&target={before[0]}")
    save(browser, f"{AT}?act=pin&target=budget-1&position=2")
    assert ids(office)[1] == "budget-1"
    save(browser, f"{AT}?act=unpin&target=budget-1")
    assert ids(office) == before
    save(browser, f"{AT}?act=freeze")
    assert "This block is frozen" in text_of(browser.get(AT))
    save(browser, f"{AT}?act=unfreeze")
    assert office.newsroom.decisions(ID).frozen is None


def test_two_editors_at_once_are_told_of_each_other(office: Office) -> None:
    sports, night, before = office.signed_in("Sports"), office.signed_in("Night"), ids(office)
    tried = f"{AT}?act=pin&target={before[1]}&position=1"
    page = sports.get(tried)
    save(night, f"{AT}?act=exclude&target={before[0]}")
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    late = sports.http.post(AT, data=fields)
    assert late.status_code == 409
    assert "Night changed this block at" in text_of(late)
    assert "Nothing of yours is saved yet" in text_of(late)
    assert [event.by for event in office.newsroom.history(ID)] == ["Night"]
    again = dict(re.findall(r'name="(\w+)" value="([^"]*)"', late.text))
    assert sports.http.post(AT, data=again).status_code == 303
    assert [event.by for event in office.newsroom.history(ID)] == ["Night", "Sports"]


def send(browser: Browser, **fields: str) -> tuple[int, str]:
    """Send a form to the page, right in all but what it asks for, and return what comes of it."""
    page = browser.get(AT).text
    hidden = {name: value for name, value in re.findall(r'name="(token|version)" value="(\w*)"', page)}
    answer = browser.http.post(AT, data=hidden | fields)
    return answer.status_code, text_of(answer)


def test_two_acts_in_one_are_done_both_or_neither(office: Office) -> None:
    browser = office.signed_in()
    version = version_of(office.newsroom.history(ID))
    status, _ = send(browser, act="swap", target="nobody", instead="1 ferry-1", version=version)
    assert (status, office.newsroom.history(ID)) == (404, [])


def test_a_story_that_was_excluded_may_be_pinned(office: Office) -> None:
    office.newsroom.exclude(ID, "ferry-1", "Sports")
    trial = office.newsroom.rehearse(ID, [PlannedAct(act=EditorAct.PIN, target="ferry-1", position=1)])
    assert trial.refusal is None
    assert trial.block.slots[0].story.id == "ferry-1"


def test_an_act_is_undone_on_its_own_block_alone(office: Office) -> None:
    browser = office.signed_in()
    num = office.newsroom.exclude("budget-3", "budget-1", "Night").event
    version = version_of(office.newsroom.history(ID))
    status, told = send(browser, act="undo", events=str(num), version=version)
    assert (status, f"No act {num} that stands" in told) == (404, True)
    assert [event.undone_at for event in office.newsroom.history("budget-3")] == [None]


def test_who_undoes_what_another_has_undone_meanwhile_is_told_so(office: Office) -> None:
    sports, night = office.signed_in("Sports"), office.signed_in("Night")
    num = office.newsroom.exclude(ID, "ferry-1", "Sports").event
    undo = f"{AT}?act=undo&events={num}"
    page = sports.get(undo)
    save(night, undo)
    late = sports.http.post(AT, data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text)))
    assert late.status_code == 409
    assert "Night changed this block at" in text_of(late)
    assert "Not saved yet" not in text_of(late)


def test_a_reader_changes_nothing(office: Office) -> None:
    reader, before = office.signed_in("Readers", Role.READER), ids(office)
    page = reader.get(f"{AT}?act=pin&target=budget-1&position=1")
    assert "Not saved yet" not in page.text
    assert "act=" not in page.text
    assert reader.post(AT, act="pin", target="budget-1", position="1", version="").status_code == 403
    assert (ids(office), office.newsroom.history(ID)) == (before, [])


def test_a_forged_form_changes_nothing(office: Office) -> None:
    browser, other = office.signed_in("Sports"), office.signed_in("Night")
    sent = {"act": "exclude", "target": "ferry-1", "version": ""}
    assert browser.http.post(AT, data=sent).status_code == 403
    assert browser.http.post(AT, data=sent | {"token": "0" * 64}).status_code == 403
    theirs = re.findall(r'name="token" value="(\w+)"', other.get(AT).text)[0]
    assert browser.http.post(AT, data=sent | {"token": theirs}).status_code == 403
    own = re.findall(r'name="token" value="(\w+)"', browser.get(AT).text)[0]
    cross = {"sec-fetch-site": "cross-site"}
    assert browser.http.post(AT, data=sent | {"token": own}, headers=cross).status_code == 403
    assert browser.http.post(AT, json=sent | {"token": own}).status_code == 415
    assert office.newsroom.history(ID) == []


@pytest.mark.parametrize(
    "asked",
    [
        "act=nonsense&target=ferry-1",
        "act=pin&target=ferry-1&position=0",
        "act=pin&target=ferry-1&position=99",
        "act=pin&target=ferry-1&position=-1",
        "act=pin&target=ferry-1&position=٣",
        "act=pin&position=1",
        "act=pin&target=ferry-3&position=1",
        "act=pin&target=nobody&position=1",
        "act=swap&target=ferry-1&instead=1+ferry-1",
        "act=swap&target=ferry-1",
        "act=undo&events=",
        "act=undo&events=99",
        "act=undo&events=" + ",".join(map(str, range(1000))),
    ],
)
def test_what_cannot_be_done_says_so(shared_office: Office, asked: str) -> None:
    page = shared_office.signed_in().get(f"{AT}?{asked}")
    assert page.status_code in (404, 422)
    assert "To the front of the desk" in page.text


def test_a_story_to_add_is_found_by_what_it_is_about(shared_office: Office) -> None:
    page = shared_office.signed_in().get(f"{AT}?find=wicket innings")
    assert "Cricket report cricket-" in text_of(page)
    assert re.search(r'name="target" value="cricket-\d"', page.text)
    for nothing in ("...", " "):
        assert shared_office.signed_in().get(f"{AT}?find={nothing}").status_code == 200


def test_a_story_that_is_not_there_or_not_public_has_its_page(office: Office) -> None:
    browser = office.signed_in()
    assert browser.get(address("nobody")).status_code == 404
    office.newsroom.withdraw("ferry-1")
    assert "retracted" in text_of(browser.get(address("ferry-1")))
    assert "Readers see no block here." in text_of(browser.get(f"{address('ferry-1')}/block"))
    draft = story("a/b ü?", day=3, status="draft", url="https://news.example/ab")
    office.newsroom.publish(Story.from_json(draft))
    assert "draft" in text_of(browser.get(address("a/b ü?")))


NASTY = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    'x" onmouseover="alert(1)" y=\'',
    "{{ 7 * 7 }}{% raw %}",
    "\u2067abc\u2069 עברית 123",
    "w" * 500,
)


@pytest.mark.parametrize("nasty", NASTY)
def test_whatever_stories_and_people_say_is_inert(office: Office, nasty: str) -> None:
    made = replace(
        Story.from_json(story("nasty", day=2)),
        headline=nasty,
        deck=nasty,
        body=f"{nasty}\n\nferry river rescue passengers",
        content_type="text",
        section=nasty[:200],
        authors=(nasty[:200],),
        tags=(nasty[:90],),
        kind=nasty[:60],
    )
    office.newsroom.archive.add([made])
    browser = office.signed_in()
    for page in (
        address("nasty"),
        AT,
        f"{AT}?find={nasty[:40]}",
        f"{AT}?act=pin&target=nasty&position=1",
        "/desk",
    ):
        text = browser.get(page).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert ' onmouseover="' not in text
        assert ">49" not in text
        assert text.count("<script") == 1


def test_who_replaces_a_slot_has_it_chosen_and_finds_what_was_done_from_the_head_of_the_block(
    office: Office,
) -> None:
    browser = office.signed_in()
    page = browser.get("/desk/stories/ferry-3").text
    assert 'href="/desk/stories/ferry-3?replace=2#next"' in page
    assert 'href="#history"' not in page
    office.newsroom.pin("ferry-3", "ferry-1", 2, "sports-desk")
    page = browser.get("/desk/stories/ferry-3?replace=2").text
    assert "Who can stand at 2 instead" in page
    chosen = re.findall(r'<option value="(\d) [^"]*" selected>', page)
    assert chosen
    assert set(chosen) == {"2"}
    assert 'href="#history"' in page
    for nonsense in ("9", "two", "-1", "0"):
        assert "instead</h2>" not in browser.get(f"/desk/stories/ferry-3?replace={nonsense}").text
