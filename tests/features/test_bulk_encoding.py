"""Stories read by several processes are those that one process reads, in the same order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.storage.errors import HelperError
from index.storage.processes import Helpers
from recommender.archive.archive import Archive
from recommender.archive.private_files import CATALOG_FILE
from recommender.catalog import Catalog
from recommender.features.bulk_encoding import ADDRESS, BATCH, HELPER, Stories, encoded, packed, unpacked
from recommender.features.story_batch import StoryBatch
from tests.arrays import encoded as as_arrays
from tests.arrays import same, story
from tests.fakes import HashEmbedder


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bulk") / "archive"
    with Archive.create(path, embedder=HashEmbedder()) as archive:
        archive.add(story(number, tags=("a", f"t{number}")) for number in range(2 * BATCH + 10))
        archive.remove(["s3", "s700"])
    return path / CATALOG_FILE


def test_several_processes_read_what_one_reads(catalog: Path) -> None:
    nums = list(range(1, 2 * BATCH + 11))
    with Catalog.open(catalog) as opened:
        one, many = (
            [item for some in encoded(opened, nums, workers=workers) for item in some.batch.items()]
            for workers in (0, 2)
        )
    assert [num for num, _ in many] == [num for num, _ in one] == [n for n in nums if n not in (4, 701)]
    assert all(same(left, right) for (_, left), (_, right) in zip(one, many, strict=True))


def test_what_is_packed_comes_back() -> None:
    items = [(number, as_arrays(story(number, authors=("a",) * (number % 2)))) for number in range(5)]
    back = unpacked(packed(Stories(StoryBatch.of(items), [7], {9: "torn"})))
    assert [num for num, _ in back.batch.items()] == [0, 1, 2, 3, 4]
    assert all(same(left, right) for (_, left), (_, right) in zip(items, back.batch.items(), strict=True))
    assert (back.aside, back.problems) == ([7], {9: "torn"})
    none = unpacked(packed(Stories(StoryBatch.of([]))))
    assert (list(none.batch.items()), none.aside, none.problems) == ([], [], {})


def test_answers_come_in_the_order_of_the_requests(catalog: Path) -> None:
    requests = [np.array([num], np.int64).tobytes() for num in (9, 2, 5, 2)]
    with Helpers(HELPER, [], 2, {ADDRESS: str(catalog)}) as helpers:
        answers = [num for answer in helpers.map(requests) for num, _ in unpacked(answer).batch.items()]
    assert answers == [9, 2, 5, 2]


def test_a_process_that_dies_is_an_error_and_not_a_wait(
    catalog: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (
        Helpers(HELPER, [], 2, {ADDRESS: str(catalog.with_name("none"))}) as helpers,
        pytest.raises(HelperError, match="ended before its work was done"),
    ):
        list(helpers.map([b"\0" * 8]))
    assert "no catalog at" in capfd.readouterr().err
