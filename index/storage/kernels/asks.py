"""What is looked for in lists of terms, many rows at once. Knows no stories and no weights.

All are about the terms of a row that are among ``keys``, (k,) uint32, ascending; other arrays go with these.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ids = NDArray[np.uint32]
Nums = NDArray[np.int64]


class Columns(NamedTuple):
    """Parts of a text: key ``i`` is in ``places[starts[i]:starts[i + 1]]`` of ``width``, with ``values``."""

    starts: Nums
    places: Nums
    values: Floats
    width: int


class Sums(NamedTuple):
    """The sum of their values, (k,) float64. Yields sums (n,) float64."""

    keys: Ids
    values: NDArray[np.float64]


class Largest(NamedTuple):
    """The sum of their ``most`` largest values, (k,) float32, not below 0. Yields sums (n,) float32."""

    keys: Ids
    values: Floats
    most: int


class Shares(NamedTuple):
    """The largest share that one column has of what the terms of a row are worth, 0 to 1.

    ``worth`` (s,) float32 is that of each term by id, below ``s``. Yields shares (n,) float32.
    """

    keys: Ids
    worth: Floats
    columns: Columns


class Likeness(NamedTuple):
    """How alike a row and a text are by weighed terms: all of them, some, and in parts of the text.

    A term weighs ``frequency[count] * rarity`` in a row, and ``weights`` in the text. Yields, (n,) float32
    each: the sum of the products of both; the sum of the ``most_said`` that are ``worth`` most of those terms
    that are ``said``; the largest sum of products of what they weigh in a row with the values of one of the
    wide columns; and the largest sum of the ``most_near`` that are worth most in one of the narrow ones.
    """

    keys: Ids
    rarity: Floats
    frequency: Floats
    weights: Floats
    worth: Floats
    said: NDArray[np.bool_]
    most_said: int
    wide: Columns
    narrow: Columns
    most_near: int


Ask = Sums | Largest | Shares | Likeness
Found = tuple[NDArray[Any], ...]
