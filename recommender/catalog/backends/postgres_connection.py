"""A connection to PostgreSQL that does not wait for ever for a server that is stopped or out of reach.

The server ends its own long statements; one that is stopped ends nothing, and its machine goes on to
acknowledge what it is sent.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

ANSWER_SECONDS = 5.0  # that a statement of no transaction may take: a question, or a check of the connection
STATEMENT_SECONDS = 600  # more than any statement takes here; the server ends a stuck one
_GRACE_SECONDS = 30  # in which it has to say that it did


class LimitedConnection(psycopg.Connection):
    """A connection that is closed, with an `OperationalError`, when nobody answers in time."""

    def wait(self, gen: Any, *args: Any, **named: Any) -> Any:  # noqa: ANN401
        """Return what a generator of the driver returns; see `psycopg.Connection.wait`."""
        is_alone = self.autocommit and self.pgconn.transaction_status == TransactionStatus.IDLE
        seconds = ANSWER_SECONDS if is_alone else STATEMENT_SECONDS + _GRACE_SECONDS
        return super().wait(self._limited(gen, seconds), *args, **named)

    def _limited(self, gen: Any, seconds: float) -> Any:  # noqa: ANN401
        """Go through the generator; the driver sends nothing into it now and then while it waits."""
        end = time.monotonic() + seconds
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > end:
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"no answer within {seconds:.0f} seconds")
                wanted = gen.send(ready)
        except StopIteration as done:
            return done.value
