"""What the plug-in's files promise without a WordPress: they are PHP, and they name stories as imports do."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.ingest.addresses import story_id
from tests.wordpress.stack import HERE, PLUGIN, WORDPRESS

pytestmark = pytest.mark.skipif(shutil.which("php") is None, reason="not installed: php")
GUIDS = [
    "http://news.example/?p=12",
    "https://www.news.example/?p=12",
    "http://news.example/blog/?post_type=review&#038;p=7",
    "http://news.example:8080/?page_id=3&p=9",
    "http://news.example/2016/06/ferry-sinks/",
    "http://news.example/2016/06/ferry-sinks/index.php?utm_source=feed&b=2&a=1",
    "http://news.example/%E0%A6%A8%E0%A6%A6%E0%A7%80/?p=1",
    "http://news.example/নদী/?p=1",
    "http://editor:secret@News.Example./a//b/../c/?q=a+b%20c&q=A~#part",
    "http://news.example/a;jsessionid=12/b",
    "http://[::1]:8350/?p=4",
    "http://localhost/?p=1",
    "http://amp.m.news.example/amp/story/amp",
    "https://news.example/#!/story/4",
    "https://news.example/a%2fb?c=%2F",
    "tag:blogger.com,1999:blog-1.post-2",
    "  5f3c  -  9a ",
    "http://",
    "http:///x",
    "HTTP://NEWS.EXAMPLE/?P=1",
]


def ids(guids: list[str]) -> list[str]:
    """Return what the plug-in makes of guids."""
    told = json.dumps(guids).encode()
    done = subprocess.run(["php", HERE / "ids.php"], input=told, capture_output=True, check=True, timeout=60)
    answer: list[str] = json.loads(done.stdout)
    return answer


def told(guid: str) -> str:
    return story_id(guid, "") or ""


@pytest.mark.parametrize("file", sorted(PLUGIN.rglob("*.php")), ids=lambda path: path.name)
def test_every_file_is_php(file):
    done = subprocess.run(["php", "-l", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_post_has_the_id_that_imports_give_it():
    assert ids(GUIDS) == [told(guid) for guid in GUIDS]


WORD = st.text("abcXYZ019-_.~", max_size=6)
PIECE = st.one_of(
    WORD,
    st.sampled_from(
        ["", ".", "..", "amp", "index.php", "%2F", "%41", "%e0%a6%a8", "é", "a b", "a+b", "a,b", "a@b"]
    ),
)
FIELD = st.builds(
    "{}={}".format,
    st.sampled_from(["p", "post_type", "page_id", "utm_source", "fbclid", "ref", "amp", "A", "é", "x y"]),
    PIECE,
)
ADDRESS = st.builds(
    "{}://{}{}{}/{}{}{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(["", "www.", "m.", "amp.", "www2.m.", "user:word@"]),
    st.sampled_from(
        ["news.example", "News.Example", "news.example.", "localhost", "10.0.0.1", "a.b.news.example"]
    ),
    st.sampled_from(["", ":80", ":443", ":8080", ":"]),
    st.lists(PIECE, max_size=4).map("/".join),
    st.lists(FIELD, max_size=4).map(lambda fields: "?" + "&".join(fields) if fields else ""),
    st.sampled_from(["", "#", "#part", "#!/story", "#!/"]),
)


IDN = ["http://bücher.example/?p=1", "http://WWW.BÜCHER.example/?p=1", "http://নদী.example/a/?p=2"]


@pytest.mark.skipif(not (WORDPRESS / "wp-includes").exists(), reason="not installed: wordpress")
def test_international_names_too():
    assert ids(IDN) == [told(guid) for guid in IDN]


@settings(max_examples=20, deadline=None)
@given(st.lists(ADDRESS, min_size=50, max_size=50))
def test_of_any_address_too(guids):
    assert ids(guids) == [told(guid) for guid in guids]
