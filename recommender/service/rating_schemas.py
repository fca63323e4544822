"""Ratings over HTTP, as types: what is asked and what is answered."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from recommender.service.request_schemas import Editor, Id

MOST = 1000  # ratings of one call


class RatingIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """What an editor thinks of a story in another one's block."""

    source: Annotated[Id, Meta(description="Whose block it is: an id or address.")]
    target: Annotated[Id, Meta(description="Which story stands in it: an id or address.")]
    grade: Annotated[
        int, Meta(ge=0, le=2, description="0 unrelated, 1 acceptable, 2 what the editor would have set.")
    ]


class RatingsIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """Ratings of one editor."""

    ratings: Annotated[list[RatingIn], Meta(min_length=1, max_length=MOST)]
    by: Editor = ""


class RatingOut(Struct):
    """What one editor thinks of one slot."""

    source: str
    target: str
    grade: Annotated[int, Meta(description="0 unrelated, 1 acceptable, 2 what the editor would have set.")]
    by: str
    at: str
    ranker: Annotated[str, Meta(description="Version of the weights in use then; empty: not known.")]
    recipe: Annotated[str, Meta(description="Hash of all else that made blocks then; empty: not known.")]


class RatingsOut(Struct):
    """What counts of each editor on each slot."""

    ratings: list[RatingOut]


class RatedOut(Struct):
    """What became of ratings that were sent."""

    kept: int
    by: str
