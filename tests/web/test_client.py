"""Other sites are asked politely, and none does harm; against a real server."""

from __future__ import annotations

import gzip
import socket
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from recommender.web.client import LONGEST_PAUSE, WebClient
from recommender.web.errors import PrivateHostError, WebError
from recommender.web.settings import WebSettings
from tests.web.site import HOST, Asked, Reply, Site, client, running


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as site:
        yield site


def read(web: WebClient, url: str, **options: object) -> bytes:
    with web, web.get(url, **options).body as body:  # type: ignore[arg-type]
        return body.read()


def test_a_page_is_read_under_our_own_name(site: Site) -> None:
    site.pages["/a"] = "story"
    assert read(client(contact="https://desk.example"), f"{site.url}/a") == b"story"
    assert site.asked[-1].headers["user-agent"].startswith("related-stories/")
    assert site.asked[-1].headers["user-agent"].endswith("(+https://desk.example)")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x.example/", "http://u:p@x.example/", "gopher:x", "http://[::1", "x"]
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(WebError, match="is no address that can be asked"):
        client().get(url)


def test_a_private_host_is_refused_by_its_address_with_the_way_out(site: Site) -> None:
    with pytest.raises(PrivateHostError, match=r"/a: the host .* private address; .* setting private_hosts"):
        WebClient().get(f"{site.url}/a")
    assert not site.asked


@pytest.mark.parametrize(
    "place",
    ["http://localhost:{port}/secret", "http://[::1]:{port}/", "http://169.254.169.254/latest/meta-data"],
)
def test_a_redirect_to_a_private_host_is_not_followed(site: Site, place: str) -> None:
    port = site.url.rpartition(":")[2]
    site.pages["/a"] = Reply(status=302, headers={"location": place.format(port=port)})
    with pytest.raises(PrivateHostError, match="a private address"):
        client().get(f"{site.url}/a")
    assert site.targets() == ["/a"]


@pytest.mark.parametrize("place", ["file:///etc/passwd", "javascript:x", "http://[::1"])
def test_a_redirect_to_no_web_address_is_not_followed(site: Site, place: str) -> None:
    site.pages["/a"] = Reply(status=302, headers={"location": place})
    with pytest.raises(WebError, match="no address"):
        client().get(f"{site.url}/a")


def test_redirects_are_followed_to_an_end_only(site: Site) -> None:
    site.pages |= {
        "/a": Reply(status=301, headers={"location": "b"}),
        "/b": "story",
        "/x": Reply(status=302, headers={"location": "/x"}),
    }
    assert read(client(), f"{site.url}/a") == b"story"
    with pytest.raises(WebError, match="redirects more than 5 times"):
        client().get(f"{site.url}/x")


def test_a_password_is_sent_to_its_own_host_alone(site: Site) -> None:
    with running() as other:
        site.pages["/a"] = Reply(status=302, headers={"location": f"{other.url}/b"})
        other.pages["/b"] = "story"
        secret = site.url.replace("//", "//ed:pw@")
        assert read(client(credentials=secret), f"{site.url}/a") == b"story"
        assert site.asked[-1].headers["authorization"].startswith("Basic ")
        assert all("authorization" not in one.headers for one in other.asked)


def test_robots_are_asked_first_and_once(site: Site) -> None:
    site.pages |= {"/robots.txt": "User-agent: *\nDisallow: /secret", "/a": "a", "/secret": "no"}
    web = client()
    web.get(f"{site.url}/a")
    web.get(f"{site.url}/a")
    with pytest.raises(WebError, match=r"robots\.txt does not allow related-stories .*own_hosts"):
        web.get(f"{site.url}/secret")
    assert [one.path for one in site.asked] == ["/robots.txt", "/a", "/a"]
    assert read(client(own_hosts=HOST), f"{site.url}/secret") == b"no"


