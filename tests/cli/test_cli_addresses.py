"""Stories from an address on the command line: all at first, then what is new, or on from where it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Related
from tests.ingest.live.sites import WordPress, feed
from tests.web.site import HOST, Asked, Reply, Site, running


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as site:
        yield site


@pytest.fixture
def archive(related: Related, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("RELATED_WEB_PRIVATE_HOSTS", HOST)
    monkeypatch.setenv("RELATED_WEB_PAUSE_SECONDS", "0")
    assert related("init", "--archive", str(tmp_path / "news")).code == 0
    return str(tmp_path / "news")


def counts(answer: object) -> tuple[int, int, int]:
    values = answer.json  # type: ignore[attr-defined]
    return values["added"], values["updated"], values["unchanged"]


def test_a_second_import_takes_what_is_new(related: Related, archive: str, site: Site) -> None:
    blog = WordPress(site)
    blog.add(1)
    blog.add(2, minutes=30)
    command = ("import", "wordpress-json", site.url, "--archive", archive, "--json")
    assert counts(related(*command)) == (2, 0, 0)
    blog.add(1, minutes=60, body="Corrected.")
    assert counts(related(*command)) == (0, 1, 1)
    assert counts(related(*command, "--from-start")) == (0, 0, 2)


def test_an_import_that_was_torn_goes_on_where_it_was(related: Related, archive: str, site: Site) -> None:
    blog = WordPress(site, most=2)
    for id in range(1, 6):
        blog.add(id)
    serve = blog.answer

    def torn(asked: Asked) -> Reply:
        return Reply("gone", 418) if asked.query["page"] == ["3"] else serve(asked)

    site.pages["/wp-json/wp/v2/posts"] = torn
    command = ("import", "wordpress-json", site.url, "--archive", archive)
    answer = related(*command)
    assert (answer.code, "it answers 418" in answer.err) == (2, True)
    site.pages["/wp-json/wp/v2/posts"] = serve
    site.asked.clear()
    assert counts(related(*command, "--json")) == (1, 0, 0)
    assert [one.query["page"] for one in site.asked if "page" in one.query] == [["3"]]


def test_add_recognises_what_is_at_an_address(related: Related, archive: str, site: Site) -> None:
    site.pages["/feed"] = feed(site, 1, 2)
    assert counts(related("add", f"{site.url}/feed", "--archive", archive, "--json")) == (2, 0, 0)
    assert related("get", "guid-1", "--archive", archive, "--json").json["origin"]["kind"] == "feed"


def test_a_dry_run_remembers_nothing(related: Related, archive: str, site: Site) -> None:
    WordPress(site).add(1)
    command = ("import", "wordpress-json", site.url, "--archive", archive, "--json")
    assert counts(related(*command, "--dry-run")) == (1, 0, 0)
    assert counts(related(*command)) == (1, 0, 0)


def test_a_private_host_is_refused_with_the_way_out(
    related: Related, archive: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RELATED_WEB_PRIVATE_HOSTS")
    answer = related("add", f"{site.url}/feed", "--archive", archive)
    assert answer.code == 2
    assert (
        "a private address; name a public host, or name this one in the setting private_hosts" in answer.err
    )


def test_a_site_that_fails_is_told_once_and_when_it_is_asked_again(
    related: Related, archive: str, site: Site
) -> None:
    url, command = f"{site.url}/feed", ("follow", "--once", "--archive", archive)
    site.pages["/feed"] = Reply(status=500)
    failed = related(*command, url)
    assert (failed.code, failed.err.count("it answers 500")) == (2, 1)
    assert "; it is asked again at 20" in failed.err
    put_off = related(*command, url)
    assert put_off.code == 0
    assert f"{url} was not asked: it failed once, with: " in put_off.err
    assert "; it is asked again at 20" in put_off.err
    unknown = related(*command, "fax", url)
    assert (unknown.code, "there is no kind of source 'fax'" in unknown.err) == (2, True)


def test_what_is_no_site_is_refused_before_it_is_followed(related: Related, archive: str) -> None:
    answer = related("follow", "https://desk:S3cret@news.example/feed", "--archive", archive)
    assert answer.code == 2
    assert "give an http(s) URL without name and password" in answer.err
    assert "S3cret" not in answer.err + answer.out
