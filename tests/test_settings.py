"""Settings come from one place each, in one order of precedence; what is wrong is told with a way out."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path

import pytest

from recommender import Settings
from recommender.errors import SettingsError
from recommender.service.settings import load_service_settings
from recommender.settings import load_settings


def test_defaults_are_valid_and_found_where_nothing_is_set(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {}) == load_settings(None, {}) == Settings()


def test_the_environment_counts_before_the_file_before_the_default(tmp_path: Path) -> None:
    (tmp_path / "related.toml").write_text(
        'slots = 7\npast_only = false\nzone = "Asia/Dhaka"\nbusy_seconds = 2\n'
    )
    found = load_settings(
        tmp_path, {"RELATED_SLOTS": "3", "RELATED_BUSY_SECONDS": "0.5", "RELATED_LOG": "DEBUG"}
    )
    assert found == Settings(slots=3, past_only=False, zone="Asia/Dhaka", busy_seconds=0.5)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("RELATED_SLOT", "RELATED_SLOTS"),
        ("RELATED_LANGUAGE", "RELATED_LANGUAGES"),
        ("RELATED_ARCHVE", "RELATED_ARCHIVE"),
    ],
)
def test_a_misspelt_variable_is_refused(name: str, meant: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is no setting; did you mean {meant}[?]"):
        load_settings(None, {name: "3"})


def test_a_misspelt_variable_of_the_service_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"did you mean RELATED_SERVICE_WEBHOOK_URL\?"):
        load_service_settings(Path("nowhere"), {"RELATED_SERVICE_WEBHOOKURL": "x"})


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    """As containers have their secrets."""
    secret = tmp_path / "secret"
    secret.write_text("  a-secret-of-twenty-characters\n")
    env = {"RELATED_SERVICE_HOOK_SECRET_FILE": str(secret)}
    assert load_service_settings(tmp_path, env).hook_secret == "a-secret-of-twenty-characters"
    with pytest.raises(SettingsError, match=r"HOOK_SECRET and RELATED_SERVICE_HOOK_SECRET_FILE are both set"):
        load_service_settings(tmp_path, env | {"RELATED_SERVICE_HOOK_SECRET": "another-of-twenty-characters"})
    for content, told in ((None, "No such file"), (b"\xff\xfe\x00", "not UTF-8")):
        secret.unlink(missing_ok=True)
        if content:
            secret.write_bytes(content)
        with pytest.raises(SettingsError, match=rf"HOOK_SECRET_FILE names the file .*secret.*: {told}"):
            load_service_settings(tmp_path, env)


def test_what_others_set_is_let_be() -> None:
    env = {
        "RELATED_SERVICE_HOST": "10.0.0.1",
        "RELATED_SERVICE_PORT": "80",
        "RELATED_PORT": "tcp://10.0.0.1:80",
    }
    env |= {"RELATED_LOG": "DEBUG", "RELATED_ARCHIVE": "news", "UNRELATED_SLOT": "3"}
    assert load_settings(None, env) == Settings()
    load_service_settings(Path("nowhere"), env)


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False), ("1", True), ("0", False)])
def test_yes_and_no_in_the_environment(text: str, value: bool) -> None:
    assert load_settings(None, {"RELATED_PAST_ONLY": text}).past_only is value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("slots = ", "not TOML"),
        ("slot = 3", "unknown setting 'slot'; did you mean slots?"),
        ("colour = 3", "unknown setting 'colour'; known are address_drop, address_endings"),
        ('slots = "many"', "related.toml: setting slots is 'many': expected `int`, got `str`"),
        ("zone = 5", "related.toml: setting zone cannot be what it is: expected `str`, got `int`"),
        ("slots = 4\nslots = 5\n", "not TOML: a setting that stands there already (at line 2"),
        ("slots = 0", "setting slots is 0; give a whole number from 1 up"),
        ("slots = 99999999999999999999", "setting slots is 99999999999999999999; give 1,000 at most"),
        ("busy_seconds = 1e300", "setting busy_seconds is 1e+300; give 86,400 at most"),
        ("[servce]\nopen_reads = true", "unknown table [servce]; did you mean [service]?"),
        ("candidates = 0", "setting candidates is 0; give a whole number from 1 up"),
        ("recent = -1", "setting recent is -1; give a number from 0 up"),
        ("busy_seconds = nan", "setting busy_seconds is nan; give a number from 0 up"),
        ("diff_seconds = inf", "setting diff_seconds is inf; give a number from 0 up"),
        ('runtime = "gpu"', "setting runtime is 'gpu'; give auto, compiled or torch"),
        ('languages = "en"', "setting languages is 'en'; give same or any"),
        ('zone = "Mars/Olympus"', "setting zone is 'Mars/Olympus'; give an IANA zone such as Europe/Berlin"),
        ('address_hosts = "old.example"', "setting address_hosts is 'old.example'; give pairs such as"),
        ('address_endings = "print"', "setting address_endings is 'print'; give ends of a path"),
        ('zone = "../../etc/passwd"', "give an IANA zone such as Europe/Berlin"),
    ],
)
def test_a_wrong_setting_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "related.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path, {})
    assert told in str(caught.value)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "related.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(
        SettingsError, match=r"related\.toml: not TOML: not UTF-8 at byte 0; save it as UTF-8"
    ):
        load_settings(tmp_path, {})


def test_a_file_that_begins_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "related.toml").write_bytes(b"\xef\xbb\xbfslots = 4\n")
    assert load_settings(tmp_path, {}).slots == 4


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(SettingsError, match="RELATED_SLOTS: setting slots is 'many': expected `int`"):
        load_settings(None, {"RELATED_SLOTS": "many"})


def test_settings_of_the_doors_change_no_block(tmp_path: Path) -> None:
    (tmp_path / "related.toml").write_text("slots = 4\n[service]\nanything = 1\n")
    assert load_settings(tmp_path, {}).digest == Settings(slots=4).digest


def test_every_setting_changes_the_digest() -> None:
    other: dict[str, object] = {"least_score": 0.5, "diversity": 0.5, "event_likeness": 0.5}
    other |= {"zone": "Asia/Dhaka", "runtime": "torch", "languages": "any"}
    other |= {"address_hosts": "a.example=b.example", "address_endings": "/print"}
    changed = [
        replace(Settings(), **{field.name: other.get(field.name, _other(field.default))})
        for field in fields(Settings)
    ]
    assert len({made.digest for made in changed} | {Settings().digest}) == len(fields(Settings)) + 1


def _other(value: object) -> object:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"{value}x"


def test_what_follows_from_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Settings().timezone is None
    zone = Settings(zone="Asia/Dhaka").timezone
    assert datetime(2022, 10, 13, 17, 47, tzinfo=zone).isoformat() == "2022-10-13T17:47:00+06:00"
    assert Settings(max_body=7).limits.body == 7
    assert Settings().cache_dir == tmp_path / "related-stories" / "models"
    assert Settings(model_cache="~/models").cache_dir == Path.home() / "models"
