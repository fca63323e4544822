"""What an operator may choose about the HTTP service: table `[service]` of `related.toml`, environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recommender.catalog.urls import is_url
from recommender.errors import SettingsError
from recommender.service.signing import secret_bytes
from recommender.settings import load_table

TABLE = "service"
PREFIX = "RELATED_SERVICE_"


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """How the service guards itself and whom it tells. Every field has a default that works.

    Parameters
    ----------
    open_reads : bool
        Blocks are for everybody, without a key; text queries and all that writes still need one.
    cache_seconds : int
        How long a cache may show a block without asking again. 0: it keeps the block and asks each time,
        which costs a 304 and never shows a withdrawn story; more is for caches that the webhook purges.
    max_request : int
        Longest request body, bytes.
    reads_per_second, writes_per_second : float
        What one key (without a key: one address) may ask for in the long run. Text queries count as writes.
    burst_seconds : float
        How many seconds' worth may come at once.
    waiting : int
        Requests that may wait for a thread before more are turned away with 503.
    stop_seconds : int
        How long a stopping service finishes what it has begun, seconds.
    webhook_url : str
        Where the purge list is posted; empty: nowhere.
    webhook_secret : str
        Signs what is posted: ``whsec_`` and the base64 of 24 to 64 random bytes.
    webhook_tries : int
        Deliveries that fail so often are set aside; see ``related webhooks list``.
    """

    open_reads: bool = False
    cache_seconds: int = 0
    max_request: int = 16 * 2**20
    reads_per_second: float = 5_000
    writes_per_second: float = 50
    burst_seconds: float = 2
    waiting: int = 64
    stop_seconds: int = 30
    webhook_url: str = ""
    webhook_secret: str = ""
    webhook_tries: int = 8

    def __post_init__(self) -> None:
        for name in ("max_request", "reads_per_second", "writes_per_second", "burst_seconds", "waiting"):
            if getattr(self, name) <= 0:
                raise SettingsError(f"setting service.{name} is {getattr(self, name)}; give a number above 0")
        if min(self.cache_seconds, self.stop_seconds) < 0 or self.webhook_tries < 1:
            raise SettingsError(
                "settings service.cache_seconds and stop_seconds are from 0 up, webhook_tries from 1"
            )
        if self.webhook_url:
            if not is_url(self.webhook_url):
                raise SettingsError(
                    f"setting service.webhook_url is {self.webhook_url!r}; give an http(s) URL"
                )
            secret_bytes(self.webhook_secret)


def load_service_settings(archive: Path, env: Mapping[str, str] | None = None) -> ServiceSettings:
    """Read the service's settings of an archive; the environment counts before the file.

    Raises
    ------
    SettingsError
        For an unknown name, a wrong type or an impossible value.
    """
    return load_table(ServiceSettings, archive, os.environ if env is None else env, PREFIX, TABLE)
