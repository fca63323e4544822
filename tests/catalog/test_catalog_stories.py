"""What is written comes back, late arrivals do not win, and nothing is embedded twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import create_engine, text

from recommender.catalog import Catalog, Model, Op, Outcome, StoryEntry
from recommender.catalog.migrations import VERSION
from recommender.catalog.ordering import DELETED_DAYS
from recommender.errors import NotFoundError
from recommender.story.hashes import content_hash, text_hash
from recommender.story.story import Link, Status, Story, visible_window
from tests.catalog.catalog_cases import FULL, MAY, MODEL, NOW, a_story, add, some_vectors


def test_a_story_comes_back_equal_in_every_field(catalog: Catalog) -> None:
    add(catalog, FULL)
    assert catalog.get("full") == (1, FULL)
    assert catalog.by_nums([1]) == {1: FULL}
    assert content_hash(catalog.by_nums([1])[1]) == content_hash(FULL)


def test_the_columns_agree_with_the_story(catalog: Catalog, path: Path) -> None:
    add(catalog, FULL)
    with create_engine(f"sqlite:///{path}").connect() as connection:
        row = connection.execute(text("SELECT * FROM story")).mappings().one()
    assert (row["visible_from"], row["visible_until"]) == visible_window(FULL)
    assert row["published"] == NOW
    assert (row["status"], row["language"]) == ("embargoed", "en")
    assert (row["content_hash"], row["text_hash"]) == (content_hash(FULL), text_hash(FULL))


def test_what_is_not_held_is_not_found(catalog: Catalog) -> None:
    assert catalog.get("nobody") is None
    assert catalog.by_url("https://nowhere.example/") is None
    assert catalog.by_nums([1, 99]) == {}
    assert catalog.nums_of(["nobody"]) == {}


def test_the_same_content_again_is_unchanged_and_logs_nothing(catalog: Catalog) -> None:
    add(catalog, a_story("a"))
    seq = catalog.last_seq()
    assert add(catalog, a_story("a")) == ["unchanged"]
    assert catalog.last_seq() == seq


@pytest.mark.parametrize(
    ("held", "arriving", "outcome"),
    [
        (dict(updated=2), dict(updated=3), "updated"),
        (dict(updated=3), dict(updated=2), "older"),
        (dict(updated=2), dict(), "older"),
        (dict(), dict(updated=2), "updated"),
        (dict(), dict(), "updated"),
        (dict(day=3), dict(day=1), "older"),
    ],
)
def test_the_later_version_wins_whichever_comes_first(
    catalog: Catalog, held: dict[str, int], arriving: dict[str, int], outcome: str
) -> None:
    first, second = a_story("a", body="first", **held), a_story("a", body="second", **arriving)
    assert add(catalog, first) == ["added"]
    assert add(catalog, second) == [outcome]
    assert catalog.get("a") == (1, first if outcome == "older" else second)


def test_versions_in_one_batch_are_as_versions_in_batches(catalog: Catalog) -> None:
    versions = [a_story("a", updated=when, body=str(when)) for when in (2, 4, 3)]
    assert add(catalog, *versions) == ["added", "updated", "older"]
    assert catalog.get("a") == (1, versions[1])
    assert [change.op for change in catalog.changes(0)] == [Op.PUT]


def test_a_version_that_was_overtaken_in_its_batch_leaves_no_vectors(catalog: Catalog) -> None:
    first, last = a_story("a", body="first"), a_story("a", updated=1, body="last")
    catalog.write([StoryEntry(first, some_vectors(1)), StoryEntry(last, some_vectors(2))], NOW)
    assert list(catalog.vectors_of([text_hash(first), text_hash(last)])) == [text_hash(last)]


def test_an_older_version_brings_no_vectors(catalog: Catalog) -> None:
    add(catalog, a_story("a", updated=2))
    late = a_story("a", body="late")
    assert catalog.write([StoryEntry(late, some_vectors(1))], NOW) == [Outcome.OLDER]
    assert catalog.vectors_of([text_hash(late)]) == {}


def test_vectors_come_back_bit_for_bit_in_order_of_num(catalog: Catalog) -> None:
    entries = [StoryEntry(a_story(str(n)), some_vectors(n, rows=1 + n % 3)) for n in range(25)]
    catalog.write(entries, NOW)
    rows = list(catalog.rows(batch=4))
    assert [row.num for row in rows] == sorted(row.num for row in rows)
    assert [row.story for row in rows] == [entry.story for entry in entries]
    for row, entry in zip(rows, entries, strict=True):
        np.testing.assert_array_equal(row.vectors, entry.vectors)
    assert [row.story.id for row in catalog.rows_of([3, 9, 1, 77])] == ["0", "2", "8"]


def test_identical_texts_share_their_vectors_until_the_last_one_goes(catalog: Catalog) -> None:
    first, second = a_story("a", headline="Same"), a_story("b", headline="Same")
    catalog.write([StoryEntry(first, some_vectors(1))], NOW)
    held = catalog.vectors_of([text_hash(second)])
    np.testing.assert_array_equal(held[text_hash(second)], some_vectors(1))
    add(catalog, second)
    catalog.remove(["a"], NOW)
    np.testing.assert_array_equal(next(catalog.rows()).vectors, some_vectors(1))
    catalog.remove(["b"], NOW)
    assert catalog.vectors_of([text_hash(second)]) == {}


def test_a_new_text_drops_the_vectors_of_the_old_one(catalog: Catalog) -> None:
    old, new = a_story("a", body="old"), a_story("a", body="new", updated=1)
    catalog.write([StoryEntry(old, some_vectors(1))], NOW)
    catalog.write([StoryEntry(new, some_vectors(2))], NOW)
    assert list(catalog.vectors_of([text_hash(old), text_hash(new)])) == [text_hash(new)]


def test_a_new_model_is_filled_in_beside_the_old_one(catalog: Catalog) -> None:
    entries = [StoryEntry(a_story(str(n)), some_vectors(n)) for n in range(3)]
    catalog.write(entries, NOW)
    better = Model(hash="b" * 64, name="better", dimension=4)
    catalog.use_model(better, NOW)
    assert [row.vectors for row in catalog.rows()] == [None] * 3
    catalog.put_vectors({text_hash(entries[1].story): some_vectors(9)}, better.hash)
    assert [row.story.id for row in catalog.rows() if row.vectors is None] == ["0", "2"]
    np.testing.assert_array_equal(next(catalog.rows_of([1], MODEL.hash)).vectors, some_vectors(0))
    np.testing.assert_array_equal(next(catalog.rows_of([2])).vectors, some_vectors(9))


def test_vectors_of_a_model_that_nobody_recorded_are_refused(address: str) -> None:
    with Catalog.create(address) as catalog:
        with pytest.raises(ValueError, match="use_model"):
            catalog.write([StoryEntry(a_story("a"), some_vectors(1))], NOW)
        with pytest.raises(ValueError, match="unknown model 'x'"):
            catalog.put_vectors({"0": some_vectors(1)}, "x")
        assert catalog.count() == 0


@pytest.mark.parametrize(
    "vectors",
    [np.ones((2, 5)), np.ones(4), np.ones((0, 4)), np.full((1, 4), np.nan), np.full((1, 4), np.inf)],
)
def test_vectors_that_an_index_could_not_hold_are_refused(
    catalog: Catalog, vectors: NDArray[np.float64]
) -> None:
    with pytest.raises(ValueError, match=r"want finite \(n, 4\)"):
        catalog.write([StoryEntry(a_story("a"), vectors.astype(np.float16))], NOW)
    assert catalog.count() == 0


def test_a_name_that_no_file_could_hold_is_not_found(catalog: Catalog) -> None:
    with pytest.raises(NotFoundError, match="not Unicode"):
        catalog.get("half a \ud83d pair")


def test_a_num_is_never_given_again(catalog: Catalog) -> None:
    add(catalog, a_story("a"), a_story("b"))
    assert catalog.remove(["b", "nobody", "b"], NOW) == ["b"]
    add(catalog, a_story("b"))
    assert catalog.nums_of(["a", "b"]) == {"a": 1, "b": 3}


def test_the_log_tells_the_latest_of_each_story(catalog: Catalog) -> None:
    add(catalog, a_story("a"), a_story("b"), a_story("c"))
    seen = catalog.last_seq()
    add(catalog, a_story("a", updated=1, body="new"))
    catalog.remove(["b"], NOW + 5)
    assert [(c.num, c.op, c.at) for c in catalog.changes(seen)] == [(1, Op.PUT, NOW), (2, Op.REMOVE, NOW + 5)]
    assert [(c.num, c.op) for c in catalog.changes(0)] == [(3, Op.PUT), (1, Op.PUT), (2, Op.REMOVE)]
    assert catalog.pending(seen) == 2
    assert catalog.changes(catalog.last_seq()) == []


def test_an_amendment_stands_against_versions_made_before_it(catalog: Catalog) -> None:
    add(catalog, a_story("a"))
    withdrawn_at = (MAY + timedelta(days=5)).timestamp()
    assert catalog.amend("a", lambda s: replace(s, status=Status.RETRACTED), withdrawn_at) is Outcome.UPDATED
    for updated in (4, 6, None):  # whatever its clock says
        late = a_story("a", updated=updated, body=f"late webhook {updated}")
        held = catalog.get("a")
        assert held is not None
        assert add(catalog, late) == ["updated" if updated else "older"]
        assert catalog.get("a") == (1, replace(late if updated else held[1], status=Status.RETRACTED))
    assert catalog.amend("a", lambda s: replace(s, status=Status.PUBLISHED), NOW) is Outcome.UPDATED
    assert catalog.get("a") == (1, a_story("a", updated=6, body="late webhook 6"))


def test_a_version_that_is_sent_after_an_amendment_brings_its_text_without_a_time(catalog: Catalog) -> None:
    add(catalog, a_story("a"))
    catalog.amend("a", lambda s: replace(s, expires=MAY + timedelta(days=9)), NOW + 1e6)
    assert add(catalog, a_story("a", body="corrected")) == ["updated"]
    assert catalog.get("a") == (1, a_story("a", body="corrected", expires=MAY + timedelta(days=9)))


def test_the_same_version_again_after_an_amendment_is_older_than_it(catalog: Catalog) -> None:
    add(catalog, a_story("a"))
    catalog.amend("a", lambda s: replace(s, status=Status.RETRACTED), NOW)
    seq = catalog.last_seq()
    assert add(catalog, a_story("a")) == ["older"]
    assert add(catalog, a_story("a", status=Status.RETRACTED)) == ["unchanged"]
    assert catalog.last_seq() == seq


def test_a_named_field_stays_even_where_it_was_so_already(catalog: Catalog) -> None:
    add(catalog, a_story("a", status=Status.RETRACTED))
    catalog.amend("a", lambda s: s, NOW, ["status"])
    add(catalog, a_story("a", status=Status.PUBLISHED, updated=3))
    assert catalog.get("a") == (1, a_story("a", status=Status.RETRACTED, updated=3))


def test_a_version_may_hide_a_story_that_a_call_has_restored(catalog: Catalog) -> None:
    statuses = (Status.RETRACTED, Status.PUBLISHED, Status.RETRACTED, Status.PUBLISHED)
    add(catalog, a_story("a", status=Status.RETRACTED))
    catalog.amend("a", lambda s: replace(s, status=Status.PUBLISHED), NOW)
    for n, status in enumerate(statuses, 1):
        add(catalog, a_story("a", status=status, body=str(n)))
        held = catalog.get("a")
        assert held is not None
        said_before = n == 1  # it says what the version before the call said, which the call has overruled
        assert held[1].status is (Status.PUBLISHED if said_before else status)


def test_a_deleted_story_comes_back_where_that_is_meant(catalog: Catalog) -> None:
    entry = StoryEntry(a_story("a", updated=300))
    catalog.write([entry], NOW)
    catalog.remove(["a"], NOW)
    assert catalog.write([entry], NOW, undelete=False) == [Outcome.DELETED]
    assert catalog.foretell(entry.story, undelete=False)[0] is Outcome.DELETED
    assert catalog.count() == 0
    assert catalog.write([entry], NOW) == [Outcome.ADDED]
    assert catalog.write([StoryEntry(a_story("a", updated=301))], NOW, undelete=False) == [Outcome.UPDATED]


def test_who_was_deleted_long_ago_is_forgotten(catalog: Catalog) -> None:
    add(catalog, a_story("a"), a_story("b"))
    catalog.remove(["a"], NOW)
    catalog.remove(["b"], NOW + 2 * DELETED_DAYS * 86_400)
    assert catalog.write([StoryEntry(a_story("a")), StoryEntry(a_story("b"))], NOW, undelete=False) == [
        Outcome.ADDED,
        Outcome.DELETED,
    ]


def test_an_amendment_that_changes_nothing_logs_nothing(catalog: Catalog) -> None:
    add(catalog, a_story("a"))
    seq = catalog.last_seq()
    assert catalog.amend("a", lambda s: s, NOW) is Outcome.UNCHANGED
    assert catalog.last_seq() == seq


def test_an_amendment_keeps_the_vectors(catalog: Catalog) -> None:
    catalog.write([StoryEntry(a_story("a"), some_vectors(1))], NOW)
    catalog.amend("a", lambda s: replace(s, section="Sports"), NOW)
    np.testing.assert_array_equal(next(catalog.rows()).vectors, some_vectors(1))


def test_an_amendment_of_nothing_or_of_the_id_is_refused(catalog: Catalog) -> None:
    add(catalog, a_story("a"))
    with pytest.raises(NotFoundError, match="'nobody'"):
        catalog.amend("nobody", lambda s: s, NOW)
    with pytest.raises(ValueError, match="may not change the id"):
        catalog.amend("a", lambda s: replace(s, id="b"), NOW)


def test_settings_and_models_come_back(catalog: Catalog) -> None:
    catalog.set_setting("zone", "Asia/Dhaka")
    catalog.set_setting("zone", {"name": "Asia/Dhaka", "since": [1, None]})
    assert catalog.setting("zone") == {"name": "Asia/Dhaka", "since": [1, None]}
    assert catalog.setting("other", 5) == 5
    assert set(catalog.settings()) == {"zone", "model"}
    assert catalog.model() == MODEL
    assert catalog.model("nobody") is None


def test_statistics_count_what_is_held(catalog: Catalog) -> None:
    draft = a_story("b", status=Status.DRAFT, links=(Link(target="a"), Link(target="nobody")))
    catalog.write([StoryEntry(a_story("a"), some_vectors(1)), StoryEntry(draft)], NOW)
    found = catalog.statistics()
    assert (found.stories, found.by_status) == (2, {"published": 1, "draft": 1})
    assert (found.embedded, found.links, found.waiting_links) == (1, 1, 1)
    assert (found.last_seq, found.schema_version) == (2, VERSION)
    assert found.size > 0


def test_long_lists_of_ids_and_nums_pass(catalog: Catalog) -> None:
    stories: list[Story] = [a_story(f"s{n}") for n in range(1300)]
    add(catalog, *stories)
    assert catalog.nums_of(f"s{n}" for n in range(5000)) == {s.id: n for n, s in enumerate(stories, 1)}
    assert list(catalog.by_nums(range(5000)).values()) == stories
    assert catalog.content_hashes(s.id for s in stories) == {s.id: content_hash(s) for s in stories}
    assert len(catalog.remove([s.id for s in stories], NOW)) == 1300
    assert catalog.count() == 0
