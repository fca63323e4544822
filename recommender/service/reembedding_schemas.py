"""What is asked and answered about the move of an archive to another embedding model, as types."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from recommender.service.answer_schemas import ProblemOut


class ReembeddingIn(Struct, forbid_unknown_fields=True):
    """To which model."""

    model: Annotated[
        str,
        Meta(
            max_length=200,
            description="`auto` (by the languages of the stories), a model that a package carries, or "
            "the one of the setting `model`, which is meant without any. The archive's own gives a move up.",
        ),
    ] = ""


class ReembeddingOut(Struct, omit_defaults=True):
    """How the move of an archive to another embedding model stands."""

    state: Annotated[
        str,
        Meta(
            description="none; working; waiting, where another process does it or the same call goes on; "
            "done; cancelled; or stopped, by what `problem` says."
        ),
    ]
    model: Annotated[str | None, Meta(description="The one whose vectors serve.")]
    moving_to: Annotated[str | None, Meta(description="The one that is moved to.")]
    embedded: Annotated[int, Meta(description="Stories that have its vectors.")]
    stories: Annotated[int, Meta(description="Stories that are to have them.")]
    reason: Annotated[str, Meta(description="Why it is that one, where it was chosen.")] = ""
    problem: ProblemOut | UnsetType = UNSET
