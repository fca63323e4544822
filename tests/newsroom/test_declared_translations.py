"""Translations that stories name themselves: beside their blocks, never in their slots, told to caches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recommender import Status, Story
from recommender.catalog import Outcome
from recommender.export.files import Export
from recommender.export.formats import FORMATS
from recommender.newsroom import Newsroom
from recommender.ranking.declared_translations import FEW
from tests.newsroom.test_linked_translations import BANGLA, ENGLISH, told
from tests.newsroom.world import WIDE, a_story, another, corrected, drain, ids

SPANISH = a_story("barco", headline="Un barco se hunde", body="Rescatan a los pasajeros.", language="es")
FRENCH = a_story("bateau", headline="Un bateau coule", body="Les passagers sont sauvés.", language="fr")
FERRY = a_story("ferry", headline="A ferry sinks", body="All passengers are saved from it.", language="en")
AT = "https://a.example/ferry"  # where FERRY is


def version(story: Story, minutes: int = 1, **fields: object) -> Story:
    """Return a version of a story that differs in what it says of translations."""
    return replace(story, updated=story.published.replace(minute=minutes), **fields)  # type: ignore[arg-type]


def test_what_is_named_by_its_address_stands_beside_both_blocks_whoever_comes_first(full: Newsroom) -> None:
    full.publish(version(SPANISH, translations=(f"{AT}/?utm_source=x",)))
    assert told(full, SPANISH.id) == []  # nothing is there yet
    changed = full.publish(FERRY).changed
    assert SPANISH.id in {change.source for change in [*changed, *drain(full)]}
    assert told(full, SPANISH.id) == [FERRY.id]
    assert told(full, FERRY.id) == [SPANISH.id]
    with another(full) as opened:
        assert [each.id for each in opened.translations(FERRY.id)] == [SPANISH.id]


def test_what_names_the_same_original_or_the_same_key_are_translations_of_each_other(full: Newsroom) -> None:
    full.publish(FERRY)
    full.publish(version(SPANISH, translations=(FERRY.id,)))
    full.publish(version(FRENCH, translations=(FERRY.id,)))
    drain(full)
    assert set(told(full, FRENCH.id)) == {FERRY.id, SPANISH.id}
    for story in (SPANISH, FRENCH, FERRY):
        full.publish(version(story, 2, translations=(), translation_key="ferry 2024"))
    drain(full)
    assert set(told(full, FRENCH.id)) == {FERRY.id, SPANISH.id}
    full.publish(version(FRENCH, 3))
    drain(full)
    assert told(full, FRENCH.id) == []
    assert told(full, FERRY.id) == [SPANISH.id]


def test_what_is_named_counts_before_what_is_found(full: Newsroom) -> None:
    full.publish(ENGLISH)
    full.publish(BANGLA)
    other = replace(BANGLA, id="other-bn", url=None, headline="অন্য খবর", body="অন্য কথা।")
    full.publish(replace(other, translations=(ENGLISH.id,)))
    drain(full)
    assert told(full) == [other.id]


def test_what_is_named_no_more_goes_and_the_same_once_more_changes_nothing(full: Newsroom) -> None:
    full.publish(FERRY)
    named = version(SPANISH, translations=(FERRY.id,))
    full.publish(named)
    drain(full)
    assert full.publish(named).outcome is Outcome.UNCHANGED
    assert told(full, FERRY.id) == [SPANISH.id]
    full.publish(version(SPANISH, 2))
    drain(full)
    assert told(full, FERRY.id) == []
    full.publish(version(SPANISH, 3, translations=(FERRY.id,)))
    full.delete(FERRY.id)
    drain(full)
    assert told(full, SPANISH.id) == []
    full.publish(replace(FERRY, updated=FERRY.published.replace(minute=9)))  # it comes back
    drain(full)
    assert told(full, SPANISH.id) == [FERRY.id]


def test_a_template_that_names_one_story_on_every_page_counts_for_none(full: Newsroom) -> None:
    full.publish(FERRY)
    for n in range(6):
        body = f"Los pasajeros del barco {n} se salvan del mar y llegan al puerto {n}."
        full.publish(replace(SPANISH, id=f"es{n}", url=None, body=body, translations=(AT,)))
    drain(full)
    assert told(full, FERRY.id) == []
    assert not any(told(full, f"es{n}") for n in range(6))
    full.publish(version(FERRY, translations=("es3",)))
    drain(full)
    assert told(full, FERRY.id) == ["es3"]  # both say it
    assert told(full, "es3") == [FERRY.id]
    assert told(full, "es4") == []


def test_a_page_that_names_every_story_is_a_translation_of_none(full: Newsroom) -> None:
    everything = tuple(full.archive.catalog.ids_of(full.archive.catalog.nums()).values())
    assert len(everything) > 10
    full.publish(replace(SPANISH, translations=(*everything, SPANISH.id, "https://x.example/")))
    drain(full)
    assert told(full, SPANISH.id) == []


def test_of_one_language_nothing_is_a_translation(full: Newsroom) -> None:
    full.publish(FERRY)
    british = a_story("ferry-gb", headline="Ferry goes down", body="All are rescued.", language="en-GB")
    full.publish(replace(british, translations=(FERRY.id,)))
    drain(full)
    assert told(full, british.id) == told(full, FERRY.id) == []


def test_it_has_no_slot_where_other_languages_may_have_some_and_two_have_one_slot(full: Newsroom) -> None:
    words = "flood rain river dike"
    source = a_story("flut", f"flut {words}", language="de")
    named = [a_story(f"n{tag}", f"{tag}x {words}", language=tag) for tag in ("es", "fr")]
    with another(full, replace(WIDE, languages="any", slots=20)) as newsroom:
        for story in (source, *named):
            newsroom.publish(story)
        drain(newsroom)
        assert {each.id for each in named} <= set(ids(newsroom.block(source.id)))
        newsroom.publish(version(named[0], translations=(named[1].id,)))
        newsroom.publish(version(named[1], translations=(named[0].id,)))
        drain(newsroom)
        held = [slot for slot in newsroom.block(source.id).slots if slot.story in named or slot.timeline]
        assert len([slot for slot in held if slot.story.id in ("nes", "nfr")]) == 1
        newsroom.publish(version(source, translations=("nes",)))
        drain(newsroom)
        block = newsroom.block(source.id)
        shown = {story.id for slot in block.slots for story in (slot.story, *slot.timeline)}
        assert not shown & {"nes", "nfr"}
        assert {each.id for each in block.translations} == {"nes", "nfr"}


def test_translations_are_reports_of_one_event(full: Newsroom) -> None:
    full.publish(FERRY)
    full.publish(version(SPANISH, translations=(FERRY.id,)))
    thread = full.thread(FERRY.id)
    assert {story.id for story in thread.stories} == {FERRY.id, SPANISH.id}
    assert len(thread.reports) == 1


def in_languages(newsroom: Newsroom, translations: tuple[str, ...] = ()) -> set[str]:
    """Publish unrelated stories, one a language, and return their ids."""
    tags = ("en", "fr", "es", "de")
    for tag in tags:
        headline, body = f"Wholly other matter {tag}", f"{tag}word " * 5
        newsroom.publish(
            replace(
                FERRY,
                id=tag,
                url=None,
                headline=headline,
                body=body,
                language=tag,
                translations=translations,
            )
        )
    return {*tags}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("claims", ["those name it", "it names those"])
def test_what_is_said_counts_while_readers_see_the_story_that_says_it(
    full: Newsroom, status: Status, claims: str
) -> None:
    original = a_story("claims", headline="Паром", body="Паром утонул.", language="ru")
    named = claims == "those name it"
    tags = in_languages(full, translations=(original.id,) if named else ())
    one, public = "en", status in (Status.PUBLISHED, Status.CORRECTED)
    all_ = (tags - {one} if named else set()) | {original.id}
    said = {"translations": () if named else tuple(sorted(tags))}
    for minute, now in enumerate((status, Status.PUBLISHED, status), start=1):
        ends = original.published.replace(hour=20 + minute) if now is Status.EMBARGOED else None
        full.publish(version(original, minute, status=now, embargo_until=ends, **said))
        drain(full)
        seen = all_ if now is Status.PUBLISHED or public else set()
        assert set(told(full, one)) == {each.id for each in full.translations(one)} == seen
    if status is Status.EMBARGOED:
        full.engine.clock.now = original.published.replace(hour=23).timestamp()
        assert set(told(full, one)) == all_  # before any worker has looked
        drain(full)
        assert set(told(full, one)) == all_


def test_what_is_said_counts_until_the_story_that_says_it_expires(full: Newsroom) -> None:
    ends = FERRY.published.replace(hour=20)
    original = a_story("claims", headline="Паром", body="Паром утонул.", language="ru", expires=ends)
    tags = in_languages(full, translations=(original.id,))
    full.publish(replace(original, never_link_to=True))
    drain(full)
    assert set(told(full, "en")) == tags - {"en"}
    full.engine.clock.now = ends.timestamp()
    drain(full)
    assert told(full, "en") == []


@pytest.mark.parametrize("way", ["delete", "withdraw", "unsay", "delete elsewhere"])
def test_whom_a_story_kept_from_counting_counts_when_it_goes(full: Newsroom, way: str) -> None:
    full.publish(FERRY)
    for n in range(FEW + 1):
        body = f"Los pasajeros del barco {n} se salvan del mar y llegan al puerto {n}."
        full.publish(replace(SPANISH, id=f"es{n}", url=None, body=body, translations=(AT,)))
    drain(full)
    assert told(full, FERRY.id) == []
    last = replace(SPANISH, id=f"es{FEW}", url=None)
    if way == "withdraw":
        full.withdraw(last.id)
    elif way == "unsay":
        full.publish(version(last))
    elif way == "delete":
        full.delete(last.id)
    else:
        with another(full) as elsewhere:
            elsewhere.delete(last.id)
    drain(full)
    assert set(told(full, FERRY.id)) == {f"es{n}" for n in range(FEW)}


@pytest.mark.parametrize("way", ["withdraw", "delete", "hide", "unlink"])
def test_caches_that_name_a_translation_are_told_when_it_goes(full: Newsroom, way: str) -> None:
    full.publish(FERRY)
    named = version(SPANISH, translations=(FERRY.id,))
    full.publish(named)
    drain(full)
    last = full.latest_purges(1)[0].num if full.latest_purges(1) else 0
    if way == "withdraw":
        changed = full.withdraw(SPANISH.id).changed
    elif way == "delete":
        changed = full.delete(SPANISH.id).changed
    elif way == "hide":
        changed = full.publish(corrected(named, status=Status.DRAFT)).changed
    else:
        changed = full.publish(corrected(named, never_link_to=True)).changed
    (change,) = [each for each in changed if each.source == FERRY.id]
    assert (change.url, SPANISH.id in change.before, SPANISH.id in change.after) == (AT, True, False)
    assert [row.change.source for row in full.purges(last, 10)].count(FERRY.id) == 1
    assert told(full, FERRY.id) == []


def test_caches_are_told_when_an_embargo_of_a_translation_ends(full: Newsroom) -> None:
    full.publish(FERRY)
    ends = SPANISH.published.replace(hour=18)
    full.publish(version(SPANISH, translations=(FERRY.id,), embargo_until=ends))
    drain(full)
    assert told(full, FERRY.id) == []
    full.engine.clock.now = ends.timestamp()
    (change,) = [each for each in drain(full) if each.source == FERRY.id]
    assert SPANISH.id in change.after


def test_files_that_name_a_translation_are_written_again_when_it_goes(full: Newsroom, tmp_path: Path) -> None:
    full.publish(FERRY)
    full.publish(version(SPANISH, translations=(FERRY.id,)))
    export, files = Export(newsroom=full, format=FORMATS["hugo"]), tmp_path / "files"
    files.mkdir()

    def naming() -> list[str]:
        return [file.name for file in files.rglob("*.json") if SPANISH.id in file.read_text("utf-8")]

    export.run(files)
    assert f"{FERRY.id}.json" in naming()
    full.withdraw(SPANISH.id)
    export.run(files)
    assert naming() == []


@pytest.mark.parametrize("held", [False, True], ids=["new", "held"])
@pytest.mark.parametrize("way", ["names", "is named", "by a key"])
def test_a_rehearsal_obeys_what_a_draft_says_of_its_translations(
    full: Newsroom, way: str, *, held: bool
) -> None:
    """The block that is foretold, and the pages that would change, are those that come."""
    original, draft = version(FERRY), version(SPANISH, 2)
    if way == "names":
        draft = replace(draft, translations=(AT,))
    elif way == "is named":
        original = replace(original, translations=(SPANISH.id,))
    else:
        original, draft = (replace(each, translation_key="ferry") for each in (original, draft))
    if held:
        full.publish(SPANISH)
    full.publish(original)
    drain(full)
    named = [FERRY.id] if held and way == "is named" else []
    assert told(full, FERRY.id) == [SPANISH.id] * len(named)
    foretold = full.publish(draft, dry_run=True)
    assert [each.id for each in foretold.block.translations] == [FERRY.id]
    assert [each.id for each in full.block_of(draft).translations] == [FERRY.id]
    assert [each.id for each in full.propose(draft.to_json()).block.translations] == [FERRY.id]
    assert told(full, FERRY.id) == [SPANISH.id] * len(named)  # all is as it was
    came = full.publish(draft)
    assert came.block.translations == foretold.block.translations
    changed, follows = (
        {change.source: change.after for change in each.changed if change.source == FERRY.id}
        for each in (foretold, came)
    )
    assert changed == follows
    assert bool(changed) == (not named)


def test_a_draft_of_a_held_story_takes_back_what_that_said(full: Newsroom) -> None:
    full.publish(FERRY)
    full.publish(version(SPANISH, translations=(FERRY.id,)))
    drain(full)
    draft = version(SPANISH, 2, body="Nadie se ahoga.")
    foretold = full.publish(draft, dry_run=True)
    assert foretold.block.translations == ()
    assert FERRY.id in {change.source for change in foretold.changed}


def test_a_draft_has_no_slot_in_the_block_of_what_it_translates(full: Newsroom) -> None:
    words = "flood rain river dike"
    source, draft = a_story("flut", f"flut {words}", language="de"), a_story("lluvia", words, language="es")
    with another(full, replace(WIDE, languages="any", slots=20)) as newsroom:
        newsroom.publish(source)
        drain(newsroom)
        assert source.id in ids(newsroom.block_of(draft))
        said = replace(draft, translations=(source.id,))
        assert source.id not in ids(newsroom.block_of(said))
        (changed,) = [c for c in newsroom.publish(said, dry_run=True).changed if c.source == source.id]
        came = newsroom.publish(said)
        assert [c.after for c in came.changed if c.source == source.id] == [changed.after]