def test_a_redirect_to_what_robots_forbid_is_not_followed(site: Site) -> None:
    site.pages |= {"/robots.txt": "User-agent: *\nDisallow: /secret", "/secret": "no"}
    site.pages["/a"] = Reply(status=302, headers={"location": "/secret"})
    with pytest.raises(WebError, match=r"robots\.txt"):
        client().get(f"{site.url}/a")


def test_a_robots_file_that_fails_forbids_and_one_that_is_missing_does_not(site: Site) -> None:
    site.pages["/a"] = "a"
    assert read(client(), f"{site.url}/a") == b"a"
    site.pages["/robots.txt"] = Reply(status=500)
    with pytest.raises(WebError, match=r"robots.txt: it answers 500; try again later"):
        client().get(f"{site.url}/a")


def test_a_host_is_given_pauses(site: Site) -> None:
    waits: list[float] = []
    site.pages |= {"/robots.txt": "User-agent: *\nCrawl-delay: 9", "/a": "a"}
    web = client(waits.append, pause_seconds=2.0)
    for _ in range(2):
        web.get(f"{site.url}/a")
    assert [round(wait) for wait in waits] == [
        2,
        11,
    ]  # after robots.txt, whose wish was not known; then its wish


def test_nothing_new_has_no_body(site: Site) -> None:
    def page(asked: Asked) -> Reply:
        same = asked.headers.get("if-none-match") == '"1"'
        return Reply("" if same else "story", 304 if same else 200, {"etag": '"1"'})

    site.pages["/a"] = page
    web = client()
    first = web.get(f"{site.url}/a")
    again = web.get(f"{site.url}/a", etag=first.headers["ETag"], modified="Sun, 01 Mar 2026 00:00:00 GMT")
    assert (first.is_new, again.is_new, again.body.read()) == (True, False, b"")
    assert site.asked[-1].headers["if-modified-since"]


@pytest.mark.parametrize("status", [429, 503])
def test_what_passes_is_tried_again_when_the_site_wants(site: Site, status: int) -> None:
    waits: list[float] = []
    replies = iter([Reply(status=status, headers={"retry-after": "5"}), Reply("story")])
    site.pages["/a"] = lambda _: next(replies)
    assert read(client(waits.append, pause_seconds=0.0), f"{site.url}/a") == b"story"
    assert len(waits) == 1
    assert 5 <= waits[0] < 7


def test_pauses_between_tries_grow(site: Site) -> None:
    waits: list[float] = []
    site.pages["/a"] = Reply(status=500)
    with pytest.raises(WebError, match="it answers 500; try again later") as caught:
        client(waits.append, pause_seconds=0.0).get(f"{site.url}/a")
    assert caught.value.again
    assert len(waits) == 2
    assert waits[0] < waits[1]


def test_a_wish_for_a_long_rest_is_left_to_the_caller(site: Site) -> None:
    later = datetime.now(UTC) + timedelta(hours=2)
    site.pages["/a"] = Reply(status=503, headers={"retry-after": format_datetime(later, usegmt=True)})
    with pytest.raises(WebError) as caught:
        client().get(f"{site.url}/a")
    assert caught.value.after > LONGEST_PAUSE
    assert site.targets() == ["/a"]


@pytest.mark.parametrize(
    ("status", "gone"), [(404, True), (410, True), (403, False), (401, False), (418, False)]
)
def test_what_stays_so_is_asked_once(site: Site, status: int, gone: bool) -> None:
    site.pages["/a"] = Reply(status=status)
    with pytest.raises(WebError, match=f"it answers {status}") as caught:
        client().get(f"{site.url}/a")
    assert (caught.value.is_gone, caught.value.again) == (gone, False)
    assert site.targets() == ["/a"]


def test_packed_answers_are_unpacked(site: Site) -> None:
    text = b"story " * 100_000
    for packed in (
        gzip.compress(text),
        gzip.compress(text[:9]) + gzip.compress(text[9:]),
        zlib.compress(text),
    ):
        site.pages["/a"] = Reply(packed, headers={"content-encoding": "gzip"})
        assert read(client(), f"{site.url}/a") == text


