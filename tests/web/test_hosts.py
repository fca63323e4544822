"""What is private is told by an address, however it is written."""

from __future__ import annotations

import pytest

from recommender.web.hosts import ANYWHERE, Reach, is_private, is_public

PRIVATE = (
    "localhost", "127.0.0.1", "[::1]", "10.0.0.7", "192.168.1.1", "169.254.169.254", "[fe80::1]",
    "2130706433", "0x7f.1", "127.1", "0.0.0.0", "metadata.google.internal", "printer.local", "cms",
    "[::ffff:10.0.0.1]", "api.localhost.", "100.64.0.1", "224.0.0.1", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "[::127.0.0.1]", "[fd00::1]", "[::]",
)  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_host_is_told_by_its_name(host: str) -> None:
    assert is_private(f"http://{host}/purge")


@pytest.mark.parametrize("host", ["cdn.example", "8.8.8.8", "[2001:4860:4860::8888]", "1e100.example"])
def test_a_public_host_is_none(host: str) -> None:
    assert not is_private(f"https://{host}/purge")


def test_public_addresses() -> None:
    assert is_public("8.8.8.8")
    assert not is_public("fe80::1%eth0")


def test_a_private_address_is_for_the_hosts_that_were_named() -> None:
    reach = Reach(frozenset({"cms.lan"}))
    assert reach.has("CMS.lan.", "10.0.0.7")
    assert not reach.has("news.example", "10.0.0.7")
    assert reach.has("news.example", "8.8.8.8")
    assert ANYWHERE.has("news.example", "10.0.0.7")
