"""Other rules for addresses make all keys anew: of pages, of links that wait, of links that are found."""

from __future__ import annotations

from recommender.catalog import Catalog
from recommender.story.addresses import EVERYWHERE, AddressRules
from recommender.story.story import Link
from tests.catalog.catalog_cases import a_story, add

MOVED = AddressRules.of("old.example=news.example", "ref", "", "/print")


def pairs(catalog: Catalog) -> list[tuple[int, int]]:
    links = catalog.links()
    return sorted(zip(links.sources.tolist(), links.targets.tolist(), strict=True))


def fill(catalog: Catalog) -> None:
    add(
        catalog,
        a_story("target", url="https://old.example/hilsa"),
        a_story(
            "waits", url="https://news.example/1", links=(Link(target="https://news.example/hilsa/print"),)
        ),
        a_story("other", links=(Link(target="https://news.example/else?ref=1"), Link(target="/x"))),
    )


def test_other_rules_give_pages_and_links_other_keys(catalog: Catalog) -> None:
    fill(catalog)
    assert (catalog.by_url("https://news.example/hilsa"), pairs(catalog)) == (None, [])
    seq = catalog.last_seq()
    assert catalog.use_addresses(MOVED, now=9.0) == 3
    assert {change.num for change in catalog.changes(seq)} == {1, 2, 3}, "every process forgets the old keys"
    found = catalog.by_url("http://www.news.example/hilsa?ref=rss")
    assert found is not None
    assert found[1].id == "target"
    assert pairs(catalog) == [(2, 1)]
    assert catalog.problems() == []
    add(catalog, a_story("late", links=(Link(target="https://old.example/1/"),)))
    assert pairs(catalog) == [(2, 1), (4, 2)]
    assert catalog.use_addresses(MOVED, now=9.0) == 0


def test_the_old_rules_give_the_old_keys_again(catalog: Catalog) -> None:
    fill(catalog)
    catalog.use_addresses(MOVED, now=9.0)
    catalog.use_addresses(EVERYWHERE, now=9.0)
    assert catalog.by_url("https://news.example/hilsa") is None
    assert catalog.by_url("https://old.example/hilsa/") is not None
    add(catalog, a_story("else", url="https://news.example/else?ref=1"))
    assert (3, 4) in pairs(catalog), "the link is read in the text, where nothing of it was left out"


def test_stories_that_come_under_other_rules_have_the_keys_of_those_that_were_there(catalog: Catalog) -> None:
    catalog.use_addresses(MOVED, now=9.0)
    fill(catalog)
    keyed = (pairs(catalog), catalog.by_url("https://news.example/hilsa"))
    assert keyed[0] == [(2, 1)]
    assert keyed[1] is not None
