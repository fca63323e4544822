"""What the documents take for granted: a newsroom's files, its archive, and the sites that it reads.

The sites are small servers of this process; a page's addresses are changed to theirs before it is run.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from recommender import Recommender, Story
from tests.arrays import story
from tests.docs.pages import ROOT
from tests.export.cms import DrupalCms, WordPressCms
from tests.fakes import HashEmbedder
from tests.ingest.live.sites import WordPress, drupal, feed, ghost, page, sitemap
from tests.service.cases import story as story_sent
from tests.web.site import Site, running

Local = Callable[[str], str]  # changes a text's addresses to those of this machine

COUNT = 40
NEWEST = datetime(2026, 3, 1, tzinfo=UTC)  # of the day that the documents speak of
HOSTS = ("news", "blog", "magazine", "agency", "cms")
ADDRESS = re.compile(rf"https://(?P<login>[\w:-]+@)?(?P<host>{'|'.join(HOSTS)})\.example")
SHOWN = {  # stories that the documents show by their real names, and where they are
    "seeds/digitalgov/articles.jsonl": (
        "2024-11-12-crafting-quality-content-throughout-its-lifecycle",
        "2016-10-13-progressive-web-applications-part-2-pros-cons-and-looking-ahead",
    )
}
NAMED_ALONE = (
    "kremlin-says-its-goals-in-ukraine-can-be-achieved-through-talks",
    "wn-u-s-house-to-decide-on-submitting-articles-of-impeachment-to",
)
MARKDOWN = "---\ntitle: {headline}\nid: {id}\ndate: {published}\nurl: {url}\n---\n\n{body}\n"
EXPORT = """<?xml version="1.0"?>
<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><wp:wxr_version>1.2</wp:wxr_version><title>Town</title><item><title>Bridge closed</title>
<link>https://news.example/bridge</link><guid>https://news.example/?p=90</guid><content:encoded>Closed.</content:encoded>
<wp:post_id>90</wp:post_id><wp:post_type>post</wp:post_type><wp:status>publish</wp:status>
<wp:post_date_gmt>2026-03-01 09:00:00</wp:post_date_gmt></item></channel></rss>
"""


def stories(local: Local) -> list[Story]:
    """Return the newsroom's stories, with the names that the documents have; each links to two before it."""
    return [_story(n, local) for n in range(COUNT)]


def _story(number: int, local: Local) -> Story:
    made, place = story(number), "https://news.example"
    links = "".join(f'<p><a href="{place}/{number - back}">Earlier</a></p>' for back in (3, 5))
    return replace(
        made,
        id=f"story-{number}",
        url=local(f"{place}/{number}"),
        body=local(f"<p>{made.body}</p>{links}"),
        published=NEWEST - timedelta(hours=COUNT - number),
        section="World",
        tags=("ferry",),
    )


def write_files(place: Path, local: Local) -> None:
    """Write the files that the documents name."""
    held = [one.to_json() for one in stories(local)]
    lines = [f"{json.dumps(one)}\n" for one in held]
    (place / "stories.jsonl").write_text("".join(lines[:30]))
    (place / "stories.jsonl.gz").write_bytes(gzip.compress("".join(lines[:30]).encode()))
    (place / "more.jsonl").write_text("".join(lines[30:34]))
    (place / "all.jsonl").write_text("".join(lines[:34]))
    (place / "story.json").write_text(lines[35])
    _write_links_and_ratings(place)
    (place / "draft.html").write_text(f"<h1>{held[36]['headline']}</h1><p>{held[36]['body']}</p>")
    (place / "draft.txt").write_text(str(held[37]["body"]))
    (place / "table.csv").write_text("id,headline,published,body\nrow-1,Market opens,2026-03-01 08:00,\n")
    (place / "export.xml").write_text(local(EXPORT))
    shutil.copy(ROOT / "recommender/data/default_ranker.json", place / "ranker.json")
    (place / "related.toml").write_text("")
    for folder in ("posts", "content"):
        (place / folder).mkdir()
        for one in held[38:]:
            (place / folder / f"{one['id']}.md").write_text(MARKDOWN.format(**one))


def _write_links_and_ratings(place: Path) -> None:
    links = [{"source": f"story-{n}", "target": f"story-{n - back}"} for n in range(5, 30) for back in (3, 5)]
    (place / "links.jsonl").write_text("\n".join(map(json.dumps, links)))
    ratings = [{"source": "story-9", "target": f"story-{n}", "grade": n} for n in range(3)]
    (place / "ratings.jsonl").write_text("\n".join(map(json.dumps, ratings)))
    counts = "day,source,target,position,shown,clicked\n2026-03-03,story-9,story-1,1,100,3\n"
    (place / "clicks.csv").write_text(counts)


def make_archives(place: Path, local: Local) -> None:
    """Make the archive `news`, and one in the place of the demo's."""
    with Recommender.create(place / "news", embedder=HashEmbedder()) as recommender:
        recommender.add(stories(local)[:30])
    shown: list[Any] = [
        json.loads(line)
        for file, ids in SHOWN.items()
        for line in (ROOT / file).read_text("utf-8").splitlines()
        if any(f'"{id}"' in line for id in ids)
    ]
    (place / "demo").mkdir()
    with Recommender.create(place / "demo/archive", embedder=HashEmbedder()) as recommender:
        recommender.add(shown)
        recommender.add([replace(one, id=id) for id, one in zip(NAMED_ALONE, stories(local), strict=False)])


def names() -> dict[str, Any]:
    """Return what the documents' Python takes for granted beside the key: a story, and a post that came."""

    def refuse() -> None:
        raise AssertionError("a post that is signed was refused")

    secret, body, now = f"whsec_{base64.b64encode(bytes(24)).decode()}", "{}", datetime.now(UTC)
    headers = {
        "webhook-id": "1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("1", now, body),
    }
    sent = {**story_sent("story-30", day=30), "updated": now.isoformat()}  # later than any version in a page
    return {"story": sent, "secret": secret, "body": body, "headers": headers, "refuse": refuse}


class Sites:
    """The sites of the documents, each at an address of this machine."""

    def __init__(self, sites: dict[str, Site]) -> None:
        self._sites = sites
        self._fill()

    def local(self, text: str) -> str:
        """Return a text with the addresses at which they are."""

        def address(found: re.Match[str]) -> str:
            url = self._sites[found["host"]].url
            return url.replace("//", f"//{found['login'] or ''}")

        return ADDRESS.sub(address, text)

    def _fill(self) -> None:
        news, blog = self._sites["news"], self._sites["blog"]
        for site in (news, blog):
            wordpress = WordPress(site)
            for number in (1, 2):
                wordpress.add(number)
        news.pages["/feed/"] = feed(news, 1, 2)
        news.pages["/sitemap.xml"] = sitemap(news, 1, 2)
        for path in ("/story-1", "/story-2", "/2026/ferry-sinks"):
            news.pages[path] = page(3)
        ghost(self._sites["magazine"], 2, 15, key="KEY")
        drupal(self._sites["agency"], 2, 50)
        WordPressCms(news)
        DrupalCms(self._sites["cms"])


@contextmanager
def sites() -> Iterator[Sites]:
    """Run the sites."""
    with ExitStack() as stack:
        yield Sites({host: stack.enter_context(running()) for host in HOSTS})
