"""Old vectors are deleted from real servers, whatever their shape; those of copies that live are not."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import numpy as np
import pytest

from index import open_index, open_stock
from recommender import Recommender, Story
from recommender.catalog.vector_uses import VectorUses
from tests.cli.conftest import Related, related
from tests.fakes import HashEmbedder
from tests.scale.check_archive_engines import held_right

__all__ = ["related"]
SOME = 40
DAY = 86_400


@pytest.fixture
def url(server: str, request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue({"pgvector": "vectors_url", "milvus": "milvus_url"}[server]))


def test_all_that_is_held_of_one_goes_and_nothing_of_others(server: str, url: str) -> None:
    one, other = f"one {uuid.uuid4().hex} o'neill", f"other {uuid.uuid4().hex}"
    for dimension, publishers in ((8, (one, other)), (12, (one,))):
        for publisher in publishers:
            index = open_index(server, dimension, ("published",), url=url, publisher=publisher)
            rows = np.eye(5, dimension, dtype=np.float32)
            index.upsert(np.arange(5), rows, {"published": np.zeros(5, np.int64)})
    stock = open_stock(server, url)
    assert (stock.rows(one), stock.rows(other), stock.rows("nobody")) == (10, 5, 0)
    assert stock.publishers("one ") in ([one], [])
    stock.forget(one)
    assert (stock.rows(one), stock.rows(other)) == (0, 5)
    index = open_index(server, 12, ("published",), url=url, publisher=one)
    index.upsert(np.arange(2), rows[:2], {"published": np.zeros(2, np.int64)})
    assert stock.rows(one) == 2
    for each in (one, other):
        stock.forget(each)
        stock.forget(each)


def test_vectors_of_an_older_fit_go_beside_a_copy_that_lives(
    server: str, url: str, related: Related, stories_18f: tuple[Story, ...], tmp_path: Path
) -> None:
    path = tmp_path / "archive"
    path.mkdir()
    (path / "related.toml").write_text(f'[index]\nengine = "{server}"\nurl = "{url}"\n')
    with Recommender.create(path, embedder=HashEmbedder()) as recommender:
        recommender.add(stories_18f[:SOME])
        assert held_right(recommender)
        recommender.add(stories_18f[SOME : SOME + 5])
        recommender.archive.rebuild()
        assert held_right(recommender)
        uses = VectorUses(recommender.archive.catalog)
        ends = time.monotonic() + 120
        while len(uses.all()) < 2:
            assert time.monotonic() < ends
            time.sleep(0.05)
        listed = related("vectors", "list", "--archive", path, "--json").json
        assert [each["rows"] for each in listed] == [SOME + 5, SOME + 5]
        assert not any(each["is_deleted"] for each in related("vectors", "clean", "-a", path, "--json").json)
        new, old = (each["name"] for each in listed)
        uses.say(old, time.time() - 9 * DAY, is_first=True)
        words = ("vectors", "clean", "--archive", path)
        assert "would be deleted" in related(*words, "--dry-run").out
        answer = related(*words, "--json").json
        assert {each["name"]: each["is_deleted"] for each in answer} == {new: False, old: True}
        (held,) = related("vectors", "list", "--archive", path, "--json").json
        assert (held["name"], held["rows"]) == (new, SOME + 5)
        assert held_right(recommender)
    open_stock(server, url).forget(new)
