"""Filters as conditions in the language of a server. Knows no connection; all values are integers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from index.filters import And, Compare, Filter, In, Kept, Not, Or

_LEAST = int(np.iinfo(np.int64).min)


@dataclass(frozen=True, slots=True)
class Language:
    """How a server writes what differs.

    Attributes
    ----------
    equals : str
        Its sign for equality.
    among : callable
        Writes that a column is one of some numbers, of which there is at least one.
    never : str
        A condition that no row meets.
    """

    equals: str
    among: Callable[[str, Iterable[int]], str]
    never: str


def _list(column: str, values: Iterable[int], opening: str, closing: str) -> str:
    return f"{column} in {opening}{', '.join(map(str, values))}{closing}"


SQL = Language("=", lambda column, values: _list(column, values, "(", ")"), "false")
MILVUS = Language("==", lambda column, values: _list(column, values, "[", "]"), "id < 0")

# No language here can write the least 64-bit integer: its digits alone are too large.
# What a comparison with it means is said by the integer above it, or is known beforehand.
_WITH_LEAST: Mapping[str, str] = MappingProxyType({"==": "<", "<=": "<", ">": ">="})


def condition(where: Filter, columns: Mapping[str, str], language: Language) -> str:
    """Return a filter as the text of a condition that passes the same rows.

    Parameters
    ----------
    where : Filter
        Over fields that are all among ``columns``.
    columns : mapping of str to str
        How each field's column is written, quoted where it must be.
    language : Language
        `SQL` or `MILVUS`.
    """

    def text(part: Filter) -> str:
        match part:
            case Compare(field, op, value):
                return _compared(columns[field], op, value, language)
            case In(field, values):
                return _among(columns[field], values, language)
            case And(left, right):
                return f"({text(left)} and {text(right)})"
            case Or(left, right):
                return f"({text(left)} or {text(right)})"
            case Not(negated):
                return f"(not {text(negated)})"
            case Kept(inner):
                return text(inner)
        raise NotImplementedError(f"filter {type(part).__name__} cannot be told to a server")

    return text(where)


def _compared(column: str, op: str, value: int, language: Language) -> str:
    if value == _LEAST and op == "<":
        return f"({language.never})"
    if value == _LEAST and op == ">=":
        return f"(not ({language.never}))"
    if value == _LEAST:
        op, value = _WITH_LEAST[op], value + 1
    return f"({column} {language.equals if op == '==' else op} {value})"


def _among(column: str, values: tuple[int, ...], language: Language) -> str:
    others = [value for value in values if value != _LEAST]
    parts = [f"({language.among(column, others)})"] if others else []
    if len(others) < len(values):
        parts.append(_compared(column, "==", _LEAST, language))
    return f"({' or '.join(parts)})" if parts else f"({language.never})"
