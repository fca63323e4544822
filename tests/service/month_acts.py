"""What a newsroom does in a month, act by act; each block is checked each time.

The busiest month of the digital.gov seeds, behind the stories that came before it.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

import pytest

from recommender.client import Client, ServiceError
from recommender.ingest.jsonl import read_stories
from recommender.service.answer_schemas import ChangeOut
from recommender.story.story import Story
from tests.conftest import SEEDS
from tests.service.month import Life, Month
from tests.service.receiver import Raw, Receiver
from tests.service.running import related

EARLIER = 50  # stories that the archive holds when the month begins
SOON = 3  # seconds until an embargo ends or a story expires
PATIENCE = 60.0  # seconds for what is posted
SLOW = 1800  # seconds that a loaded machine may take


def earlier_and_month() -> tuple[list[Raw], list[list[Raw]]]:
    """Return the stories before the busiest month, and those of the month by day."""
    read = [one for one in read_stories(SEEDS / "digitalgov" / "articles.jsonl") if isinstance(one, Story)]
    stories = [story.to_json() for story in sorted(read, key=lambda story: story.published)]
    ((month, _),) = Counter(story["published"][:7] for story in stories).most_common(1)
    earlier = [story for story in stories if story["published"][:7] < month][-EARLIER:]
    inside = [story for story in stories if story["published"][:7] == month]
    return earlier, [list(day) for _, day in groupby(inside, lambda story: story["published"][:10])]


@dataclass
class Stage:
    """What the acts are done with.

    Attributes
    ----------
    line : callable
        Returns a command line of `related` with some words.
    env : mapping of str to str
        More of its environment.
    is_patient : bool
        Whether every block is looked at after every story; else after every act and every few days.
    """

    month: Month
    client: Client
    archive: Path
    line: Callable[..., list[str]] = related
    env: dict[str, str] = field(default_factory=dict)
    is_patient: bool = True

    def publish(self, story: Raw, **more: object) -> list[ChangeOut]:
        """Publish a story that is public at once; return the changes that were named."""
        published = self.client.publish({**story, **more})
        self.month.lives.setdefault(story["id"], Life())
        return published.changed

    def play(self, days: Sequence[Sequence[Raw]]) -> None:
        """Publish day by day, and look at every block."""
        for some in days if self.is_patient else [[story for day in days for story in day]]:
            with self.month.step() as named:
                for story in some:
                    named += self.publish(story)
                    if self.is_patient:
                        self.month.look()

    def wait_until(self, at: float) -> None:
        """Look at every block until a moment has passed."""
        while time.time() < at + 0.5:
            self.month.look()


def play_month(
    stage: Stage, earlier: Sequence[Raw], days: Sequence[Sequence[Raw]], receiver: Receiver
) -> None:
    """Play all of it, and check at the end what caches were told and hold."""
    stage.play(days[:5])
    correct(stage, days[0][0], donor=earlier[0])
    pin_and_exclude(stage, days[1][0]["id"])
    stage.play(days[5:8])
    withdraw_for_a_successor_and_restore(stage)
    withdraw_for_good(stage)
    stage.play(days[8:10])
    end_an_embargo(stage, days[10])
    expire(stage, days[2][0]["id"])
    stage.play(days[11:13])
    freeze(stage, days[13:15])
    merge(stage, days[3][0]["id"], days[4][0]["id"])
    delete(stage)
    stage.play(days[15:])
    assert sum(map(len, days)) == len(stage.month.lives) - len(earlier)
    stage.month.copies.clear()  # what caches held all the time is what they would be given now
    assert stage.month.look() == stage.month.pages
    stage.month.check_html(stage.month.lives)
    check_posts(stage.month, receiver)


def correct(stage: Stage, story: Raw, donor: Raw) -> None:
    """A correction changes what the story is about; neither it nor what comes late may undo it."""
    month, client = stage.month, stage.client
    corrected = {**story, "body": donor["body"], "status": "corrected", "updated": "2015-01-02T00:00:00Z"}
    with month.step() as named:
        foretold = client.publish(corrected, dry_run=True)
        assert month.look() == month.pages
        published = client.publish(corrected)
        named += published.changed
        assert published.outcome == foretold.outcome == "updated"
    with month.step(quiet=True):
        again = client.publish(corrected)
        assert (again.outcome, again.stale) == ("unchanged", 0)
        assert {each.source for each in published.changed} <= {each.source for each in again.changed}
        # As they stand now: a worker may have made some of them anew since.
        assert {c.source: tuple(c.after) for c in again.changed}.items() <= month.pages.items()
    for late in (story, {**corrected, "headline": "An older headline", "updated": "2015-01-01T00:00:00Z"}):
        with month.step(quiet=True):
            answer = client.publish(late)
            assert (answer.outcome, answer.changed) == ("older", [])
    assert client.related(story["id"]).headline == story["headline"]


def pin_and_exclude(stage: Stage, page: str) -> None:
    """Pins stand where they were put, before the engine's choice; what is excluded stays out."""
    month, client = stage.month, stage.client
    first, *_, far = [id for id in month.lives if id != page and id not in month.pages[page]]
    for target, position in ((far, 2), (first, 1)):
        with month.step() as named:
            edited = client.pin(page, target, position, by="desk")
            named += edited.changed
            month.pins.setdefault(page, {})[position] = target
            assert edited.refusal is None
    with month.step(quiet=True):
        assert client.pin(page, first, 1, by="desk").event == 0
    unwanted = month.pages[page][-1]
    with month.step() as named:
        named += client.exclude(page, unwanted, by="desk").changed
        month.excluded[page] = {unwanted}
    with month.step(quiet=True):
        assert client.exclude(page, unwanted, by="desk").event == 0
    with month.step() as named:
        named += client.unpin(page, far).changed
        del month.pins[page][2]


