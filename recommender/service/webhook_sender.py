"""Posts the purge list to the configured address: signed, tried again with growing pauses, then set aside.

At least once: a receiver may hear of a change twice, under the same webhook-id, and then has nothing to do.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import msgspec
from standardwebhooks import Webhook

from recommender.catalog import Catalog
from recommender.catalog.deliveries import DEAD, DONE, WAITING, Deliveries, DeliveryRow, OutboxRow
from recommender.concurrency.retries import Endurance
from recommender.concurrency.whose import OwnThread
from recommender.service.settings import PRIVATE
from recommender.story.timestamps import format_time
from recommender.web.client import WebClient
from recommender.web.errors import PrivateHostError, WebError
from recommender.web.hosts import ANYWHERE, Reach

log = logging.getLogger("related.webhooks")

CHANGES = 500  # a post: some 200 KB at most, well below what any receiver takes
POST_SECONDS = 10.0  # a receiver that needs longer should answer first and work afterwards
LEASE = 60  # seconds that a claimed post is kept from other services, well above POST_SECONDS
IDLE_SECONDS = 1.0  # between looks at the outbox
FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 5.0, 4.0, 6 * 3600.0  # seconds: 5, 20, 80, ... eight tries take a day
JITTER = 0.2  # of a pause, so that many posts do not come back together
MOST_ERROR = 300  # characters of a receiver's trouble that are kept


def pause(tries: int, chance: float) -> float:
    """Return the seconds until the next try after `tries` failed; `chance` is in [0, 1)."""
    grown = min(FIRST_PAUSE * GROWTH ** (tries - 1), LONGEST_PAUSE)
    return grown * (1 + JITTER * (2 * chance - 1))


def signature(secret: str, id: str, at: int, body: bytes) -> dict[str, str]:
    """Return the three headers that say who posts `body`, and when (epoch seconds)."""
    signed = Webhook(secret).sign(id, datetime.fromtimestamp(at, UTC), body.decode())
    return {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": signed}


@dataclass(frozen=True)
class Destination:
    """Where posts go: an address, the secret that signs them, whether it may stand in a private network."""

    url: str
    secret: str
    private: bool = False


class WebhookSender:
    """Posts what the outbox holds, one post at a time.

    Parameters
    ----------
    catalog : Catalog
        Its outbox.
    to : Destination
        Where to.
    tries : int
        After so many failures a post is set aside.
    on_post : callable
        Told ``delivered``, ``failed`` or ``dead`` after each try.
    clock, transport
        Stand-ins for tests.
    """

    def __init__(
        self,
        catalog: Catalog,
        to: Destination,
        tries: int,
        *,
        on_post: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._outbox = Deliveries(catalog)
        self._to, self._tries = to, tries
        self._on_post, self._clock = on_post, clock
        self._client = WebClient(reach=ANYWHERE if to.private else Reach(), transport=transport)

    def begin(self) -> None:
        """Leave out what changed before there was a webhook: its receiver asks for nothing of the past."""
        self._outbox.begin_after_present()

    def step(self) -> bool:
        """Post once if something is due; return whether anything was."""
        claimed = self._outbox.claim(int(self._clock()), LEASE, CHANGES)
        if claimed is None:
            return False
        error = self._post(claimed)
        tries = claimed.tries + 1
        if error is None:
            state, due = DONE, int(self._clock())
        else:
            state = DEAD if tries >= self._tries else WAITING
            due = int(self._clock() + pause(tries, random.random()))
        self._outbox.settle(claimed.num, state, tries, due, error)
        self._tell(claimed, state, tries, error)
        return True

    def _post(self, claimed: DeliveryRow) -> str | None:
        """Post once; return what went wrong, or None."""
        at, to = int(self._clock()), self._to
        body = self._body(claimed, at)
        headers = {**signature(to.secret, claimed.id, at, body), "content-type": "application/json"}
        try:
            answer = self._client.send(
                "POST", to.url, body=body, headers=headers, largest=0, seconds=POST_SECONDS
            )
        except PrivateHostError as error:
            return f"{error.problem}; {PRIVATE}"[:MOST_ERROR]
        except WebError as error:
            return error.problem[:MOST_ERROR]
        answer.body.close()  # its status says all
        status = answer.status
        return None if httpx.codes.is_success(status) else f"the receiver answered {status}"

    def _body(self, claimed: DeliveryRow, now: int) -> bytes:
        changes = [_change(row) for row in self._outbox.purges(claimed.first, claimed.last, now)]
        return msgspec.json.encode({"type": "blocks.changed", "id": claimed.id, "changed": changes})

    def _tell(self, claimed: DeliveryRow, state: str, tries: int, error: str | None) -> None:
        result = {DONE: "delivered", WAITING: "failed", DEAD: "dead"}[state]
        self._on_post(result)
        level = logging.INFO if error is None else logging.WARNING
        facts = {"delivery": claimed.num, "tries": tries, "error": error}
        log.log(level, f"webhook {result}", extra={"facts": facts})

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _change(row: OutboxRow) -> dict[str, object]:
    at = format_time(datetime.fromtimestamp(row.at, UTC))
    return {"at": at, **{name: value for name, value in row._asdict().items() if name not in ("num", "at")}}


class WebhookThread:
    """Runs a sender beside the service until it is stopped. What it has not posted waits in the catalog."""

    def __init__(self, sender: WebhookSender) -> None:
        self._sender = sender
        self._stop = threading.Event()
        self._thread = OwnThread(self._run, "webhooks")
        self.endurance = Endurance("webhooks")
        self._is_done = False

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    @property
    def is_at_work(self) -> bool:
        """Whether it lives and has not found yet that nothing is due."""
        return self.is_running and not self._is_done

    def start(self) -> None:
        """Begin to post what changes from now on, or from where the last sender was."""
        self._sender.begin()
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """End after the post that is under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(seconds)
        self._sender.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            # Another writer, a full disk, an error of ours: the outbox is still there afterwards.
            busy = self.endurance.run(self._sender.step)
            self._is_done = not busy
            if not busy:
                self._stop.wait(max(IDLE_SECONDS, self.endurance.pause))
