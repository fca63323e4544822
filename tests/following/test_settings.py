"""Which sites are followed, as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender.errors import SettingsError
from recommender.following.settings import Address, FollowSettings, load_follow_settings

FEED = "https://news.example/feed"


def test_sites_are_named_in_a_list_or_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "related.toml").write_text(
        f'[follow]\nurls = ["{FEED}", "wordpress-json https://blog.example"]\n'
    )
    both = (Address(FEED), Address("https://blog.example", "wordpress-json"))
    assert load_follow_settings(tmp_path, {}).addresses == both
    words = {"RELATED_FOLLOW_URLS": f" {FEED}  wordpress-json https://blog.example {FEED}"}
    assert load_follow_settings(tmp_path, words).addresses == both
    assert FollowSettings().addresses == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"urls": "feed"}, {"urls": ("feed",)}, {"urls": "https://a:b@news.example/"}, {"urls": "ftp://x.example/"},
        {"urls": f"feed sitemap {FEED}"}, {"least_seconds": 0}, {"least_seconds": 9, "most_seconds": 8},
        {"urls": f"fax {FEED}"}, {"gone_seconds": -1}, {"watch_days": -1},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="follow"):
        FollowSettings(**wrong)  # type: ignore[arg-type]


def test_a_refusal_shows_no_password() -> None:
    with pytest.raises(SettingsError, match="without name and password") as caught:
        Address("https://desk:S3cret@news.example/feed?key=S3cret").check()
    assert "S3cret" not in str(caught.value)
