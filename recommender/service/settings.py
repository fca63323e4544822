"""What an operator may choose about the HTTP service: table `[service]` of `related.toml`, environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from recommender.errors import SettingsError, shown
from recommender.service.signing import secret_bytes
from recommender.setting_sources import load_table
from recommender.story.text_safety import is_web_url
from recommender.web.hosts import is_private

TABLE = "service"
PREFIX = "RELATED_SERVICE_"
SHORTEST_SECRET = 16  # characters, which nobody guesses
PRIVATE = "name a public host, or set webhook_private = true for one of your own network"
MOST_SIDEBAR_MINUTES = 24 * 60
_ORIGIN = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?/?")
_USUAL_PORT = {"http": 80, "https": 443}
_ABOVE_ZERO = (
    "max_request",
    "max_story",
    "max_question",
    "max_beacon",
    "max_head",
    "head_seconds",
    "body_seconds",
    "idle_seconds",
    "connections",
    "connections_by_address",
    "reads_per_second",
    "writes_per_second",
    "burst_seconds",
    "waiting",
    "beacon_days",
    "read_wait_seconds",
    "write_wait_seconds",
)
_FROM_ZERO = ("cache_seconds", "stop_seconds", "requests_per_second", "most_stories")

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """How the service guards itself and whom it tells. Every field has a default that works.

    Parameters
    ----------
    open_reads : bool
        Anybody may read blocks, without a key; costly reads, such as text queries, and all writes still
        need one.
    cache_seconds : int
        How long a cache may show a block without asking again. 0: it keeps the block but asks each time,
        which costs a 304 and never shows a withdrawn story. Set more only if the webhook purges the cache.
    public_url : str
        Where readers' browsers reach the service, such as ``https://related.news.example``: HTML fragments
        name its stylesheet there. Empty: on the page's own host.
    max_request : int
        Longest request body, bytes.
    max_story : int
        Longest story, alone or as a line, bytes. Reading one of this length holds up all other requests for
        some hundredths of a second. The longest body in plain ASCII takes half of it.
    max_question : int
        Longest body of all other calls: text queries, changes of status, editors' actions; bytes.
    max_beacon : int
        Longest body of what a reader's browser tells of slots, bytes.
    max_head : int
        Longest head of a request (its first line and headers), bytes. An address of 4,096 characters may take
        48 kB, percent-encoded.
    head_seconds : float
        How long a head may take to arrive.
    body_seconds : float
        How long a body may take to arrive, plus a second for each 4 kB; likewise for reading an answer.
    idle_seconds : int
        How long an idle connection is kept. Longer than the 60 seconds after which proxies such as nginx
        close one themselves.
    connections, connections_by_address : int
        Most open connections, in all and from one address that is no proxy. If there are more, the one that
        has kept the service waiting longest is closed.
    proxies : str
        Addresses or networks of proxies, separated by commas, whose ``X-Forwarded-For`` is believed.
    reads_per_second, writes_per_second : float
        What one key (without a key: one address) may ask for in the long run. Costly reads, such as
        text queries, count as writes.
    burst_seconds : float
        How many seconds' worth of requests may come at once.
    requests_per_second : float
        What all who ask may ask for together in the long run, keys, readers and the desk's sidebar; 0: any
        number. Of many publishers one may so be kept from taking what all share.
    most_stories : int
        Stories that may be held when one comes over HTTP; more are refused with 507. Those that are held can
        be changed. 0: any number.
    waiting : int
        Requests that may wait for a thread before more are turned away with 503.
    read_wait_seconds, write_wait_seconds : float
        How long a request for a block that has to be made, and one that writes, may wait for its turn before
        it is turned away with 503. While more blocks are asked for than can be made, a tenth of the first.
    stop_seconds : int
        How long a stopping service may take to finish what it has begun, seconds.
    works : bool
        The service also does what is due beside requests: blocks, embargoes, posts, followed sites, learning.
        Off, it leaves that to ``related work``. Of several that would, one does each.
    hook_secret : str
        Proves messages of other systems (``/hooks/...``): it signs them, or stands in their address. Empty:
        they need a key.
    beacon : bool
        Blocks as HTML count how often their slots are shown and clicked; see docs/clicks.md. Off, nothing is
        counted, and no script is in a block.
    beacon_days : int
        Days for which counts are kept.
    sidebar_origins : str
        Where a CMS shows the sidebar, such as ``https://cms.news.example``, separated by commas. No other
        page may frame it, nor is one listened to. Empty: no page.
    sidebar_minutes : float
        How long a token of the sidebar is good, minutes.
    webhook_url : str
        Where the purge list is posted; empty: nowhere.
    webhook_private : bool
        The webhook may lead to this machine or a private network. A proxy that the environment names counts
        as one.
    webhook_secret : str
        Signs what is posted: ``whsec_`` and the base64 of 24 to 64 random bytes.
    webhook_tries : int
        How often a post is tried before it is set aside; see ``related webhooks list``.
    """

    open_reads: bool = False
    cache_seconds: int = 0
    public_url: str = ""
    max_request: int = 16 * 2**20
    max_story: int = 4 * 2**20
    max_question: int = 2**20
    max_beacon: int = 64 * 2**10
    max_head: int = 64 * 2**10
    head_seconds: float = 10
    body_seconds: float = 20
    idle_seconds: int = 75
    connections: int = 1000
    connections_by_address: int = 250
    proxies: str = ""
    reads_per_second: float = 5_000
    writes_per_second: float = 50
    burst_seconds: float = 2
    requests_per_second: float = 0
    most_stories: int = 0
    waiting: int = 64
    read_wait_seconds: float = 1
    write_wait_seconds: float = 20
    stop_seconds: int = 30
    works: bool = True
    hook_secret: str = ""
    beacon: bool = False
    beacon_days: int = 400
    sidebar_origins: str = ""
    sidebar_minutes: float = 60
    webhook_url: str = ""
    webhook_private: bool = False
    webhook_secret: str = ""
    webhook_tries: int = 8

    def __post_init__(self) -> None:
        self._check_numbers()
        if self.webhook_tries < 1:
            raise SettingsError(f"setting service.webhook_tries is {self.webhook_tries}; give 1 or more")
        if self.proxies:
            self.proxy_networks  # noqa: B018 (read for its error)
        if self.public_url and not is_web_url(self.public_url):
            raise SettingsError(f"setting service.public_url is {self.public_url!r}; give an http(s) URL")
        if 0 < len(self.hook_secret) < SHORTEST_SECRET:
            raise SettingsError(
                f"setting service.hook_secret has {len(self.hook_secret)} characters; give {SHORTEST_SECRET} "
                "or more, such as those that `related webhooks secret` prints"
            )
        if not 0 < self.sidebar_minutes <= MOST_SIDEBAR_MINUTES:
            raise SettingsError(
                f"setting service.sidebar_minutes is {self.sidebar_minutes}; give a number above 0, "
                f"{MOST_SIDEBAR_MINUTES:,} at most"
            )
        self.sidebar_hosts  # noqa: B018 (read for its error)
        if self.webhook_url:
            check_address(self.webhook_url, private=self.webhook_private)
            secret_bytes(self.webhook_secret)

    def _check_numbers(self) -> None:
        for name in _ABOVE_ZERO:
            if not getattr(self, name) > 0:
                raise SettingsError(f"setting service.{name} is {getattr(self, name)}; give a number above 0")
        for name in _FROM_ZERO:
            if not getattr(self, name) >= 0:
                raise SettingsError(f"setting service.{name} is {getattr(self, name)}; give 0 or more")

    @cached_property
    def sidebar_hosts(self) -> tuple[str, ...]:
        """The origins that may show the sidebar, as browsers spell them."""
        return tuple(_origin(word.strip()) for word in self.sidebar_origins.split(",") if word.strip())

    @cached_property
    def proxy_networks(self) -> tuple[Network, ...]:
        """The proxies that are believed."""
        try:
            return tuple(ip_network(word.strip()) for word in self.proxies.split(",") if word.strip())
        except ValueError as error:
            raise SettingsError(
                f"setting service.proxies: {error}; give addresses or networks, such as 10.0.0.7, 10.1.0.0/16"
            ) from error


def _origin(text: str) -> str:
    """Return an origin as browsers spell it (RFC 6454): in small letters, without the scheme's usual port."""
    if not is_web_url(text) or not (found := _ORIGIN.fullmatch(text.lower())):
        raise SettingsError(
            f"setting service.sidebar_origins holds {shown(text)}; give a scheme and a host, such as "
            "https://cms.news.example"
        )
    scheme, host, port = found.groups()
    return f"{scheme}://{host}{f':{int(port)}' if port and int(port) != _USUAL_PORT[scheme] else ''}"


def check_address(url: str, *, private: bool) -> None:
    """Refuse an address that nothing may be posted to.

    Raises
    ------
    SettingsError
        When it is no http(s) address or holds credentials or control characters; or when its host is of a
        private network and `private` is false.
    """
    if not is_web_url(url):
        problem = "give an http(s) URL without name and password, white space or control characters"
        raise SettingsError(f"setting service.webhook_url is {shown(url)}; {problem}")
    if not private and is_private(url):
        host = (urlsplit(url).hostname or "").rstrip(".")
        raise SettingsError(f"setting service.webhook_url names {shown(host)}, a private host; {PRIVATE}")


def load_service_settings(archive: Path, env: Mapping[str, str] | None = None) -> ServiceSettings:
    """Read the service's settings of an archive; the environment counts before the file.

    Raises
    ------
    SettingsError
        For an unknown name, a wrong type or an impossible value.
    """
    return load_table(ServiceSettings, archive, os.environ if env is None else env, PREFIX, TABLE)
