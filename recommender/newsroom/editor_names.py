"""What may be the name of who does something, from a call, a file or a page. Knows no people."""

from __future__ import annotations

from recommender.errors import EditError
from recommender.story.text_safety import forbidden_character, line_break

LONGEST_NAME = 1000  # characters: an editor's name and a key's


def name_problem(by: str) -> str | None:
    """Return what keeps a name from being that of who does something, and the way out; None if nothing."""
    if not by.strip():
        return "is missing; say who does it"
    if forbidden_character(by) or line_break(by):
        return "is no name on one line; give plain text"
    if len(by) > LONGEST_NAME:
        return f"has {len(by):,} characters; give at most {LONGEST_NAME:,}"
    return None


def check_name(by: str) -> None:
    """Raise `EditError` for what is no editor's name."""
    if not by.strip():
        raise EditError("nobody is named as the editor; say who does it")
    if problem := name_problem(by):
        raise EditError(f"the editor's name {problem}")
