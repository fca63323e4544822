"""Bulk loads in the catalog: joined, taken over, cancelled, and what they quote of stories."""

from __future__ import annotations

from recommender.catalog import Catalog
from recommender.catalog.bulk_jobs import KEPT, LAPSED, BulkJobs, JobRow, Refusal, State
from recommender.catalog.tables import bulk_refusal
from tests.catalog.catalog_cases import NOW, a_story, add


def a_job(run: str = "one", digest: str = "d", name: str = "load", at: float = NOW) -> JobRow:
    return JobRow("cms", name, digest, run, 8, at)


def test_a_job_is_joined_while_it_works_and_when_it_is_done(catalog: Catalog) -> None:
    jobs = BulkJobs(catalog)
    assert jobs.begin(a_job(), []) == a_job()
    assert jobs.begin(a_job("two"), []) == a_job()
    assert jobs.begin(a_job("two", "other"), []) == a_job()
    jobs.keep(done := a_job()._replace(state=State.DONE.value, outcomes='{"added":8}'))
    assert jobs.begin(a_job("two"), []) == done
    assert jobs.begin(a_job("two", "other"), [], has_room=False) is None
    assert jobs.begin(other := a_job("two", "other"), []) == other


def test_one_that_lapsed_is_taken_over_and_its_run_keeps_nothing_more(catalog: Catalog) -> None:
    jobs, late = BulkJobs(catalog), NOW + LAPSED + 1
    jobs.begin(a_job(), [])
    assert jobs.begin(a_job("two", at=late), ["one"]) == a_job()  # alive, as its own process knows
    assert jobs.begin(taken := a_job("two", at=late), []) == taken
    assert not jobs.goes_on(a_job())
    jobs.keep(a_job()._replace(refused=1), [Refusal(0, "a", "{}")])
    assert jobs.row("cms", "load") == taken
    assert jobs.goes_on(taken)


def test_one_that_was_cancelled_stays_so_and_tells_how_far_it_came(catalog: Catalog) -> None:
    jobs = BulkJobs(catalog)
    assert jobs.cancel("cms", "load", NOW) is None
    jobs.begin(a_job(), [])
    assert jobs.cancel("cms", "load", NOW).state == State.CANCELLED
    assert not jobs.goes_on(a_job())
    jobs.keep(a_job()._replace(refused=2), [Refusal(0, "a", '{"line":1}'), Refusal(1, "b", '{"line":2}')])
    row = jobs.row("cms", "load")
    assert (row.state, row.refused, row.refusals) == ("cancelled", 2, ('{"line":1}', '{"line":2}'))


def test_a_deleted_story_is_quoted_by_no_job_and_old_jobs_go_with_what_they_quote(catalog: Catalog) -> None:
    jobs = BulkJobs(catalog)
    add(catalog, a_story("a"))
    jobs.begin(a_job(), [])
    jobs.keep(a_job()._replace(refused=2), [Refusal(0, "a", "1"), Refusal(1, "b", "2")])
    catalog.remove(["a"], NOW)
    assert jobs.row("cms", "load").refusals == ("2",)
    jobs.cancel("cms", "load", NOW)
    for n in range(KEPT + 1):
        jobs.begin(a_job(name=f"load-{n}", at=NOW + n), [])
        jobs.cancel("cms", f"load-{n}", NOW + 1 + n)
    jobs.begin(a_job(name="last"), [])
    assert jobs.row("cms", "load") is None
    assert jobs.row("cms", f"load-{KEPT}") is not None
    with catalog.snapshot() as connection:
        assert connection.execute(bulk_refusal.select()).all() == []
