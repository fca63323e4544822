"""Listening sockets that a service manager opened and hands over, as sd_listen_fds(3) has it.

They outlive the process: who connects while it is started anew waits in the kernel's queue. Knows no service.
"""

from __future__ import annotations

import os
from socket import SO_ACCEPTCONN, SOCK_STREAM, SOL_SOCKET, socket

from recommender.errors import ListenError

FIRST = 3  # the first file descriptor that is handed over
_VARIABLES = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


def given_sockets() -> list[socket]:
    """Return the listening sockets that were handed over to this process; none where it has to open its own.

    What says so is taken from the environment: it is not meant for processes that this one starts.

    Raises
    ------
    ListenError
        When what was handed over is no listening socket.
    """
    pid, count, _ = (os.environ.pop(name, "") for name in _VARIABLES)
    if pid != str(os.getpid()) or not count.isdecimal():
        return []
    return [_listening(number) for number in range(FIRST, FIRST + int(count))]


def _listening(number: int) -> socket:
    try:
        os.set_inheritable(number, False)
        given = socket(fileno=number)
        if given.type == SOCK_STREAM and given.getsockopt(SOL_SOCKET, SO_ACCEPTCONN):
            return given
        given.detach()
        problem = "it does not listen"
    except OSError as error:
        problem = str(error.strerror).lower()
    raise ListenError(
        f"file descriptor {number} of LISTEN_FDS is no socket to serve on: {problem}; "
        "hand over stream sockets that listen (ListenStream= of a socket unit), or unset LISTEN_FDS"
    )
