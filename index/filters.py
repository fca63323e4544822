"""Typed filters over declared int64 fields: built with operators, evaluated as one boolean array.

>>> where = (Field("published") <= 5) & ~Field("section").isin([3, 4])
"""

from __future__ import annotations

import operator
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import IndexInputError

Mask = NDArray[np.bool_]
Stored = Mapping[str, NDArray[np.signedinteger[Any]]]
"""Columns as an index keeps them: any signed integer width."""

_OPERATORS: Mapping[str, Callable[[Any, int], Mask]] = MappingProxyType(
    {"==": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
)
_INT64 = np.iinfo(np.int64)
_KEPT = 2
"""Masks that are kept: what is public now, and a moment ago, for threads that still ask for that."""
_NONE: Mask = np.zeros(0, np.bool_)
_FEW = 8
"""Up to so many values, one pass of ``==`` for each (.08 ms at 1M rows) beats `numpy.isin` (.7 ms)."""


class Filter(ABC):
    """A condition on a row's fields. Combine with ``&``, ``|`` and ``~``."""

    __slots__ = ()

    def mask(self, columns: Stored) -> Mask:
        """Return a fresh boolean array (n,): which rows of ``columns`` (arrays (n,)) pass."""
        return self._mask(columns)

    @property
    def fields(self) -> frozenset[str]:
        """Names of the fields that this filter reads."""
        return self._fields()

    @abstractmethod
    def _mask(self, columns: Stored) -> Mask: ...

    @abstractmethod
    def _fields(self) -> frozenset[str]: ...

    def kept(self) -> Filter:
        """Return the same condition, for a part of many filters: an index may keep its mask for the next."""
        return Kept(self)

    def check(self, declared: Collection[str]) -> None:
        """Raise `IndexInputError` when the filter reads a field that is not among ``declared``."""
        for name in sorted(self.fields):
            if name not in declared:
                known = ", ".join(declared) or "none"
                raise IndexInputError(f"filter field {name!r} is not declared; declared: {known}")

    def __and__(self, other: Filter) -> Filter:
        return And(self, _filter(other))

    def __or__(self, other: Filter) -> Filter:
        return Or(self, _filter(other))

    def __invert__(self) -> Filter:
        return Not(self)

    def __bool__(self) -> bool:
        raise IndexInputError("a filter is neither true nor false: combine filters with &, | and ~")


@dataclass(frozen=True, slots=True)
class Compare(Filter):
    """``field op value`` with op one of ==, <, <=, >, >=."""

    field: str
    op: str
    value: int

    def __post_init__(self) -> None:
        if self.op not in _OPERATORS:
            raise IndexInputError(f"filter operator {self.op!r} is unknown; known: {', '.join(_OPERATORS)}")
        object.__setattr__(self, "value", _int64(self.field, self.value))

    def _mask(self, columns: Stored) -> Mask:
        return _OPERATORS[self.op](columns[self.field], self.value)

    def _fields(self) -> frozenset[str]:
        return frozenset((self.field,))


@dataclass(frozen=True, slots=True)
class In(Filter):
    """``field`` is one of ``values``; with no values, nothing passes."""

    field: str
    values: tuple[int, ...]

    def __post_init__(self) -> None:
        # Values may be many: of plain integers the outermost tell whether all are in range.
        values = sorted({each if type(each) is int else _int64(self.field, each) for each in self.values})
        for outermost in values[:1] + values[-1:]:
            _int64(self.field, outermost)
        object.__setattr__(self, "values", tuple(values))

    def _mask(self, columns: Stored) -> Mask:
        column = columns[self.field]
        if len(self.values) > _FEW:
            return np.isin(column, np.array(self.values, dtype=np.int64))
        passed = np.zeros(len(column), dtype=np.bool_)
        for value in self.values:
            passed |= column == value
        return passed

    def _fields(self) -> frozenset[str]:
        return frozenset((self.field,))


@dataclass(frozen=True, slots=True)
class And(Filter):
    """Both pass."""

    left: Filter
    right: Filter

    def _mask(self, columns: Stored) -> Mask:
        passed = self.left._mask(columns)
        passed &= self.right._mask(columns)
        return passed

    def _fields(self) -> frozenset[str]:
        return self.left._fields() | self.right._fields()


@dataclass(frozen=True, slots=True)
class Or(Filter):
    """One passes, or both."""

    left: Filter
    right: Filter

    def _mask(self, columns: Stored) -> Mask:
        passed = self.left._mask(columns)
        passed |= self.right._mask(columns)
        return passed

    def _fields(self) -> frozenset[str]:
        return self.left._fields() | self.right._fields()


@dataclass(frozen=True, slots=True)
class Not(Filter):
    """Passes what the other filter does not."""

    negated: Filter

    def _mask(self, columns: Stored) -> Mask:
        passed = self.negated._mask(columns)
        return np.logical_not(passed, out=passed)

    def _fields(self) -> frozenset[str]:
        return self.negated._fields()


@dataclass(frozen=True, slots=True)
class Kept(Filter):
    """Passes what the other filter does; its mask is taken from `KeptMasks` where columns bring some."""

    inner: Filter

    def _mask(self, columns: Stored) -> Mask:
        if isinstance(columns, ColumnsWithMasks | ColumnsAt):
            return columns.kept(self.inner)
        return self.inner._mask(columns)

    def _fields(self) -> frozenset[str]:
        return self.inner._fields()


class KeptMasks:
    """The masks of the last few filters that were asked for, of columns that only ever grow at their end."""

    def __init__(self) -> None:
        self._masks: dict[Filter, Mask] = {}
        self._lock = threading.Lock()

    def of(self, where: Filter, columns: Stored) -> Mask:
        """Return the mask (n,) of ``where``, not to be changed; only rows that are new are looked at."""
        size = min(map(len, columns.values()))
        with self._lock:
            known = self._masks.get(where, _NONE)
        if len(known) < size:
            more = where.mask({name: column[len(known) : size] for name, column in columns.items()})
            known = np.concatenate([known, more])
            with self._lock:
                self._masks.pop(where, None)
                self._masks[where] = known
                while len(self._masks) > _KEPT:
                    del self._masks[next(iter(self._masks))]
        return known[:size]


class ColumnsWithMasks(dict[str, NDArray[np.signedinteger[Any]]]):
    """Columns by field, and the masks that are kept of them."""

    def __init__(self, columns: Stored, masks: KeptMasks) -> None:
        super().__init__(columns)
        self._masks = masks

    def held(self, where: Filter) -> Mask:
        """Return the mask of a filter that is kept, not to be changed."""
        return self._masks.of(where, self)

    def kept(self, where: Filter) -> Mask:
        """Return a fresh mask of a filter that is kept."""
        return self.held(where).copy()


class ColumnsAt(Mapping[str, NDArray[np.signedinteger[Any]]]):
    """The columns of some rows alone, taken when a filter reads them.

    Parameters
    ----------
    columns : mapping of str to (n,) int
    rows : (m,) int64 or slice
        Which.
    """

    def __init__(self, columns: Stored, rows: NDArray[np.int64] | slice) -> None:
        self._columns, self._rows = columns, rows

    def kept(self, where: Filter) -> Mask:
        """Return a fresh mask (m,) of a filter that is kept, where the columns keep any."""
        if isinstance(self._columns, ColumnsWithMasks):
            held = self._columns.held(where)[self._rows]
            return held.copy() if isinstance(self._rows, slice) else held
        return where.mask(self)

    def __getitem__(self, name: str) -> NDArray[np.signedinteger[Any]]:
        return self._columns[name][self._rows]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A declared field by name; comparing it with an integer gives a `Filter`."""

    name: str

    def __eq__(self, value: object) -> Filter:  # type: ignore[override]  # builds a filter, as SQL builders do
        return Compare(self.name, "==", _int64(self.name, value))

    def __ne__(self, value: object) -> Filter:  # type: ignore[override]  # builds a filter, as SQL builders do
        return Not(Compare(self.name, "==", _int64(self.name, value)))

    def __lt__(self, value: int) -> Filter:
        return Compare(self.name, "<", value)

    def __le__(self, value: int) -> Filter:
        return Compare(self.name, "<=", value)

    def __gt__(self, value: int) -> Filter:
        return Compare(self.name, ">", value)

    def __ge__(self, value: int) -> Filter:
        return Compare(self.name, ">=", value)

    def isin(self, values: Iterable[int]) -> Filter:
        """Return the filter that passes rows whose field is one of ``values``."""
        return In(self.name, tuple(values))

    __hash__ = None  # type: ignore[assignment]  # its == builds a filter, so it cannot be a dictionary key


def _int64(field: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise IndexInputError(f"filter on {field!r} needs an integer, not {type(value).__name__}")
    number = int(value)
    if not _INT64.min <= number <= _INT64.max:
        raise IndexInputError(f"filter on {field!r} needs a 64-bit integer, not {number}")
    return number


def _filter(value: object) -> Filter:
    if not isinstance(value, Filter):
        raise IndexInputError(f"a filter combines with a filter, not with {type(value).__name__}")
    return value
