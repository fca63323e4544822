"""Keeps a forked process from using, or closing, what its parent had opened. Knows nothing of what that is.

A fork copies memory and leaves out threads: who waits in the child for one of the parent's waits for ever, be
it to compute or to end. Nor may SQLite's connections be used or closed there (sqlite.org/howtocorrupt.html).
"""

from __future__ import annotations

import ctypes
import os
from weakref import WeakSet

from recommender.errors import ForkedError

_OPEN: WeakSet[object] = WeakSet()
_forked = False  # whether this process is a forked child


class ForkGuard:
    """The process that opened something: no other may use it.

    Parameters
    ----------
    owner : object
        What was opened. A forked child never takes it down, not even when it ends.
    name : str
        What an error calls it.
    is_shared : bool
        It shares threads with what the parent of a forked child had opened: what the child opens anew is not
        taken down either.
    """

    def __init__(self, owner: object, name: str, *, is_shared: bool = False) -> None:
        self._name, self._process = name, os.getpid()
        if is_shared and _forked:
            _hold(owner)
        else:
            _OPEN.add(owner)

    @property
    def is_here(self) -> bool:
        """Whether that is this process."""
        return os.getpid() == self._process

    def check(self) -> None:
        """Return when that is this process.

        Raises
        ------
        ForkedError
            When this one was forked from it since.
        """
        if not self.is_here:
            raise ForkedError(
                f"{self._name} was opened before a fork and cannot be used in the child: open it in the child"
            )


def _hold(owner: object) -> None:
    """Take a reference that is never given up, so that nothing takes `owner` down in this process.

    What a module holds is freed when the interpreter ends; the destructor of a compiled model then waits for
    threads that only the parent has.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(owner))


def _let_be() -> None:
    global _forked
    _forked = True
    for owner in list(_OPEN):
        _hold(owner)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_be)
