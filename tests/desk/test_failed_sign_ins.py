"""Tries to sign in that failed: in the log, the audit log and the metrics, never more than can be borne."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.catalog.audit import AuditLog, Entry
from recommender.desk.failed_sign_ins import ACT, LINES_AT_ONCE, LONGEST, MOST_NAMES, FailedSignIns
from recommender.desk.roles import Role
from recommender.errors import ArchiveError
from recommender.service.settings import ServiceSettings
from tests.desk.conftest import PASSWORD, Clock, Office, make_office, text_of

SIGN_IN = "/desk/sign-in"


class Kept(AuditLog):
    """Keeps entries in memory, unless it cannot."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.is_full = False

    def add(self, entries: Iterable[Entry]) -> None:
        """Keep them."""
        if self.is_full:
            raise ArchiveError("the disk is full")
        self.entries += entries


def refused(office: Office) -> set[tuple[str, str, str]]:
    """End the service, which writes what it holds; return about whom, from where, and the note."""
    office.service.close()
    found = AuditLog(office.newsroom.archive.catalog).latest(100, act=ACT)
    return {(entry.about, entry.origin, entry.note) for entry in found}


def test_a_try_is_told_with_whom_it_was_about_and_from_where_and_never_with_what_was_typed(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.people.add("Sports", Role.READER)
    office.people.set_password("Sports", PASSWORD)
    browser = office.browser("192.0.2.7")
    with caplog.at_level(logging.WARNING, "related.desk"):
        for name in (" sports", "Sports  ", "Sports"):
            browser.post(SIGN_IN, on=SIGN_IN, name=name, password="wrong horse")
        browser.post(SIGN_IN, on=SIGN_IN, name=PASSWORD, password="wrong horse")  # in the wrong field
        browser.get("/desk/link/used-up")
    told = [record.facts for record in caplog.records if record.name == "related.desk"]  # type: ignore[attr-defined]
    assert [(each["name"], each["by"]) for each in told] == [
        ("", "password"),
        *[("Sports", "password")] * 2,
        ("", "password"),
        ("", "link"),
    ]
    assert {each["address"] for each in told} == {"192.0.2.7"}
    assert refused(office) == {
        ("Sports", "192.0.2.7", "2 tries by password"),
        ("", "192.0.2.7", "2 tries by password"),
        ("", "192.0.2.7", "1 try by link"),
    }
    everything = f"{told}{AuditLog(office.newsroom.archive.catalog).latest(100)}"
    assert not any(secret in everything for secret in (PASSWORD, "wrong horse", "used-up"))


def test_who_tries_is_told_the_same_whether_somebody_has_the_name_or_not(office: Office) -> None:
    office.people.add("Sports", Role.READER)
    office.people.set_password("Sports", PASSWORD)
    pages = [
        office.browser().post(SIGN_IN, on=SIGN_IN, name=name, password="wrong horse")
        for name in ("Sports", "Sporty")
    ]
    assert {page.status_code for page in pages} == {401}
    shown = [text_of(page).replace("Sporty", "Sports") for page in pages]
    assert shown[0] == shown[1]


def test_metrics_count_every_try_by_its_outcome(office: Office) -> None:
    office.people.add("Sports", Role.READER)
    office.people.set_password("Sports", PASSWORD)
    for number in range(12):
        browser = office.browser(f"10.0.0.{number}")
        browser.post(SIGN_IN, on=SIGN_IN, name="Sports", password="x" if number else PASSWORD)
    counted = {
        outcome: office.service.metrics.sign_ins.labels("password", outcome)._value.get()
        for outcome in ("let-in", "refused", "too-many")
    }
    assert counted == {"let-in": 1, "refused": 9, "too-many": 2}


def test_whom_a_proxy_names_without_being_known_is_told_of_too(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    archive = tmp_path_factory.mktemp("proxied") / "archive"
    archive.mkdir()
    (archive / "related.toml").write_text('[desk]\nheader = "X-Forwarded-User"\n', "utf-8")
    for office in make_office(archive, ServiceSettings(proxies="10.0.0.7")):
        headers = {"x-forwarded-user": "mallory", "x-forwarded-for": "203.0.113.9"}
        assert office.browser("10.0.0.7").get("/desk", **headers).status_code == 403
        assert refused(office) == {("", "203.0.113.9", "1 try by proxy")}


@settings(max_examples=50, deadline=None)
@given(
    tries=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 300), st.floats(0, 600)), max_size=200),
)
def test_no_attack_writes_more_than_so_many_lines_and_entries_and_none_is_uncounted(
    tries: list[tuple[int, int, float]],
) -> None:
    ticks, kept = Clock(0.0), Kept()
    failed = FailedSignIns(kept, ticks, ticks)
    for name, address, seconds in tries:
        ticks.now += seconds
        failed.count(f"desk-{name}" if name else "", "password", f"10.0.0.{address}")
    failed.close()
    assert len(kept.entries) <= MOST_NAMES + 1
    assert sum(int(entry.note.split()[0].replace(",", "")) for entry in kept.entries) == len(tries)


def test_while_tries_go_on_they_are_summed_up_for_longer_and_longer() -> None:
    ticks, kept = Clock(0.0), Kept()
    failed = FailedSignIns(kept, ticks, ticks)
    pauses = []
    for _ in range(12):
        failed.count("", "password", "192.0.2.7")
        pauses.append(failed.pause)
        ticks.now += failed.pause
        failed.write()
    assert pauses[:3] == [10, 20, 40]
    assert pauses[-1] == LONGEST
    ticks.now += LONGEST + 1
    failed.count("", "password", "192.0.2.7")
    assert failed.pause == pauses[0], "after a quiet hour a try is told soon"
    failed.close()


def test_the_log_has_a_limited_number_of_lines(caplog: pytest.LogCaptureFixture) -> None:
    failed = FailedSignIns(Kept(), ticks=Clock(0.0))
    with caplog.at_level(logging.WARNING, "related.desk"):
        for number in range(1000):
            failed.count("", "password", f"10.0.{number // 256}.{number % 256}")
    failed.close()
    assert len(caplog.records) == LINES_AT_ONCE


def test_what_cannot_be_written_is_written_later() -> None:
    kept = Kept()
    failed = FailedSignIns(kept)
    kept.is_full = True
    failed.count("desk-1", "password", "192.0.2.7")
    failed.write()
    failed.count("desk-1", "password", "192.0.2.8")
    kept.is_full = False
    failed.close()
    [entry] = kept.entries
    assert (entry.about, entry.note) == ("desk-1", "2 tries by password, from 2 addresses")
