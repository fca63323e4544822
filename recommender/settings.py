"""One frozen settings object, read from `related.toml` and the environment in one place.

Precedence: environment variable `RELATED_<NAME>`, then `related.toml` in the archive, then the default below.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from recommender.errors import SettingsError, shown
from recommender.setting_sources import PREFIX, load_table
from recommender.story.addresses import AddressRules
from recommender.story.limits import Limits
from recommender.story.link_policy import Rules

_MOST = {"slots": 1_000, "busy_seconds": 86_400, "event_days": 36_500}
"""More is a slip, and no clock waits for ever."""

_FROM_ZERO = (
    *("recent", "event_days", "busy_seconds", "keep_days", "audit_days", "diff_seconds", "inbound_cap"),
    "diff_blocks",
)

_RANGES = {
    "least_score": (0, 1, "a probability"),
    "recency": (-3, 3, "a number"),
    "diversity": (0, 1, "a share"),
    "event_likeness": (0, 1, "a likeness"),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator may choose. Every field has a default that works.

    Parameters
    ----------
    zone : str
        IANA zone of dates that name none, and that dates are shown in, such as ``Asia/Dhaka``; empty: such
        dates are refused, and all are shown in UTC.
    model : str
        Embedding model: package name, local path or hub name; ``auto``: the one that suits the languages of
        the first stories. An archive keeps the model that it began with until ``related reembed``.
    quick_start : bool
        The first stories of an archive in English get vectors at once, out of a table and less good ones; a
        service that runs, or ``related reembed``, then makes those of the setting ``model``.
    runtime : {"auto", "compiled", "torch"}
        How the model is run: ``compiled`` for the CPU, ``torch``, or ``auto``: compiled where that works.
    model_cache : str
        Directory of compiled models; empty: the user's cache directory.
    slots : int
        Stories in a block.
    past_only : bool
        Propose only stories that were public when the source was published.
    candidates : int
        Nearest stories that enter the ranking.
    recent : int
        Most recent stories that enter the ranking.
    least_score : float
        Probability of a link, 0 to 1, below which a story gets no slot. With the default, six of seven slots
        are acceptable to a reader of both stories; a block may be short, or empty.
    recency : float
        How far stories of nearly the same day come before others, -3 to 3: 1 moves a candidate whose age is a
        standard deviation from the usual by as much of the scores. Below 0 it is the other way round.
    diversity : float
        How much a slot's likeness to those above it counts against it, 0 to 1; at 0 the score alone counts.
    event_likeness : float
        How alike two stories are, 0 to 1, from which on they tell of one event, which has one slot in a
        block. At 1 only copies of one text share a slot.
    event_days : int
        How many days apart two such stories may be.
    fallback : bool
        Fill empty slots with the section's latest stories, labelled as such.
    ranker : str
        Path of ranker weights; empty: the archive's own tuned weights, else the shipped ones.
    learn : bool
        The service learns the archive's own weights from its links as they come.
    learn_clicks : bool
        Stories that readers click more than others at the same places come forward in blocks, as far as that
        foretells the newest clicks; see docs/clicks.md. Which stories are related enough stays as it is.
    follow_ups : bool
        The block on a story's page also shows stories that were published after it.
    languages : {"same", "any"}
        Which languages a story may link to: ``same``, or ``any``: slots that stories of its own leave free
        show others, labelled with their language, and no translation of it. A language that is not
        declared is detected; a story whose language is unknown may link to all.
    link_twice : bool
        Whether a block may repeat a link that is in the story's text.
    inbound_cap : int
        In how many blocks one story may be before others are preferred; 0 sets no cap.
    diff_blocks : int
        Older blocks that a publish call itself makes anew; the worker makes the others.
    diff_seconds : float
        How long a publish call may spend on older blocks, seconds.
    busy_seconds : float
        How long to wait for another writer, seconds.
    keep_days : int
        Days after which the worker deletes reported changes of blocks, webhook posts that were sent,
        editors' actions that were undone, and acts on many blocks that are done. Nothing else is deleted.
        0 keeps all.
    audit_days : int
        Days after which the worker deletes entries of the audit log about keys, people, sessions and
        settings. 0 keeps all.
    max_body : int
        Longest body accepted, characters.
    address_hosts : str
        Hosts that serve another one's pages, such as ``old.example=news.example``, separated by commas;
        ``www.``, ``m.`` and ``amp.`` need not be named. This and the three settings below say which
        addresses are one page; where stories are held, they count from the next ``related rebuild``.
    address_drop : str
        Query parameters that choose no page, separated by commas, beside those for tracking and sessions.
    address_keep : str
        Query parameters that choose a page here, although elsewhere they are for tracking, such as ``amp``.
    address_endings : str
        Ends of a path that lead to another edition of the page, such as ``/print, .amp``.
    """

    zone: str = ""
    model: str = "auto"
    quick_start: bool = False
    runtime: str = "auto"
    model_cache: str = ""
    slots: int = 5
    past_only: bool = True
    candidates: int = 700
    recent: int = 100
    least_score: float = 0.0355
    recency: float = 0.0
    diversity: float = 0.1
    event_likeness: float = 1.0
    event_days: int = 14
    fallback: bool = False
    ranker: str = ""
    learn: bool = True
    learn_clicks: bool = False
    follow_ups: bool = True
    languages: str = "same"
    link_twice: bool = False
    inbound_cap: int = 0
    diff_blocks: int = 20
    diff_seconds: float = 0.04
    busy_seconds: float = 10.0
    keep_days: int = 90
    audit_days: int = 400
    max_body: int = 2_000_000
    address_hosts: str = ""
    address_drop: str = ""
    address_keep: str = ""
    address_endings: str = ""

    def __post_init__(self) -> None:
        self._check_sizes()
        for name, (least, most, what) in _RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise SettingsError(f"setting {name} is {value}; give {what}, {least} to {most}")
        if self.runtime not in ("auto", "compiled", "torch"):
            raise SettingsError(f"setting runtime is {self.runtime!r}; give auto, compiled or torch")
        if self.languages not in ("same", "any"):
            raise SettingsError(f"setting languages is {self.languages!r}; give same or any")
        if self.zone:
            time_zone("zone", self.zone)
        _ = self.addresses

    def _check_sizes(self) -> None:
        for name in ("slots", "candidates", "max_body"):
            if getattr(self, name) < 1:
                raise SettingsError(f"setting {name} is {getattr(self, name)}; give a whole number from 1 up")
        for name in _FROM_ZERO:
            value = getattr(self, name)
            if value < 0 or not math.isfinite(value):
                raise SettingsError(f"setting {name} is {value}; give a number from 0 up")
        for name, most in _MOST.items():
            if getattr(self, name) > most:
                raise SettingsError(f"setting {name} is {shown(getattr(self, name))}; give {most:,} at most")

    @cached_property
    def addresses(self) -> AddressRules:
        """What is peculiar to the archive's addresses."""
        return AddressRules.of(self.address_hosts, self.address_drop, self.address_keep, self.address_endings)

    @cached_property
    def timezone(self) -> ZoneInfo | None:
        """The zone of naive dates, or None where they are refused."""
        return time_zone("zone", self.zone) if self.zone else None

    @cached_property
    def limits(self) -> Limits:
        """The size limits of a story."""
        return Limits(body=self.max_body)

    def rules(self, *, preview: bool = False) -> Rules:
        """Return what may link to what, for readers or for a preview."""
        return Rules(any_language=self.languages == "any", link_twice=self.link_twice, preview=preview)

    @cached_property
    def cache_dir(self) -> Path:
        """Where compiled models are kept."""
        if self.model_cache:
            return Path(self.model_cache).expanduser()
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        return Path(base).expanduser() / "related-stories" / "models"

    @cached_property
    def digest(self) -> str:
        """Eight hex digits that change when any setting changes; goes into each block's provenance."""
        return hashlib.sha256(msgspec.json.encode(asdict(self))).hexdigest()[:8]


def time_zone(setting: str, name: str) -> ZoneInfo:
    """Return the zone that a setting names; raise `SettingsError` where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(
            f"setting {setting} is {name!r}; give an IANA zone such as Europe/Berlin"
        ) from error


def load_settings(archive: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of an archive.

    Parameters
    ----------
    archive : Path, optional
        The archive's directory; without it only the environment counts.
    env : mapping, optional
        Stands for `os.environ`.

    Raises
    ------
    SettingsError
        For an unknown name, a wrong type or an impossible value; names the file or variable.
    """
    return load_table(Settings, archive, os.environ if env is None else env, PREFIX)
