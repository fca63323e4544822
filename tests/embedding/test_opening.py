"""An installation that cannot compile embeds by what another machine compiled, if that agrees here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recommender.embedding import opening
from recommender.embedding.compiled_files import MODEL, REFERENCE
from recommender.embedding.models import DEFAULT_MODEL
from recommender.embedding.opening import open_embedder
from recommender.errors import ModelError
from recommender.settings import Settings

TEXTS = ["Talks resume in Geneva", "Ferry services return to the Padma after the storm"]


@pytest.fixture
def cache(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of compiled models from another machine, where nothing can be compiled."""
    made = open_embedder(str(tiny_model), cache_dir=tmp_path, runtime="compiled")
    directory = made.directory
    start, _, end = directory.name.split("-")
    directory.rename(directory.with_name(f"{start}-0123abcd-{end}"))
    monkeypatch.setattr(opening, "COMPILERS", ("no_such_package",))
    return tmp_path


def test_a_model_of_another_machine_is_checked_and_run_in_the_form_for_any_processor(cache, tiny_model):
    found = open_embedder(str(tiny_model), cache_dir=cache)
    original = open_embedder(str(tiny_model), runtime="torch")
    assert (found.encode(TEXTS) * original.encode(TEXTS)).sum(1).min() > 0.99
    assert f"form {MODEL}" in found.configuration
    assert found.configuration in found.marker.checked


@pytest.mark.parametrize("runtime", ["auto", "compiled"])
def test_one_that_is_damaged_is_not_run_and_the_way_out_is_named(cache, tiny_model, runtime):
    (next(cache.glob("*-0123abcd-*")) / REFERENCE).write_bytes(b"torn")
    with pytest.raises(ModelError, match=r"reference.msgpack.*pip install 'related-stories\[model\]'"):
        open_embedder(str(tiny_model), cache_dir=cache, runtime=runtime)


def test_without_any_the_way_out_is_named(tiny_model, tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "COMPILERS", ("no_such_package",))
    with pytest.raises(ModelError, match=r"not compiled for this machine.*copy the compiled model"):
        open_embedder(str(tiny_model), cache_dir=tmp_path)


def test_a_compiled_model_needs_no_package_of_its_weights(embedder, monkeypatch):
    monkeypatch.setattr("recommender.embedding.models._packaged", lambda _: None)
    found = open_embedder(DEFAULT_MODEL, cache_dir=Settings().cache_dir)
    assert found.weights_hash == embedder.weights_hash
    np.testing.assert_allclose(found.encode(TEXTS), embedder.encode(TEXTS), atol=1e-5)
