"""The site that an export is for: which stories are of it, and what a template calls a story's page.

Generators name pages by their paths: Hugo's ``.RelPermalink`` begins at the host, Jekyll's and Eleventy's
``page.url`` at the site's own address. Eleventy writes letters of all scripts as they are, the others
percent-encoded.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

from recommender.engine.render import has_page
from recommender.errors import QuestionError, shown
from recommender.story.addresses import is_url, normal_url
from recommender.story.story import Story
from recommender.story.text_safety import is_web_url

_IN_PATHS = ":@!$&'()*+,;=~-._"  # RFC 3986, pchar
_NO_FILE_NAME = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\\/%]|^\.|[. ]$')
_LONGEST_NAME = 200  # bytes of 255, less what is added
_DIGEST = 6  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site, or all that an archive holds.

    Parameters
    ----------
    url : str
        Its address, such as ``https://news.example/blog/``; empty: all stories, whatever their hosts.
    from_host : bool
        Keys begin at the host, not at the site's own address.
    decoded : bool
        Keys are written in letters, not percent-encoded.
    """

    url: str = ""
    from_host: bool = True
    decoded: bool = False

    def __post_init__(self) -> None:
        if self.url and not is_web_url(self.url):
            raise QuestionError(f"site is {shown(self.url)}; give its address, such as https://news.example/")

    def covers(self, story: Story) -> bool:
        """Return whether a story is of this site; one without an address is."""
        if not self.url or not story.url:
            return True
        site, page = _split(self.url), _split(story.url)
        return site[0] == page[0] and page[1].startswith(site[1])

    def key(self, story: Story) -> str:
        """Return the path by which templates know a story's page, beginning with a slash.

        That of its address; without one, its id with slashes around it, as generators place a page that says
        nothing else.
        """
        if not story.url or not has_page(story):
            whole = normal_url(story.id) if is_url(story.id) else story.id
            return self._spelt(f"/{quote(whole.strip('/'), safe='/')}/", "")
        parts = urlsplit(story.url)
        return self._spelt(self._below(parts.path or "/"), parts.query)

    def file(self, story: Story) -> str:
        """Return the file of a story's block, relative and without an ending: as its page's path."""
        path, _, query = self.key(story).partition("?")
        letters = [unicodedata.normalize("NFC", unquote(name)) for name in path.split("/") if name] or [
            "index"
        ]
        names = [*letters[:-1], f"{letters[-1]}?{query}" if query else letters[-1]]
        return "/".join(map(_file_name, names))

    def _below(self, path: str) -> str:
        base = "" if self.from_host or not self.url else urlsplit(self.url).path.rstrip("/")
        return path.removeprefix(base) or "/" if path == base or path.startswith(f"{base}/") else path

    def _spelt(self, path: str, query: str) -> str:
        spelt = "/".join(map(self._segment, path.split("/")))
        return f"{spelt}?{query}" if query else spelt

    def _segment(self, name: str) -> str:
        """Return a part of a path in one spelling: an encoded slash stays so, and what is no text too."""
        raw = unquote_to_bytes(name)
        if self.decoded:
            try:
                return raw.decode().replace("/", "%2F")
            except UnicodeDecodeError:
                pass
        return quote(raw, safe=_IN_PATHS)


def _split(url: str) -> tuple[str, str]:
    """Return the host and the directory of an address, in the form in which all spellings agree."""
    parts = urlsplit(normal_url(url))
    return parts.netloc, parts.path.rstrip("/") + "/"


def _file_name(name: str) -> str:
    """Return a name that every file system takes, and that leads nowhere else."""
    safe = _NO_FILE_NAME.sub(lambda found: quote(found.group(), safe="").replace(".", "%2E"), name)
    if len(safe.encode()) <= _LONGEST_NAME:
        return safe
    digest = hashlib.blake2b(safe.encode(), digest_size=_DIGEST).hexdigest()
    return f"{safe.encode()[: _LONGEST_NAME - 2 * _DIGEST - 1].decode(errors='ignore')}~{digest}"
