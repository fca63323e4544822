"""For which publisher a thread works, where one process serves several: lines of the log say so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar, copy_context
from typing import Any

PUBLISHER: ContextVar[str] = ContextVar("publisher", default="")
"""The publisher's name; empty where the process serves one archive."""


class OwnThread(threading.Thread):
    """A daemon thread that works for whom its maker does.

    Parameters
    ----------
    target : callable
        What it does.
    name : str
        What it is called.
    args : iterable
        Of the target.
    """

    def __init__(self, target: Callable[..., object], name: str, args: Iterable[Any] = ()) -> None:
        super().__init__(target=target, name=name, args=args, daemon=True)
        self._whose = copy_context()

    def run(self) -> None:
        """Do it."""
        self._whose.run(super().run)
