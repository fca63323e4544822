"""Who may ask for what, and how often. Knows requests and keys, not what is asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from recommender.service import problems
from recommender.service.client_addresses import site
from recommender.service.keys import Keyring, Lookup, Right, may_see_drafts
from recommender.service.limits import Limiter, Together
from recommender.service.middleware import CALLER
from recommender.service.settings import ServiceSettings
from recommender.service.sidebar_tokens import SidebarToken, opened, sealed

ANYBODY = "anybody"  # how the log calls who shows no key
SIGNED = "signed"  # and who signs instead
READER_PER_SECOND, READER_BURST = 5.0, 100.0  # requests of one address, behind which may be a whole office
_SCHEME = "bearer"
_MINUTE = 60  # seconds
_KEY = "key "  # before its number, in an account
_NEVER_REFUSED = ("DELETE", "PATCH")  # for all others' sake: what is to be withdrawn is withdrawn
_HOOKS = "/hooks/"  # messages of a CMS, which withdraw stories, too
_CHALLENGE = {"www-authenticate": 'Bearer realm="related"'}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the name of the key, what keeps count of it, and what it may do."""

    name: str
    account: str
    rights: frozenset[Right]

    @property
    def is_anybody(self) -> bool:
        """Whether no key was shown."""
        return not self.account


NOBODY = Caller(ANYBODY, "", frozenset())


