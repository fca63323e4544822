"""Who is at the desk, and what a role may do. Knows no HTTP and no SQL."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do at the desk, each with all that the one before it may.

    A reader sees everything, an editor changes blocks. An admin also sees the audit log.
    """

    READER = "reader"
    EDITOR = "editor"
    ADMIN = "admin"

    def allows(self, needed: Role) -> bool:
        """Return whether who has this role may do what needs another."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the desk. What they do carries the name."""

    num: int
    name: str
    role: Role