@pytest.mark.parametrize("torn", [gzip.compress(b"story" * 99, mtime=0)[:-9], b"no gzip at all"])
def test_torn_packing_is_named(site: Site, torn: bytes) -> None:
    site.pages["/a"] = Reply(torn, headers={"content-encoding": "gzip"})
    with pytest.raises(WebError, match="it is torn"):
        client().get(f"{site.url}/a", tries=1)


def test_an_encoding_that_nobody_asked_for_is_named(site: Site) -> None:
    site.pages["/a"] = Reply(b"x", headers={"content-encoding": "br"})
    with pytest.raises(WebError, match="'br' was not asked for"):
        client().get(f"{site.url}/a")


@pytest.mark.parametrize("packed", [False, True])
def test_what_is_too_large_is_left(site: Site, packed: bool) -> None:
    """A bomb of gzip is left as soon as it has unpacked to more than may be."""
    body = bytes(50 << 20)
    site.pages["/a"] = (
        Reply(gzip.compress(body, 1), headers={"content-encoding": "gzip"}) if packed else Reply(body)
    )
    with pytest.raises(WebError, match="it has more than 1,000,000 bytes; split it"):
        client().get(f"{site.url}/a", largest=1_000_000)


def test_an_endless_answer_is_left(site: Site) -> None:
    def endless(to: socket.socket) -> None:
        to.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            to.sendall(bytes(1 << 16))

    site.pages["/a"] = Reply(raw=endless)
    with pytest.raises(WebError, match="more than"):
        client().get(f"{site.url}/a", largest=1_000_000)


def test_a_slow_server_is_left(site: Site) -> None:
    site.pages["/a"] = Reply(raw=lambda to: to.recv(1))
    with pytest.raises(WebError, match="it is too slow") as caught:
        client(seconds=0.5).get(f"{site.url}/a", tries=1)
    assert caught.value.again


def test_a_torn_answer_is_tried_again(site: Site) -> None:
    torn = Reply(raw=lambda to: to.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"))
    replies = iter([torn, Reply("whole")])
    site.pages["/a"] = lambda _: next(replies)
    assert read(client(), f"{site.url}/a") == b"whole"


def test_a_push_is_made_once_and_every_answer_told(site: Site) -> None:
    site.pages["/a"] = Reply("no", 503)
    with client() as web:
        answer = web.send("PATCH", f"{site.url}/a", body=b"{}", headers={"content-type": "application/json"})
    assert (answer.status, answer.body.read()) == (503, b"no")
    (asked,) = site.asked
    assert (asked.method, asked.body, asked.headers["content-type"]) == ("PATCH", b"{}", "application/json")


def test_of_a_push_a_status_may_be_all_that_is_read(site: Site) -> None:
    sent = 0

    def endless(to: socket.socket) -> None:
        nonlocal sent
        to.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while sent < 1 << 26:
            sent += to.send(bytes(1 << 16))

    site.pages["/a"] = Reply(raw=endless)
    with client() as web:
        assert web.send("POST", f"{site.url}/a", body=b"{}", largest=0).status == 200
    assert sent < 1 << 25  # what the kernel took


def test_a_push_follows_no_redirect(site: Site) -> None:
    site.pages["/a"] = Reply(status=302, headers={"location": "/b"})
    with client() as web:
        assert web.send("POST", f"{site.url}/a").status == 302
    assert site.targets() == ["/a"]


def test_no_error_tells_a_key() -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    web = WebClient(WebSettings(own_hosts="ghost.example"), transport=httpx.MockTransport(fail))
    with pytest.raises(WebError, match="no route") as caught:
        web.get("https://ghost.example/api?key=abc", tries=1)
    assert "abc" not in str(caught.value)
