from __future__ import annotations

import importlib.util

import pytest

from recommender import bulk
from recommender.errors import ExtraMissingError


def test_what_is_not_installed_is_named_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "ray" else found(name))
    with pytest.raises(ExtraMissingError, match=r"needs ray; install: pip install 'related-stories\[bulk\]'"):
        bulk.need_extra()