class Admission:
    """Stands before every operation that needs a right.

    While the archive has no key at all, blocks may be read by anybody and nothing else is allowed; from the
    first key on everything needs one, unless the setting `open_reads` leaves blocks to all.

    Parameters
    ----------
    keyring : Keyring
        The archive's keys.
    version : callable
        Returns another number when the keys have to be read again, so that one that is removed is refused at
        once, in every process.
    settings : ServiceSettings
        The rates.
    clock : callable
        Returns now, epoch seconds.
    together : Together, optional
        Counts what all ask for together.
    """

    def __init__(
        self,
        keyring: Keyring,
        version: Callable[[], int],
        settings: ServiceSettings,
        clock: Callable[[], float],
        together: Together | None = None,
    ) -> None:
        self._keyring, self._version, self._clock = keyring, version, clock
        self._open_reads, self._sidebar_seconds = settings.open_reads, settings.sidebar_minutes * _MINUTE
        self._held: tuple[int, Lookup] | None = None
        burst = settings.burst_seconds
        self._reads = Limiter(settings.reads_per_second, settings.reads_per_second * burst)
        self._readers = Limiter(READER_PER_SECOND, READER_BURST)
        self._writes = Limiter(settings.writes_per_second, settings.writes_per_second * burst)
        everybody = settings.requests_per_second
        self._all = (together or Together()).limiter(everybody, everybody * burst) if everybody else None

    def admit(self, request: Request, right: Right, *, costly: bool) -> Caller:
        """Return who asks, when they may.

        Parameters
        ----------
        request : Request
            Its Authorization counts.
        right : Right
            What is needed.
        costly : bool
            Whether it counts against the rate of writes.

        Raises
        ------
        Problem
            401 without a key that is known, 403 without the right, 429 past the rate.
        """
        address = site(request.client.host) if request.client else ""
        try:
            caller = self._caller(request, right, costly)
        except problems.Problem:
            self._count_guess(request)
            raise
        request.scope[CALLER] = caller.name
        self._count(self._writes if costly else self._reads, caller.account or f"address {address}")
        if request.method not in _NEVER_REFUSED and not request.scope["path"].startswith(_HOOKS):
            self._count_all()
        if right not in caller.rights:
            raise problems.Problem(
                403, "forbidden", f"the key {caller.name} has not the right {right}; use one that has"
            )
        return caller

    def count_reader(self, request: Request) -> None:
        """Count a request of a reader's browser, which shows nothing; 429 `Problem` past the rate."""
        self._count(self._readers, f"address {site(request.client.host) if request.client else ''}")
        self._count_all()

    def wait_behind(self, stories: int) -> float:
        """Count some stories of a bulk load, and return 0, or return the seconds until they may be loaded."""
        return self._all.wait_behind("all", stories, time.monotonic()) if self._all is not None else 0.0

    def count_signed(self, request: Request, *, genuine: bool) -> None:
        """Count a request that a signature lets in; raise the 401 `Problem` where that is not genuine."""
        if not genuine:
            self._count_guess(request)
            raise _unauthorized("the signature is not one by hook_secret, or is too old; check the secret")
        request.scope[CALLER] = SIGNED
        self._count(self._writes, SIGNED)

    @property
    def can_seal(self) -> bool:
        """Whether tokens of the sidebar can be made; else `make_secret` first, which writes."""
        return self._keys().can_seal

    def make_secret(self) -> None:
        """Make what tokens of the sidebar are sealed with, where there is none yet."""
        self._keyring.make_secret()

    def sidebar_token(self, caller: Caller, by: str) -> tuple[str, float]:
        """Return a token of the sidebar for an editor, made with the caller's key, and when it ends.

        Raises
        ------
        Problem
            401 where the key has gone meanwhile.
        """
        now = self._clock()
        token = SidebarToken(int(caller.account.removeprefix(_KEY)), by, now + self._sidebar_seconds)
        text = sealed(token, self._keys(), now)
        if text is None:
            raise _unauthorized(
                "the key is not known or has expired; `related keys list` shows those that are"
            )
        return text, token.expires

    def admit_sidebar(self, request: Request) -> None:
        """Let a request in that shows a token of the sidebar; it counts as a write of the token's key.

        What a token is made for is looked at anew: its key's rights, and how long it may be good.

        Raises
        ------
        Problem
            401 without a token that is good now, 429 past the rate.
        """
        now = self._clock()
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        found = opened(text.strip(), self._keys(), now) if scheme.lower() == _SCHEME else None
        if (
            found is None
            or not may_see_drafts(found[1].rights)
            or found[0].expires > now + self._sidebar_seconds
        ):
            self._count_guess(request)
            raise _unauthorized("the sidebar's token is not known or is over; the CMS asks for a new one")
        _, key = found
        request.scope[CALLER] = key.name
        self._count(self._writes, f"{_KEY}{key.num}")
        self._count_all()

    def _count_all(self) -> None:
        """Count a request of who may ask; raise the 429 `Problem` where all have used up their rate."""
        if self._all is not None and (seconds := self._all.wait("all", time.monotonic())) > 0:
            raise problems.too_many(seconds, "all who ask here together have used up their rate")

    def _count_guess(self, request: Request) -> None:
        """Count one who shows nothing that lets in: guessing is slow."""
        self._count(self._writes, f"address {site(request.client.host) if request.client else ''}")

    def _caller(self, request: Request, right: Right, costly: bool) -> Caller:
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        keys = self._keys()
        if scheme:
            key = keys.find(text.strip(), self._clock()) if scheme.lower() == _SCHEME else None
            if key is None:
                raise _unauthorized(
                    "the key is not known or has expired; `related keys list` shows those that are"
                )
            return Caller(key.name, f"{_KEY}{key.num}", key.rights)
        if right is Right.READ and not costly and (self._open_reads or not len(keys)):
            return Caller(ANYBODY, "", frozenset({Right.READ}))
        if not len(keys):
            raise _unauthorized(
                "there is no key yet; make one with: related keys add NAME --rights read,publish,edit"
            )
        raise _unauthorized("send a key: Authorization: Bearer KEY")

    def _keys(self) -> Lookup:
        """Return the keys as they are now. The version is taken first: what is read later is no older."""
        version = self._version()
        if self._held is None or self._held[0] != version:
            self._held = (version, self._keyring.lookup())
        return self._held[1]

    def _count(self, limiter: Limiter, account: str) -> None:
        seconds = limiter.wait(account, time.monotonic())
        if seconds > 0:
            raise problems.too_many(seconds)


def _unauthorized(detail: str) -> problems.Problem:
    return problems.Problem(401, "unauthorized", detail, _CHALLENGE)