def withdraw_for_a_successor_and_restore(stage: Stage) -> None:
    """The successor stands in each slot of a withdrawn story before the call returns."""
    month, client = stage.month, stage.client
    blocks = {id: client.related(id) for id, links in month.pages.items() if links}
    slots = {id: [slot.story.id for slot in block.slots] for id, block in blocks.items()}
    old = most_shown(month)
    holders = [id for id, shown in slots.items() if old in shown and id not in month.pins]
    inside = Counter(id for holder in holders for id in month.pages[holder])
    new = min((id for id in month.lives if id != old), key=lambda id: inside[id])
    with month.step() as named:
        foretold = client.withdraw(old, successor=new, dry_run=True)
        assert month.look() == month.pages
        published = client.withdraw(old, successor=new)
        month.lives[old].over(new)
        named += published.changed
        for answer in (foretold, published):  # those that showed it, however little time there is for others
            assert {id for id in blocks if old in month.pages[id]} <= {c.source for c in answer.changed}
        for id in holders:
            if id != new and new not in month.pages[id]:
                assert client.related(id).slots[slots[id].index(old)].story.id == new
        check_gone(client, old, new, blocks[old].headline)
    with month.step(quiet=True):  # the call again, and again without naming whom it names already
        assert client.withdraw(old, successor=new).outcome == "unchanged"
        assert client.amend(old, status="retracted").outcome == "unchanged"
    with month.step() as named:
        path, back = f"/stories/{quote(old)}", {"status": "published", "successor": None}
        answer = month.http.patch(path, json=back)
        assert answer.status_code == 200
        month.lives[old].back()
    assert any(old in links for links in month.pages.values())


def withdraw_for_good(stage: Stage) -> None:
    """A story without a successor is nowhere once the call has returned."""
    old = most_shown(stage.month)
    headline = stage.client.related(old).headline
    with stage.month.step() as named:
        named += stage.client.withdraw(old).changed
        stage.month.lives[old].over()
        check_gone(stage.client, old, None, headline)


def check_gone(client: Client, id: str, successor: str | None, headline: str) -> None:
    with pytest.raises(ServiceError) as refused:
        client.related(id)
    assert refused.value.status == 410
    assert refused.value.problem is not None
    assert (refused.value.problem.successor or None) == successor
    assert id not in [slot.story.id for slot in client.similar(headline, k=20).slots]


