"""One key for the many spellings of a page's address. Knows nothing of stories or SQL.

The spelling itself (percent-encoding, international names, dot segments, order of a query) is w3lib's; which
parts of an address do not choose the page is said here. courlan was tried: it also drops `cid`, `ref` and
`session`, which name the page on some sites.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url

_DEFAULT_PORTS = (80, 443)
# The same pages for small screens, or by an older convention; what is left must still be a name with a dot.
_HOST_PREFIX = re.compile(r"(?:(?:www\d?|m|mobile|amp)\.)+(?=[^.]+\.[^.])")
_NO_ASCII = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")
_SESSION_IN_PATH = re.compile(r";jsessionid=[^/]*", re.IGNORECASE)
# What static sites and WordPress serve for a directory; the others are AMP's editions of a page.
_PATH_END = re.compile(r"/(?:index\.(?:html?|php)|amp)?$")
_PATH_START = re.compile(r"^/amp(?=/.)")
# Parameters that newsletters, networks and analytics add, and sessions: none of them chooses a page. Names
# that some sites do use for it (ref, source, cid, sid, id, p) are not here.
_TRACKING = re.compile(
    r"(?:utm|mc|mtm|matomo|piwik|pk|hsa|oly|vero|itm|at|ns|wt|stm|guce|fb_action)_.*|_hs.*|__hs.*"
    r"|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ysclid|twclid|ttclid|li_fat_id|igshid|igsh|mibextid"
    r"|srsltid|epik|ef_id|s_kwcid|_ga|_gl|_ke|__s|__twitter_impression|ml_subscriber(?:_hash)?|mkt_tok|rb_clickid"
    r"|wickedid|_openstat|hsctatracking|smid|smtyp|xtor|spm|ref_src|ref_url|fb_source|fb_ref|guccounter|wprov"
    r"|_branch_match_id|amp|amp_js_v|amp_gsa|usqp|outputtype"
    r"|phpsessid|jsessionid|aspsessionid.*|cfid|cftoken|sessionid|session_id",
    re.IGNORECASE,
)


def is_url(text: str) -> bool:
    """Return whether `text` is an absolute http(s) address."""
    return text[:8].lower().startswith(("http://", "https://"))


def normal_url(url: str, base: str | None = None) -> str:
    """Return the form in which all spellings of one page's address are equal.

    Of these none makes another page: http or https, a default port, ``www.``, ``m.`` or ``amp.`` before the
    host, letter case of the host, its international or its punycode name, percent-encoding, dot segments, a
    trailing slash, ``index.html``, ``/amp``, the fragment, the order of the query, and parameters for
    tracking and sessions. Any other parameter chooses the page: ``?p=12`` stays. A key to look up with, not
    an address to show.

    Parameters
    ----------
    url : str
        Absolute, or relative to `base`.
    base : str, optional
        The address of the page that `url` stands in.

    Returns
    -------
    str
        `url` as it is when it cannot be read as an address. The key of a key is itself.
    """
    try:
        return _key(urljoin(base, url) if base else url.strip()) or url
    except ValueError:
        return url


def reference(target: str, base: str | None) -> str:
    """Return the key by which a link's target (an id, an address, or a path on the site) is looked up."""
    if is_url(target):
        return normal_url(target)
    if target.startswith("//"):
        return normal_url(f"https:{target}")
    return normal_url(target, base) if base and target.startswith("/") else target


@lru_cache(16_384)  # of each story that is read, for all links that stand in it
def _key(url: str) -> str | None:
    """Return the key of an absolute address, None when it is none; raise ValueError when it is torn."""
    if not is_url(url):
        return None
    spelt = urlsplit(canonicalize_url(_with_iri(url)))
    host = _HOST_PREFIX.sub("", (spelt.hostname or "").rstrip("."), count=1)
    if not host:
        return None
    if ":" in host:
        host = f"[{host}]"
    if spelt.port is not None and spelt.port not in _DEFAULT_PORTS:
        host = f"{host}:{spelt.port}"
    parts = (part for part in spelt.query.split("&") if not _TRACKING.fullmatch(part.partition("=")[0]))
    return urlunsplit(("https", host, _page(spelt.path), "&".join(parts), ""))


def _with_iri(url: str) -> str:
    """Return an address with its percent-encoded letters written out, in one Unicode form."""
    return unicodedata.normalize("NFC", _NO_ASCII.sub(_letters, url.replace("&amp;", "&")))


def _letters(encoded: re.Match[str]) -> str:
    try:
        return unquote(encoded.group(), errors="strict")
    except UnicodeDecodeError:  # of another encoding
        return encoded.group()


def _page(path: str) -> str:
    """Return a path without what leads to another edition of the same page."""
    path, before = _SESSION_IN_PATH.sub("", path), None
    while path != before:
        before, path = path, _PATH_START.sub("", _PATH_END.sub("", path))
    return path
