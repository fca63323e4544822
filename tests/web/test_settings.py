"""The operator's choices about other sites."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender.errors import SettingsError
from recommender.web.settings import WebSettings, load_web_settings


def test_hosts_and_credentials_are_read(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.write_text("https://a:b@one.example\nhttps://c:d@two.example\n")
    (tmp_path / "related.toml").write_text(
        f'[web]\nown_hosts = "News.example, x"\ncredentials_file = "{secrets}"\n'
    )
    settings = load_web_settings(tmp_path, {"RELATED_WEB_CREDENTIALS": "http://e:f@cms.lan",
                                            "RELATED_WEB_PRIVATE_HOSTS": "cms.lan"})  # fmt: skip
    assert settings.own == {"news.example", "x"}
    assert settings.reach.has("cms.lan", "10.0.0.1")
    assert all(map(settings.logins.of, ("https://one.example", "https://two.example/", "http://cms.lan/wp")))


@pytest.mark.parametrize(
    "wrong",
    [{"pause_seconds": -1.0}, {"seconds": 0.0}, {"contact": "a\r\nx: y"}, {"contact": "a) b"},
     {"credentials_file": "/nowhere/at/all"}, {"credentials": "https://news.example"},
     {"pause_seconds": float("nan")}],
)  # fmt: skip
def test_what_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="web"):
        WebSettings(**wrong)  # type: ignore[arg-type]
