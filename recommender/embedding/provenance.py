"""What made an archive's vectors, as it is recorded beside them. Knows no model and no catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast, runtime_checkable

from recommender.embedding.agreement import CHECK
from recommender.embedding.base import Embedder

Made = Mapping[str, object]
"""JSON: `precision`; `check`, the version of the check that was passed; and what that found."""


UNCHECKED = (
    "some vectors were made by a model that was not checked at every width, and may be wrong: "
    "run `related rebuild --embed`"
)


@runtime_checkable
class Documented(Protocol):
    """An embedder that says how it makes its vectors."""

    @property
    def provenance(self) -> Made:
        """What makes its vectors."""
        ...


def made_by(embedder: Embedder) -> Made:
    """Return what an embedder says of itself; one that says nothing is its owner's, who checks it."""
    return embedder.provenance if isinstance(embedder, Documented) else {"precision": "its own"}


def is_checked(made: Made) -> bool:
    """Return whether these vectors are what the model's original gives, as far as a check can tell."""
    return cast("int", made.get("check", CHECK)) >= CHECK


def described(made: Made) -> str:
    """Return a line for an operator."""
    least = cast("Mapping[str, float]", made.get("least_cosine", {}))
    if not is_checked(made):
        return f"{made['precision']}, not checked at every width"
    if not least:
        return str(made["precision"])
    worst = min(least, key=least.__getitem__)
    return (
        f"{made['precision']}, least cosine {least[worst]:.4f} at {worst} tokens of {len(least)} widths, "
        f"{made['configuration']}"
    )
