"""The link graph: found by id and by any spelling of an address, in whatever order the stories come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recommender.catalog import LINK_KINDS, Catalog, Op, normal_url
from recommender.catalog.editor_actions import EditorActions
from recommender.story.addresses import reference
from recommender.story.story import Link
from tests.catalog.catalog_cases import NOW, a_story, add

DAY = 24 * 3600
Edge = tuple[str, str, str, int]


def edges(catalog: Catalog, nums: list[int] | None = None) -> set[Edge]:
    """Return the links as (source id, target id, kind, days after the first of May)."""
    found = catalog.links(nums)
    ids = {row.num: row.story.id for row in catalog.rows()}
    return {
        (ids[source], ids[target], LINK_KINDS[kind].value, (set_at - int(NOW)) // DAY)
        for source, target, kind, set_at in zip(
            found.sources.tolist(),
            found.targets.tolist(),
            found.kinds.tolist(),
            found.set_at.tolist(),
            strict=True,
        )
    }


@pytest.mark.parametrize(
    "target",
    [
        "b",
        "https://news.example/b",
        "HTTP://News.Example:80/b/#top",
        "https://news.example/b?utm_source=mail",
        "https://wire.example/b",
        "/b",
    ],
)
@pytest.mark.parametrize("target_first", [True, False])
def test_a_text_link_finds_its_target(catalog: Catalog, target: str, target_first: bool) -> None:
    source = a_story("a", day=3, url="https://news.example/2024/a", links=(Link(target=target),))
    held = a_story("b", url="https://news.example/b", canonical_url="https://wire.example/b")
    for story in (held, source) if target_first else (source, held):
        add(catalog, story)
    assert edges(catalog) == {("a", "b", "text", 3)}
    assert catalog.statistics().waiting_links == 0


@pytest.mark.parametrize(("count", "weight"), [(1, 1.0), (3, 1.0), (4, 0.75), (12, 0.25)])
def test_all_links_of_a_long_list_count_as_three(catalog: Catalog, count: int, weight: float) -> None:
    listed = tuple(Link(target=f"t{n}", curated=True, listed=True) for n in range(count))
    targets = [a_story(f"t{n}") for n in range(count)]
    add(catalog, *targets, a_story("b"), a_story("a", links=(*listed, Link(target="b"))))
    assert sorted(catalog.links().weights.tolist()) == [*[weight] * count, 1.0][: count + 1]
    add(catalog, a_story("a", day=1, links=(*(replace(link, listed=False) for link in listed),)))
    assert set(catalog.links().weights.tolist()) == {1.0}


def test_stories_of_one_batch_link_to_each_other(catalog: Catalog) -> None:
    add(catalog, a_story("a", links=(Link(target="b"),)), a_story("b", links=(Link(target="a"),)))
    assert edges(catalog) == {("a", "b", "text", 0), ("b", "a", "text", 0)}


def test_an_id_counts_before_an_address_and_an_address_before_a_canonical_one(catalog: Catalog) -> None:
    add(catalog, a_story("copy", canonical_url="https://news.example/b"))
    add(catalog, a_story("b", url="https://news.example/b"), a_story("b2", url="https://news.example/b"))
    add(catalog, a_story("a", links=(Link(target="https://news.example/b"), Link(target="copy"))))
    assert edges(catalog) == {("a", "b", "text", 0), ("a", "copy", "text", 0)}
    found = catalog.by_url("http://NEWS.example/b/")
    assert found is not None
    assert found[1].id == "b"


def test_an_id_that_is_an_address_is_found_by_it(catalog: Catalog) -> None:
    add(catalog, a_story("a", links=(Link(target="https://news.example/1"),)))
    add(catalog, a_story("http://news.example/1/"))
    assert edges(catalog) == {("a", "http://news.example/1/", "text", 0)}
    assert catalog.by_url("https://news.example/1#x") is not None


def test_an_update_changes_the_links_and_keeps_the_time_of_those_that_stay(catalog: Catalog) -> None:
    add(catalog, a_story("b"), a_story("c"), a_story("d"))
    add(catalog, a_story("a", day=1, links=(Link(target="b"), Link(target="c"))))
    add(catalog, a_story("a", day=1, updated=7, links=(Link(target="c"), Link(target="d"))))
    assert edges(catalog) == {("a", "c", "text", 1), ("a", "d", "text", 7)}


def test_links_to_a_removed_story_wait_for_it(catalog: Catalog) -> None:
    add(catalog, a_story("b"), a_story("a", links=(Link(target="b"),)))
    catalog.remove(["b"], NOW)
    assert edges(catalog) == set()
    assert catalog.statistics().waiting_links == 1
    add(catalog, a_story("b"))
    assert edges(catalog) == {("a", "b", "text", 0)}
    catalog.remove(["a"], NOW)
    assert edges(catalog) == set()
    assert catalog.statistics().waiting_links == 0


def test_a_link_stays_with_a_story_that_moves(catalog: Catalog) -> None:
    add(catalog, a_story("b", url="https://news.example/old"))
    add(catalog, a_story("a", links=(Link(target="https://news.example/old"),)))
    add(catalog, a_story("b", updated=1, url="https://news.example/new"))
    assert edges(catalog) == {("a", "b", "text", 0)}


def test_a_story_that_links_to_itself_or_twice_to_one_counts_once(catalog: Catalog) -> None:
    add(catalog, a_story("b", url="https://news.example/b"))
    add(
        catalog,
        a_story("a", links=(Link(target="a"), Link(target="b"), Link(target="https://news.example/b"))),
    )
    assert edges(catalog) == {("a", "b", "text", 0)}


def test_links_that_editors_set_are_kept_beside_those_in_the_text(catalog: Catalog) -> None:
    curated = (Link(target="b", curated=True), Link(target="later", curated=True))
    add(catalog, a_story("a", links=(Link(target="b"),)), a_story("b"))
    add(catalog, a_story("a", updated=2, links=(Link(target="b"), *curated)))
    assert edges(catalog) == {("a", "b", "text", 0), ("a", "b", "curated", 2)}
    add(catalog, a_story("later"))
    assert edges(catalog) == {("a", "b", "text", 0), ("a", "b", "curated", 2), ("a", "later", "curated", 2)}
    add(catalog, a_story("a", updated=3, links=()))
    assert edges(catalog) == {("a", "b", "curated", 2), ("a", "later", "curated", 2)}


def test_a_change_of_links_hides_no_change_of_the_story(catalog: Catalog) -> None:
    add(catalog, a_story("a"), a_story("b"))
    EditorActions(catalog).add("a", "pin", ["b"], 1, "desk", int(NOW))
    assert [(c.num, c.op) for c in catalog.changes(0)] == [(2, Op.PUT), (1, Op.PUT)]
    catalog.remove(["a"], NOW)
    assert [(c.num, c.op) for c in catalog.changes(0)] == [(2, Op.PUT), (1, Op.REMOVE)]


def test_links_of_some_are_those_that_start_or_end_there(catalog: Catalog) -> None:
    add(
        catalog,
        a_story("a", links=(Link(target="b"),)),
        a_story("b", links=(Link(target="c"),)),
        a_story("c"),
    )
    assert edges(catalog, [1]) == {("a", "b", "text", 0)}
    assert edges(catalog, [2]) == edges(catalog) == {("a", "b", "text", 0), ("b", "c", "text", 0)}
    assert edges(catalog, []) == set()


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://news.example/a", "https://news.example/a"),
        ("HTTP://News.EXAMPLE:80/A/", "https://news.example/A"),
        ("https://news.example", "https://news.example"),
        ("https://news.example/", "https://news.example"),
        ("https://news.example:8443/a?x=1&utm_medium=m#f", "https://news.example:8443/a?x=1"),
        ("https://[::1]:443/a", "https://[::1]/a"),
        ("https://news.example:99999/a", "https://news.example:99999/a"),
        ("https://[bad/a", "https://[bad/a"),
        ("mailto:desk@news.example", "mailto:desk@news.example"),
        ("an id / with things?", "an id / with things?"),
    ],
)
def test_normal_form_of_addresses(url: str, normal: str) -> None:
    assert normal_url(url) == normal
    assert normal_url(normal) == normal


def test_a_relative_target_is_read_from_its_page() -> None:
    assert reference("/b/", "https://news.example/2024/a") == "https://news.example/b"
    assert reference("/b/", None) == "/b/"
    assert reference("plain-id", "https://news.example/2024/a") == "plain-id"
