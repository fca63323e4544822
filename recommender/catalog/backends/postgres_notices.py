"""Notices of what others commit to a catalog on PostgreSQL. Who hears none has to look now and then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing

import psycopg

_LOOK_SECONDS = 1.0  # between looks whether to stop
_AGAIN_SECONDS = 5.0  # before a connection that was cut is made anew


def listen(
    connect: Callable[[], psycopg.Connection],
    channel: str,
    own: str,
    told: Callable[[], None],
    stopping: threading.Event,
) -> None:
    """Call `told` at each commit of another process, and after each time when none could be heard.

    Parameters
    ----------
    connect : callable
        Returns a connection in autocommit.
    channel : str
        Of the catalog.
    own : str
        What this process's own notices say.
    told : callable
        Returns at once.
    stopping : Event
        Ends it, within a second or so.
    """
    while not stopping.is_set():
        try:
            with closing(connect()) as connection:
                connection.execute(f"LISTEN {channel}")
                told()
                while not stopping.is_set():
                    for notice in connection.notifies(timeout=_LOOK_SECONDS, stop_after=1):
                        if notice.payload != own:
                            told()
        except psycopg.Error:
            stopping.wait(_AGAIN_SECONDS)
