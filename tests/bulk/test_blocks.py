from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import Story
from recommender.bulk.blocks import MOST, blocks, read
from recommender.embedding import chunks
from recommender.errors import SourceError
from recommender.ingest.base import Found, Options, Origin, Refused
from recommender.ingest.reading import read_source
from tests.bulk.samples import parquet_of, wxr_of

ORIGIN = Origin(kind="json")


def found(stories: list[Story]) -> list[Found]:
    return [Found(story=story, origin=ORIGIN) for story in stories]


@pytest.fixture(scope="module")
def many(stories_18f: tuple[Story, ...]) -> list[Story]:
    return [
        replace(story, id=f"{story.id}-{copy}", headline=f"{story.headline} {copy}")
        for copy in range(4)
        for story in stories_18f
    ]


def test_blocks_hold_all_in_order_and_none_is_large(many: list[Story]) -> None:
    cut = list(blocks(found(many)))
    assert [item for block in cut for item in block.items] == found(many)
    assert len(cut) > 4
    assert max(len(block.items) for block in cut) <= MOST


@given(st.integers(0, 2000), st.text(min_size=1, max_size=30))
@settings(max_examples=20, deadline=None)
def test_a_story_that_is_put_in_changes_the_blocks_around_it_alone(
    many: list[Story], place: int, headline: str
) -> None:
    place = min(place, len(many))
    new = replace(many[0], id="new", headline=f"new {headline}")
    before = {block.name("model") for block in blocks(found(many))}
    after = {block.name("model") for block in blocks(found([*many[:place], new, *many[place:]]))}
    assert len(after - before) <= 3


def test_a_block_goes_by_its_texts_and_the_model(many: list[Story]) -> None:
    (block,) = blocks(found(many[:1]))
    (moved,) = blocks(found([replace(many[0], id="another", url="https://news.example/another")]))
    (rewritten,) = blocks(found([replace(many[0], headline="Another headline")]))
    assert block.name("a") == moved.name("a")
    assert len({block.name("a"), block.name("b"), rewritten.name("a")}) == 3


def test_texts_that_are_cut_otherwise_make_another_block(
    many: list[Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    (block,) = blocks(found(many[:1]))
    before = block.name("model")
    for what in ("FORMAT", "CHUNK_TOKENS", "STORY_TOKENS"):
        with monkeypatch.context() as patch:
            patch.setattr(chunks, what, 7)
            assert block.name("model") != before
    assert block.name("model") == before


def test_a_text_stands_once_in_a_block(many: list[Story]) -> None:
    copies = [replace(many[0], id=f"copy-{number}") for number in range(3)]
    (block,) = blocks(found(copies))
    assert [story.id for story in block.texts.values()] == ["copy-0"]


def test_a_source_at_an_address_reads_as_the_file_does(tmp_path: Path, many: list[Story]) -> None:
    lines = "\n".join(json.dumps(story.to_json()) for story in many[:5])
    (tmp_path / "a.jsonl").write_text(lines, "utf-8")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "c.xml").write_text(wxr_of(3), "utf-8")
    parquet_of(4, tmp_path / "d.parquet")
    (tmp_path / ".hidden").write_text(lines, "utf-8")
    (tmp_path / "e.bin").write_bytes(b"\0\1\2")

    def stories(source: str) -> list[Story]:
        return [item.story for item in read(source, Options(), None) if isinstance(item, Found)]

    for name, count in {"a.jsonl": 5, "b.jsonl.gz": 5, "c.xml": 3, "d.parquet": 4}.items():
        path = tmp_path / name
        local = [item.story for item in read_source(path, Options()) if isinstance(item, Found)]
        assert stories(path.as_uri()) == stories(str(path)) == local
        assert len(local) == count
    options = Options()
    assert len([1 for item in read(tmp_path.as_uri(), options, None) if isinstance(item, Found)]) == 17
    assert options.passed.total() == 1
    assert stories(tmp_path.as_uri()) == stories(str(tmp_path))


def test_what_is_read_at_an_address_is_named_without_its_keys(tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe("/KEY:SECRET@desk/all.jsonl?token=TOKEN", b'{"id": "a", "headline": 1}')
    fsspec.filesystem("memory").pipe("/KEY:SECRET@bare/none.bin", b"\0")
    (item,) = read("memory://KEY:SECRET@desk/all.jsonl?token=TOKEN", Options(), None)
    assert isinstance(item, Refused)
    assert item.place == "memory://desk/all.jsonl line 1"
    with pytest.raises(SourceError, match=r"^memory://bare holds no file of a known kind"):
        list(read("memory://KEY:SECRET@bare", Options(), None))
    with pytest.raises(SourceError, match=r"^https://news.example/feed cannot be read twice"):
        list(read("https://KEY:SECRET@news.example/feed?token=TOKEN", Options(), None))


@pytest.mark.parametrize("source", ["-", "https://news.example/feed"])
def test_what_cannot_be_read_twice_is_refused(source: str) -> None:
    with pytest.raises(SourceError, match="cannot be read twice, as bulk loading does; use `related add`"):
        list(read(source, Options(), None))
