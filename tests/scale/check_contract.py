"""The contract of `VectorIndex`, held by vectors on real servers: the same tests, and random histories."""

from __future__ import annotations

from tests.index.conftest import LoadIndex, MakeIndex
from tests.index.test_contract import *  # noqa: F403
from tests.index.test_stateful import check_histories


def test_any_history_leaves_the_oracles_answers(server: str, make: MakeIndex, load: LoadIndex) -> None:
    few = server == "milvus"  # a read after an own write waits there until all is seen, a fifth of a second
    check_histories(make, load, examples=4 if few else 25, steps=10 if few else 20)