def end_an_embargo(stage: Stage, day: Sequence[Raw]) -> None:
    """An embargo ends by itself, to the second; a pin waits for it."""
    month, client, (story, *rest) = stage.month, stage.client, day
    page = next(id for id in month.lives if month.pages[id] and id not in month.pins)
    ends = int(time.time()) + 2 * SOON  # a loaded machine needs some of it
    until = datetime.fromtimestamp(ends, UTC).isoformat()
    with month.step() as named:
        month.lives[story["id"]] = Life(begins=ends)
        published = client.publish({**story, "status": "embargoed", "embargo_until": until})
        named += published.changed
        edited = client.pin(page, story["id"], 1, by="desk")
        month.pins[page] = {1: story["id"]}
        if edited.refusal is not None:
            assert edited.refusal.reason == "not_yet_public"
            assert linked_ids(client, story["id"], preview=True)
        stage.wait_until(ends)
        assert story["id"] in month.look()[page]
    stage.play([rest])


def expire(stage: Stage, id: str) -> None:
    """A story that expires is nowhere from that second on."""
    month, client = stage.month, stage.client
    ends = int(time.time()) + SOON
    with month.step():
        month.lives[id].ends = ends
        client.amend(id, expires=datetime.fromtimestamp(ends, UTC))
        stage.wait_until(ends)


def freeze(stage: Stage, days: Sequence[Sequence[Raw]]) -> None:
    """A frozen block follows the gate and nothing else."""
    month, client = stage.month, stage.client
    page = next(id for id in reversed(month.lives) if month.pages[id] and id not in month.pins)
    with month.step() as named:
        named += client.freeze(page, by="desk").changed
    kept = [slot.story.id for slot in client.related(page).slots]
    stage.play(days)
    assert [slot.story.id for slot in client.related(page).slots] == kept
    with month.step() as named:
        named += client.withdraw(kept[0]).changed
        month.lives[kept[0]].over()
        assert [slot.story.id for slot in client.related(page).slots] == kept[1:]
    with month.step() as named:
        named += client.unfreeze(page).changed


def merge(stage: Stage, old: str, new: str) -> None:
    """On the command line, beside the service, one story becomes another: its places and its pins go over."""
    month, client = stage.month, stage.client
    target = next(id for id in month.lives if id not in (old, new) and month.pages[id])
    with month.step() as named:
        named += client.pin(old, target, 1, by="desk").changed
        month.pins[old] = {1: target}
    with month.step():
        words = stage.line("merge", old, new, "--archive", stage.archive)
        subprocess.run(words, env={**os.environ, **stage.env}, check=True, capture_output=True)
        month.lives[old].over(new)
        month.pins[new] = month.pins.pop(old)


def delete(stage: Stage) -> None:
    """A deleted story is nowhere and has no page."""
    old = most_shown(stage.month)
    with stage.month.step() as named:
        deleted = stage.client.delete(old)
        named += deleted.changed
        stage.month.lives[old].over(deleted=True)
        again = stage.client.delete(old)
        assert (again.outcome, again.taken) == ("deleted", False)
        assert {change.source for change in again.changed} == {change.source for change in deleted.changed}


def most_shown(month: Month) -> str:
    """Return the story that stands in most blocks and plays no other part."""
    parts = {*month.pins, *month.excluded, *(id for pins in month.pins.values() for id in pins.values())}
    counted = Counter(id for links in month.pages.values() for id in links if id not in parts)
    return counted.most_common(1)[0][0]


def linked_ids(client: Client, id: str, *, preview: bool = False) -> list[str]:
    return [slot.story.id for slot in client.related(id, preview=preview).slots]


def check_posts(month: Month, receiver: Receiver) -> None:
    """Check that the cache was told each change once, signed, in order.

    A post that goes out late leaves out what was hidden meanwhile: a later change takes that out of the page.
    """
    ends = time.monotonic() + PATIENCE
    while len(receiver.told) < len(month.log) and time.monotonic() < ends:
        time.sleep(0.1)
    rows = [row.change for row in month.log]
    sides = [(one["source"], one["url"], one["before"]) for one in receiver.told]
    assert sides == [(row.source, row.url, list(row.before)) for row in rows]
    for place, (told, row) in enumerate(zip(receiver.told, rows, strict=True)):
        left_out = set(row.after) - set(told["after"])
        assert told["after"] == [id for id in row.after if id not in left_out]
        later = [each for each in rows[place + 1 :] if each.source == row.source]
        assert all(any(id in set(each.before) - set(each.after) for each in later) for id in left_out)
