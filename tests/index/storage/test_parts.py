"""Arrays that are read as one are told apart from what is none."""

from __future__ import annotations

import numpy as np
import pytest

from index.storage.parts import Parts


def test_runs_are_those_of_the_arrays_one_after_the_other() -> None:
    parts = Parts.of(np.zeros(0, np.uint32), np.array([5, 6], np.uint32), np.array([7 << 8, 8], np.uint32))
    assert (len(parts), parts.dtype, parts.shape, parts.width) == (4, np.uint32, (), 1)
    assert [parts.run(start, start + 1).tolist() for start in range(4)] == [[5], [6], [7 << 8], [8]]
    assert parts.run(4, 4).tolist() == []
    assert parts.bytes.run(8, 12).view("<u4").tolist() == [7 << 8]


@pytest.mark.parametrize(
    "arrays",
    [
        (),
        (np.zeros(2, np.uint32), np.zeros(2, np.uint8)),
        (np.zeros((2, 3)), np.zeros((2, 4))),
        (np.zeros((2, 3)).T,),
    ],
)
def test_arrays_that_are_not_alike_are_refused(arrays: tuple[np.ndarray, ...]) -> None:
    with pytest.raises(ValueError, match=r"kind|contiguous"):
        Parts.of(*arrays)
