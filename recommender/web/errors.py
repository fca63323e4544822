"""What keeps an address from giving what it was asked for: what is wrong, and the way out."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from recommender.errors import SourceError, shown

LATER = "try again later"
_SECRET = ("key=", "token=", "signature=")


class WebError(SourceError):
    """An address was not asked, or did not give what it was asked for.

    Parameters
    ----------
    url : str
        The address; keys in it are not shown.
    problem, way_out : str
        What is wrong, and what to do.
    status : int
        What it answered; 0 when it did not.
    again : bool
        It may well work later: nothing has to be changed.
    after : float
        Seconds for which it asked not to be asked again.
    """

    def __init__(
        self, url: str, problem: str, way_out: str, *, status: int = 0, again: bool = False, after: float = 0
    ) -> None:
        self.url, self.problem, self.way_out = without_secrets(url), problem, way_out
        self.status, self.again, self.after = status, again, after
        super().__init__(f"{self.url}: {problem}; {way_out}")

    @property
    def is_gone(self) -> bool:
        """Whether the site says that there is no such page (any more)."""
        return self.status in (404, 410)


class PrivateHostError(WebError):
    """A host is of this machine or a private network, and nobody named it."""

    def __init__(self, url: str, host: str, address: str) -> None:
        self.host, self.address = host, address
        problem = f"the host {shown(host)} is at {address}, a private address"
        super().__init__(url, problem, "name a public host, or name this one in the setting private_hosts")


def without_secrets(url: str) -> str:
    """Return an address as it may be shown and logged: without keys in its query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    query = [one for one in parts.query.split("&") if not one.lower().startswith(_SECRET)]
    return urlunsplit(parts._replace(query="&".join(query), netloc=parts.netloc.rpartition("@")[2]))
