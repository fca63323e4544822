"""What an operator reads of who made and changed keys, and how keys, sessions and tokens are exchanged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recommender.catalog.audit import KINDS
from recommender.desk import audit as desk_audit
from tests.arrays import story
from tests.cli.conftest import Related

LATER = datetime.now(UTC).date() + timedelta(100)


def test_an_operator_reads_who_did_what(
    related: Related, news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELATED_EDITOR", "night-desk")
    related("keys", "add", "cms", "--archive", news)
    related("people", "add", "sports-desk", "--archive", news)
    monkeypatch.delenv("RELATED_EDITOR")
    monkeypatch.setenv("SUDO_USER", "day-desk")
    related("keys", "rotate", "cms", "--until", str(LATER), "--archive", news)
    told = related("audit", "--archive", news, "--json").json
    assert [(one["act"], one["about"], one["by"]) for one in told] == [
        ("key.rotate", "cms", "day-desk"),
        ("person.link", "sports-desk", "night-desk"),
        ("person.add", "sports-desk", "night-desk"),
        ("key.add", "cms", "night-desk"),
    ]
    assert told[0]["note"].startswith(f"the old one ends {LATER}T23:59:5")
    assert {one["origin"] for one in told} == {"command line"}
    assert len(related("audit", "--act", "key", "--archive", news, "--json").json) == 2
    assert related("audit", "--since", "2099-01-01", "--archive", news).out == "nothing of the kind\n"


def test_acts_on_blocks_stand_among_them(related: Related, news: Path, tmp_path: Path) -> None:
    lines = tmp_path / "stories.jsonl"
    lines.write_text("".join(f"{story(n).to_json()!s}\n".replace("'", '"') for n in range(4)))
    assert related("add", lines, "--archive", news).code == 0
    related("keys", "add", "cms", "--archive", news)
    assert related("pin", "s1", "s2", "--by", "sports-desk", "--archive", news).code == 0
    [told] = related("audit", "--act", "block", "--archive", news, "--json").json
    assert (told["act"], told["about"], told["by"], told["note"]) == (
        "block.pin",
        "s1",
        "sports-desk",
        '["s2"]',
    )


@pytest.mark.parametrize("words", [(), ("sports-desk", "--all")])
def test_whose_sessions_end_is_said(related: Related, news: Path, words: tuple[str, ...]) -> None:
    answer = related("people", "sign-out", *words, "--archive", news)
    assert answer.code == 2
    assert "a name, or --all" in answer.err


@pytest.mark.parametrize("words", [("--until", "2001-01-01"), ("--until", "2099-01-01", "--grace", "5")])
def test_when_an_old_key_ends_is_said_once_and_lies_ahead(
    related: Related, news: Path, words: tuple[str, ...]
) -> None:
    related("keys", "add", "cms", "--archive", news)
    assert related("keys", "rotate", "cms", *words, "--archive", news).code == 2
    assert len(related("keys", "list", "--archive", news, "--json").json) == 1


def test_an_act_that_is_none_is_no_act_that_nobody_did(related: Related, news: Path) -> None:
    answer = related("audit", "--act", "keys", "--archive", news)
    assert (answer.code, "there is no act 'keys'; give key, person" in answer.err) == (2, True)
    assert set(KINDS) == set(desk_audit.KINDS)
