"""One form for the many spellings of a page's address. Knows nothing of stories or SQL."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit, urlunsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_CAMPAIGN = "utm_"  # campaign parameters that newsletters and feeds add; they never choose the page


def is_url(text: str) -> bool:
    """Return whether `text` is an absolute http(s) address."""
    return text[:8].lower().startswith(("http://", "https://"))


def normal_url(url: str, base: str | None = None) -> str:
    """Return the form in which two spellings of one address are equal.

    Host in lower case, no default port, no fragment, no campaign parameters, no trailing slash; http counts
    as https, since archives moved from one to the other and their old links did not. Otherwise as RFC
    3986, section 6, allows. A key to look up with, not an address to show.

    Parameters
    ----------
    url : str
        Absolute, or relative to `base`.
    base : str, optional
        The address of the page that `url` stands in.

    Returns
    -------
    str
        `url` as it is when it cannot be read as an address.
    """
    try:
        parts = urlsplit(urljoin(base, url) if base else url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    if not is_url(f"{parts.scheme}://"):
        return url
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    query = "&".join(p for p in parts.query.split("&") if not p.lower().startswith(_CAMPAIGN))
    return urlunsplit(("https", host, parts.path.rstrip("/"), query, ""))


def reference(target: str, base: str | None) -> str:
    """Return the key by which a link's target (an id, an address, or a path on the site) is looked up."""
    if is_url(target):
        return normal_url(target)
    return normal_url(target, base) if base and target.startswith("/") else target
