"""One client, one address."""

from __future__ import annotations

import pytest

from recommender.service.client_addresses import site


@pytest.mark.parametrize(
    ("host", "same"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:2", "2001:db8::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("", ""),
        ("unix:" + "x" * 100, "unix:" + "x" * 59),
    ],
)
def test_a_site_is_one_however_many_addresses_it_has(host: str, same: str) -> None:
    assert site(host) == same
