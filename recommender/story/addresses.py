"""One key for the many spellings of a page's address, by what holds everywhere and by an archive's own rules.

Knows nothing of stories or SQL.

The spelling itself (percent-encoding, international names, dot segments, order of a query) is w3lib's; which
parts of an address do not choose the page is said here. courlan was tried: it also drops `cid`, `ref` and
`session`, which name the page on some sites.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Self
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from recommender.errors import SettingsError, shown

_DEFAULT_PORTS = (80, 443)
# The same pages for small screens, or by an older convention; what is left must still be a name with a dot.
_HOST_PREFIX = re.compile(r"(?:(?:www\d?|m|mobile|amp)\.)+(?=[^.]+\.[^.])")
# What nearly all are, canonical as they stand: the rest takes ten times as long.
_USUAL = re.compile(
    r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)*)((?:/(?!\.)[\w~.-]*)*)(?:\?([\w.~-]+=[\w.~-]*))?", re.ASCII
)
_NO_ASCII = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid)=[^/]*", re.IGNORECASE)
# What servers send for a directory; the others are AMP's editions of a page.
_PATH_END = re.compile(r"/(?:(?:index|default)\.(?:[sx]?html?|php\d?|aspx?|jsp|cfm)|amp)?$", re.IGNORECASE)
_PATH_START = re.compile(r"^/amp(?=/.)")
# Parameters that newsletters, networks and analytics add, and sessions: none of them chooses a page. Names
# that some sites do use for it (ref, source, cid, sid, id, p) are not here.
_TRACKING = re.compile(
    r"(?:utm|mc|mtm|matomo|piwik|pk|hsa|oly|vero|itm|at|ns|wt|stm|guce|fb_action)_.*|_hs.*|__hs.*"
    r"|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ysclid|twclid|ttclid|li_fat_id|igshid|igsh|mibextid"
    r"|srsltid|epik|ef_id|s_kwcid|_ga|_gl|_ke|__s|__twitter_impression|ml_subscriber(?:_hash)?|mkt_tok|rb_clickid"
    r"|wickedid|_openstat|hsctatracking|smid|smtyp|xtor|spm|ref_src|ref_url|fb_source|fb_ref|guccounter|wprov"
    r"|gad_source|gad_campaignid|_gac|_branch_match_id|amp|_amp|amp_js_v|amp_gsa|usqp|outputtype"
    r"|phpsessid|jsessionid|aspsessionid.*|cfid|cftoken|sessionid|session_id",
    re.IGNORECASE,
)


# Scripts choose a page by such a fragment, by a convention of 2009; "#!" or "#!/" alone is the page itself.
_SCRIPTED = re.compile(r"!/?[^/]")
_AROUND = " \t\r\n\f\v\u200b\u200e\u200f\u2060\ufeff"  # what is copied along with an address
_AMPERSAND = re.compile(r"&(?:amp|#0*38|#x0*26);", re.IGNORECASE)  # as templates and WordPress write one


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What is peculiar to the addresses of one archive, beside what holds for all.

    Attributes
    ----------
    hosts : tuple of (str, str)
        Hosts that serve another one's pages, and that other one.
    drop, keep : tuple of str
        Query parameters that choose no page, and those that do although others use them for tracking; in
        small letters.
    endings : tuple of str
        Ends of a path that lead to another edition of the same page.
    """

    hosts: tuple[tuple[str, str], ...] = ()
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()

    @classmethod
    def of(cls, hosts: str, drop: str, keep: str, endings: str) -> Self:
        """Read the rules from settings, each a list separated by commas.

        Raises
        ------
        SettingsError
            When they cannot be, or contradict each other.
        """
        named = [_alias(text) for text in _listed(hosts)]
        rules = cls(
            hosts=tuple((old, new) for old, new in named if old != new),  # amp.news.example is one as it is
            drop=tuple(_parameter("address_drop", text) for text in _listed(drop)),
            keep=tuple(_parameter("address_keep", text) for text in _listed(keep)),
            endings=tuple(_ending(text) for text in _listed(endings)),
        )
        aliases = dict(rules.hosts)
        if len(aliases) < len(rules.hosts):
            raise _wrong("address_hosts", hosts, "name each old host once")
        if chained := set(aliases) & set(aliases.values()):
            raise _wrong("address_hosts", min(chained), "it is an old host and a present one; name the last")
        if both := set(rules.drop) & set(rules.keep):
            raise _wrong("address_keep", min(both), "it is in address_drop, too; take it out of one of them")
        return rules

    def host(self, host: str) -> str:
        """Return the host whose pages a host serves."""
        return dict(self.hosts).get(host, host)

    def chooses(self, parameter: str) -> bool:
        """Return whether a query parameter chooses the page."""
        name = parameter.lower()
        return name in self.keep or not (name in self.drop or _TRACKING.fullmatch(name))


