"""The table that quick vectors come from: whole, small; a text has one vector in whatever company."""

from importlib import resources

import numpy as np
import pytest
from tokenizers import Tokenizer

from recommender.embedding import open_embedder, static
from recommender.embedding.compiling import sample_texts
from recommender.embedding.models import DEFAULT_MODEL, STATIC_MODEL, STATIC_WEIGHTS, file_hash, find_model
from recommender.embedding.static import FILE, StaticEmbedder
from recommender.errors import ModelError

SHIPPED = resources.files("recommender") / "data" / FILE
TEXTS = [*sample_texts()[:40], "", "  ", "🜁 🜂", "A ferry sank off Bhola", "naïve café"]


@pytest.fixture(scope="module")
def embedder():
    return open_embedder(STATIC_MODEL)


def test_the_file_is_the_one_that_was_measured():
    assert file_hash(SHIPPED) == STATIC_WEIGHTS
    assert SHIPPED.stat().st_size < 10_000_000


def test_a_damaged_file_is_refused(monkeypatch):
    monkeypatch.setattr(static, "STATIC_WEIGHTS", "0" * 64)
    with pytest.raises(ModelError, match=r"static\.npz has SHA-256 [0-9a-f]{64}, expected 0{64}.* reinstall"):
        StaticEmbedder()


def test_a_text_has_one_vector_of_length_1_in_whatever_company(embedder):
    done = []
    together = embedder.encode(TEXTS, done.append)
    assert together.dtype == np.float32
    assert together.shape == (len(TEXTS), embedder.dimension)
    assert np.array_equal(together, np.concatenate([embedder.encode([text]) for text in TEXTS]))
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    assert sum(done) == len(TEXTS)
    assert embedder.encode([]).shape == (0, embedder.dimension)


def test_it_cuts_texts_as_the_default_model_does(embedder):
    own = Tokenizer.from_file(str(find_model(DEFAULT_MODEL).directory / "tokenizer.json"))
    own.no_padding()
    own.enable_truncation(256)
    for text in TEXTS:
        found = embedder._tokenizer.encode(text, add_special_tokens=False)
        assert found.ids == own.encode(text, add_special_tokens=False).ids
    assert len(embedder.chunks("ferry " * 600)) == 3
    assert embedder.chunks(" ") == []


def test_what_is_alike_is_near(embedder):
    ferry, ship, tax = embedder.encode(["ferry sinks off the coast", "a ship sank at sea", "new tax law"])
    assert ferry @ ship > ferry @ tax + 0.1


@pytest.mark.parametrize("runtime", ["auto", "compiled", "torch"])
def test_it_is_opened_by_its_name_whatever_else_is_called_so(tmp_path, monkeypatch, runtime):
    (tmp_path / STATIC_MODEL).mkdir()  # as a site's folder of pictures
    monkeypatch.chdir(tmp_path)
    found = open_embedder(STATIC_MODEL, cache_dir=tmp_path / "cache", runtime=runtime)
    assert (found.name, found.weights_hash) == (STATIC_MODEL, STATIC_WEIGHTS)
    assert not (tmp_path / "cache").exists(), "nothing is compiled"
