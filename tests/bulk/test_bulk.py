from __future__ import annotations

import importlib.util
import os

import pytest

from recommender import bulk
from recommender.errors import ExtraMissingError


def test_what_is_not_installed_is_named_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "ray" else found(name))
    with pytest.raises(ExtraMissingError, match=r"needs ray; install: pip install 'related-stories\[bulk\]'"):
        bulk.need_extra()


def test_a_ray_of_this_machine_alone_is_for_this_run_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = set()
    for _ in range(2):
        monkeypatch.setattr(os, "environ", {"RAY_AUTH_MODE": "disabled"})
        bulk.prepare_ray(bulk.LOCAL)
        assert os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] == "0"
        assert os.environ["RAY_AUTH_MODE"] == "token"
        tokens.add(os.environ["RAY_AUTH_TOKEN"])
    assert len(tokens) == 2


def test_a_cluster_is_asked_as_its_owner_set_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"RAY_AUTH_TOKEN_PATH": "token"})
    bulk.prepare_ray("ray-head.example:6379")
    assert os.environ == {"RAY_AUTH_TOKEN_PATH": "token"}