EVERYWHERE = AddressRules()
"""Of an archive that says nothing of its own."""


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _alias(text: str) -> tuple[str, str]:
    old, equals, new = (part.strip() for part in text.partition("="))
    fair = all(re.fullmatch(r"[^\s/?#@:]+\.[^\s/?#@:.]+", host) for host in (old, new))
    if not (equals and fair and old.lower() != new.lower()):
        raise _wrong("address_hosts", text, "give pairs such as old.example=news.example")
    return _host(old), _host(new)


def _host(name: str) -> str:
    """Return the host of the keys of a host's pages."""
    return normal_url(f"https://{name}/").removeprefix("https://")


def _parameter(setting: str, text: str) -> str:
    if not re.fullmatch(r"[^\s=&#?/%]+", text):
        raise _wrong(setting, text, "give names of query parameters, such as ref, source")
    return text.lower()


def _ending(text: str) -> str:
    if not re.fullmatch(r"[/._-][^\s?#%/]+", text):
        raise _wrong("address_endings", text, "give ends of a path, such as /print, .amp")
    return text


def _wrong(setting: str, value: str, way_out: str) -> SettingsError:
    return SettingsError(f"setting {setting} is {shown(value)}; {way_out}")


def is_url(text: str) -> bool:
    """Return whether `text` is an absolute http(s) address."""
    return text[:8].lower().startswith(("http://", "https://"))


def normal_url(url: str, base: str | None = None, rules: AddressRules = EVERYWHERE) -> str:
    """Return the form in which all spellings of one page's address are equal.

    Of these none makes another page: http or https, a default port, ``www.``, ``m.`` or ``amp.`` before the
    host, letter case of the host, a dot at its end, its international or its punycode name, a user's name,
    percent-encoding, dot segments, empty segments, a trailing slash, ``index.html``, ``/amp``, the fragment
    (but ``#!/story``, which scripts choose a page by), the order of the query, parameters for tracking and
    sessions, and what `rules` say. Any other parameter chooses the page: ``?p=12`` stays; so do the case of
    the path and an encoded slash. A key to look up with, not an address to show.

    Parameters
    ----------
    url : str
        Absolute, or relative to `base`.
    base : str, optional
        The address of the page that `url` stands in.
    rules : AddressRules, optional
        The archive's own.

    Returns
    -------
    str
        `url` as it is when it cannot be read as an address. The key of a key is itself.
    """
    try:
        return _key(urljoin(base, url) if base else url.strip(_AROUND), rules) or url
    except ValueError:
        return url


def reference(target: str, base: str | None, rules: AddressRules = EVERYWHERE) -> str:
    """Return the key by which a link's target (an id, an address, or a path on the site) is looked up."""
    if is_url(target.lstrip(_AROUND)):
        return normal_url(target, rules=rules)
    if target.startswith("//"):
        return normal_url(f"https:{target}", rules=rules)
    return normal_url(target, base, rules) if base and target.startswith("/") else target


@lru_cache(16_384)  # of each story that is read, for all links that stand in it
def _key(url: str, rules: AddressRules) -> str | None:
    """Return the key of an absolute address, None when it is none; raise ValueError when it is torn."""
    if usual := _USUAL.fullmatch(url):
        host, path, query = usual.groups(default="")
        chosen = query if query and rules.chooses(query.partition("=")[0]) else ""
        host = rules.host(_HOST_PREFIX.sub("", host, count=1))
        return urlunsplit(("https", host, _page(path, rules), chosen, ""))
    if not is_url(url):
        return None
    from w3lib.url import canonicalize_url  # brings all of HTTP: most addresses are as usual

    spelt = urlsplit(canonicalize_url(_with_iri(url), keep_fragments=True))
    host = rules.host(_HOST_PREFIX.sub("", (spelt.hostname or "").rstrip("."), count=1))
    if not host:
        return None
    if ":" in host:
        host = f"[{host}]"
    if spelt.port is not None and spelt.port not in _DEFAULT_PORTS:
        host = f"{host}:{spelt.port}"
    parts = (part for part in spelt.query.split("&") if rules.chooses(part.partition("=")[0]))
    fragment = spelt.fragment if _SCRIPTED.match(spelt.fragment) else ""
    return urlunsplit(("https", host, _page(spelt.path, rules), "&".join(parts), fragment))


def _with_iri(url: str) -> str:
    """Return an address with its percent-encoded letters written out, in one Unicode form."""
    return unicodedata.normalize("NFC", _NO_ASCII.sub(_letters, _AMPERSAND.sub("&", url)))


def _letters(encoded: re.Match[str]) -> str:
    try:
        return unquote(encoded.group(), errors="strict")
    except UnicodeDecodeError:  # of another encoding
        return encoded.group()


def _page(path: str, rules: AddressRules) -> str:
    """Return a path without what leads to another edition of the same page."""
    path, before = re.sub("/{2,}", "/", _SESSION_IN_PATH.sub("", path)), None
    while path != before:
        before, path = path, _PATH_START.sub("", _PATH_END.sub("", path))
        for ending in rules.endings:
            path = path.removesuffix(ending)
    return path
