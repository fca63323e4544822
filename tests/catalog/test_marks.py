"""Marks tell what a commit concerned: each kind of write moves that of its kind; one statement reads them."""

from __future__ import annotations

from pathlib import Path

from recommender.catalog import Catalog
from recommender.catalog.block_records import Batch, BlockRow
from recommender.catalog.blocks import Blocks
from recommender.catalog.chosen_settings import ChosenSettings
from recommender.catalog.comparisons import Comparisons
from recommender.catalog.marks import Marks
from recommender.catalog.steering import SteeringRules
from recommender.story.addresses import AddressRules
from tests.catalog.catalog_cases import MODEL, a_story, add
from tests.plans import scans, statements

ROW = {"values": {"recency": 1}, "by": "sports-desk", "note": ""}


def moved(catalog: Catalog, before: Marks) -> set[str]:
    """Return the names of the marks that are others than before, and look like another catalog would."""
    now = catalog.marks()
    assert now.version != before.version
    with Catalog.open(catalog.address, read_only=True) as other:
        assert other.marks()[1:] == now[1:]
    return {name for name in Marks._fields[1:] if getattr(now, name) != getattr(before, name)}


def test_each_kind_of_write_moves_its_mark_and_no_other(catalog: Catalog) -> None:
    add(catalog, a_story("one"))
    blocks, comparisons = Blocks(catalog), Comparisons(catalog)
    made = BlockRow(source=1, made=1, due=None, recipe="r", provenance={}, shown=(), slots=())
    writes = {
        "a story": (lambda: add(catalog, a_story("two")), {"seq"}),
        "a block": (
            lambda: blocks.commit(Batch(made=[made]), 1),
            {"blocks"},
        ),
        "what followed": (lambda: blocks.commit(Batch(cursor=(0, 1)), 1), {"cursor", "blocks"}),
        "a choice": (lambda: ChosenSettings(catalog).add({**ROW, "at": 1}, 0), {"choice"}),
        "a comparison": (lambda: comparisons.start(ROW, 2, 9, 1), {"comparison", "blocks"}),
        "its end": (lambda: comparisons.stop("sports-desk", 3, 9), {"comparison", "blocks"}),
        "a rule": (lambda: SteeringRules(catalog).add({"act": "x"}, 4), {"steering", "blocks"}),
        "addresses": (lambda: catalog.use_addresses(AddressRules(drop=("x",)), 5), {"addresses"}),
        "something else": (lambda: catalog.set_setting("else", 1), set()),
    }
    found = {}
    for what, (write, _) in writes.items():
        before = catalog.marks()
        write()
        found[what] = moved(catalog, before)
    assert found == {what: marks for what, (_, marks) in writes.items()}
    assert catalog.model_hash() == MODEL.hash


def test_a_look_after_a_commit_is_one_statement_and_the_next_is_none(
    catalog: Catalog,
) -> None:
    add(catalog, a_story("one"))
    with statements() as found:
        first = catalog.marks()
        asked = [statement for statement in found if statement.startswith("SELECT")]
        catalog.last_seq(), catalog.model_hash(), catalog.addresses(), Blocks(catalog).version()
        assert catalog.marks() is first
    assert len(asked) == 1
    assert [statement for statement in found if statement.startswith("SELECT")] == asked


def test_a_look_scans_nothing(path: Path) -> None:
    with Catalog.create(path) as catalog:
        with statements() as found:
            catalog.marks()
        assert found
        assert scans(catalog, found) == []


def test_what_follows_a_commit_reads_its_changes_once(catalog: Catalog) -> None:
    add(catalog, a_story("one"), a_story("two"))
    since = catalog.last_seq()
    add(catalog, a_story("three"))
    with statements() as found:
        told = catalog.changes(since)
    with statements() as again:
        assert catalog.changes(since) == told == catalog.few_changes(since, 1)
        assert catalog.few_changes(0, 2) is None
        told.clear()
    assert [change.num for change in catalog.changes(since)] == [3]
    assert not any("ORDER BY change.seq" in statement for statement in again)
    assert any("ORDER BY change.seq" in statement for statement in found)
    add(catalog, a_story("four"))
    assert [change.num for change in catalog.changes(since)] == [3, 4]
