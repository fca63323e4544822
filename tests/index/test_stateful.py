"""Random additions, replacements, removals, saves and searches: every engine stays equal to the oracle."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from index import ExactIndex, Field, Filter, Hits, Vectors, load_index
from tests.index.conftest import ENGINES, LoadIndex, MakeIndex, answers

WIDTH = 3
IDS = st.lists(st.integers(0, 60), min_size=0, max_size=25, unique=True)
FILTERS = st.one_of(
    st.none(),
    st.builds(lambda value: Field("a") <= value, st.integers(-1, 9)),
    st.builds(lambda value: Field("a") == value, st.integers(-1, 9)),
    st.builds(lambda value: (Field("a") > value).kept() & (Field("a") < 8), st.integers(0, 3)),
    st.builds(lambda values: ~Field("a").isin(values), st.lists(st.integers(0, 9), max_size=4)),
)


class Machine(RuleBasedStateMachine):
    make: MakeIndex
    load: LoadIndex = staticmethod(load_index)

    def __init__(self) -> None:
        super().__init__()
        self.index = self.make(WIDTH, ("a",))
        self.oracle = ExactIndex(WIDTH, ("a",))
        self.directory = Path(tempfile.mkdtemp(prefix="index-"))
        self.saves = 0

    def teardown(self) -> None:
        shutil.rmtree(self.directory)

    @rule(ids=IDS, seed=st.integers(0, 1000))
    def upsert(self, ids: list[int], seed: int) -> None:
        rng = np.random.default_rng(seed)
        vectors = rng.integers(-2, 3, (len(ids), WIDTH)).astype(np.float32)
        columns = {"a": rng.integers(0, 9, len(ids))}
        for index in (self.index, self.oracle):
            index.upsert(np.array(ids, dtype=np.int64), vectors, columns)

    @rule(ids=IDS)
    def remove(self, ids: list[int]) -> None:
        numbers = np.array(ids, dtype=np.int64)
        assert self.index.remove(numbers) == self.oracle.remove(numbers)

    @rule(seed=st.integers(0, 1000), k=st.integers(1, 70), where=FILTERS)
    def search(self, seed: int, k: int, where: Filter | None) -> None:
        queries = np.random.default_rng(seed).integers(-2, 3, (2, WIDTH)).astype(np.float32)
        assert answers(self.index, queries, k, where) == answers(self.oracle, queries, k, where)

    @rule(reopen=st.booleans())
    def save(self, reopen: bool) -> None:
        self.saves += 1
        self.index.save(self.directory / str(self.saves))
        if reopen:
            self.index = self.load(self.directory / str(self.saves))

    @invariant()
    def same_length(self) -> None:
        assert len(self.index) == len(self.oracle)


def check_histories(make: MakeIndex, load: LoadIndex, *, examples: int, steps: int) -> None:
    """Play random histories against the oracle."""

    class Engine(Machine):
        pass

    Engine.make, Engine.load = staticmethod(make), staticmethod(load)
    case = Engine.TestCase
    case.settings = settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    case("runTest").debug()


@pytest.mark.parametrize("engine", sorted(set(ENGINES) - {"exact"}))
def test_any_history_leaves_the_oracles_answers(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "index.faiss.maintenance._DEAD_LEAST", 6
    )  # so that so few rows already need compaction

    check_histories(ENGINES[engine], load_index, examples=40, steps=25)


def test_the_machine_finds_a_broken_engine() -> None:
    class Unfiltered(ExactIndex):
        def search(self, queries: Vectors, k: int, where: Filter | None = None) -> list[Hits]:
            return super().search(queries, k)

    class Engine(Machine):
        make = Unfiltered

    case = Engine.TestCase
    case.settings = settings(max_examples=50, deadline=None, derandomize=True, phases=[Phase.generate])
    with pytest.raises(AssertionError):
        case("runTest").debug()
