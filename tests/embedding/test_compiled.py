import json
import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.embedding import DEFAULT_MODEL, compiled_files, encode_iter, open_embedder
from recommender.embedding.agreement import (
    LEAST_COSINE,
    MOST_SPREAD,
    Reference,
    agreement,
    texts_of_each_width,
)
from recommender.embedding.compiled_files import BLOB, FORMAT, MARKER, MODEL, REFERENCE, TOKENIZER, WEIGHTS

PROMPT = "talks on Ukraine resume"


@pytest.fixture(scope="module")
def original():
    return open_embedder(runtime="torch")


@pytest.fixture(scope="module")
def of_each_width(embedder, tokenizer, wikinews):
    """Texts of all widths that a batch may have, cut out of a corpus that no calibration has seen."""
    texts, widths = texts_of_each_width(tokenizer, wikinews, embedder.marker.max_tokens)
    assert sorted(set(widths)) == list(range(8, 257, 8))
    return texts[::2]


def test_vectors_agree_with_the_original_on_texts_of_another_corpus(embedder, original, wikinews, vectors):
    assert np.sum(vectors * original.encode(wikinews), axis=1).min() >= LEAST_COSINE
    assert (embedder.dimension, embedder.weights_hash) == (original.dimension, original.weights_hash)
    assert embedder.chunks(wikinews[1]) == original.chunks(wikinews[1])


def test_vectors_have_length_one(embedder, wikinews):
    vectors = embedder.encode([*wikinews[:6], "", " ", "\x00", "🚢" * 1000])
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_vectors_agree_with_the_original_at_every_width(embedder, original, of_each_width):
    cosines = np.sum(embedder.encode(of_each_width) * original.encode(of_each_width), axis=1)
    assert cosines.min() >= LEAST_COSINE


def test_what_was_checked_is_every_width_as_the_model_runs_here(embedder):
    assert embedder.configuration in embedder.marker.checked
    assert list(embedder.agreement.least) == list(range(8, embedder.marker.max_tokens + 1, 8))
    assert embedder.agreement.worst >= LEAST_COSINE
    assert embedder.agreement.spread <= MOST_SPREAD


@pytest.fixture(scope="module")
def alone(embedder, of_each_width):
    """The vector of each text, computed without company."""
    return {text: embedder.encode([text])[0] for text in of_each_width}


@settings(max_examples=15)
@given(data=st.data())
def test_neither_order_nor_company_nor_repetition_changes_a_vector(embedder, alone, data):
    texts = data.draw(st.lists(st.sampled_from([*alone]), max_size=12))
    together = embedder.encode(texts)
    assert together.shape == (len(texts), embedder.dimension)
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_allclose(vector, alone[text], rtol=0, atol=MOST_SPREAD)


def test_a_text_has_one_vector_at_every_place_of_a_file(embedder, alone):
    texts = list(alone)
    for turned in (texts, texts[::-1], texts[7:] + texts[:7]):
        for text, vector in zip(turned, embedder.encode(turned), strict=True):
            np.testing.assert_allclose(vector, alone[text], rtol=0, atol=MOST_SPREAD)


def test_equal_texts_get_equal_vectors(embedder, wikinews):
    vectors = embedder.encode([wikinews[0], *wikinews, wikinews[0]])
    assert np.array_equal(vectors[0], vectors[1])
    assert np.array_equal(vectors[0], vectors[-1])


def test_progress_adds_up_to_the_number_of_texts(embedder, wikinews):
    done = []
    embedder.encode([*wikinews, *wikinews[:7]], done.append)
    assert sum(done) == len(wikinews) + 7
    assert len(done) > 3


def test_a_stream_gives_the_same_vectors_in_windows(embedder, wikinews, vectors):
    windows = list(encode_iter(embedder, iter(wikinews), window=10))
    assert [len(window) for window in windows] == [10, 10, 4]
    np.testing.assert_allclose(np.concatenate(windows), vectors, rtol=0, atol=MOST_SPREAD)


def test_several_threads_may_encode_at_once(embedder, wikinews, vectors):
    gate = threading.Barrier(4)

    def work(_):
        gate.wait()
        return embedder.encode(wikinews)

    with ThreadPoolExecutor(4) as pool:
        for one in pool.map(work, range(4)):
            assert np.array_equal(one, vectors)


DAILY = """
import json, sys
from pathlib import Path
from recommender.embedding import open_embedder
vector = open_embedder(cache_dir=Path(sys.argv[1])).encode([sys.argv[2]])[0]
heavy = {"torch", "transformers", "sentence_transformers", "nncf", "sklearn", "openvino_telemetry"}
loaded = {name.split(".")[0] for name, module in sys.modules.items() if module is not None}
print(json.dumps([sorted(heavy & loaded), vector.tolist()]))
"""


def test_the_daily_path_loads_no_torch_and_ends_well(embedder, model_cache):
    command = [sys.executable, "-c", DAILY, str(model_cache), PROMPT]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    loaded, vector = json.loads(done.stdout)
    assert loaded == []
    assert done.stderr == ""
    np.testing.assert_allclose(vector, embedder.encode([PROMPT])[0], atol=1e-6)


@pytest.fixture
def cache_copy(embedder, tmp_path):
    """A cache of its own, to be damaged."""
    return shutil.copytree(embedder.directory, tmp_path / embedder.directory.name)


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("spoil", [damage, lambda path: path.unlink(), lambda path: path.write_bytes(b"")])
def test_without_its_memory_layout_the_model_is_opened_from_its_portable_form(embedder, cache_copy, spoil):
    spoil(cache_copy / BLOB)
    again = open_embedder(cache_dir=cache_copy.parent, runtime="compiled")
    np.testing.assert_allclose(again.encode([PROMPT]), embedder.encode([PROMPT]), atol=1e-6)


def test_one_that_asks_once_reads_a_file_through_once_a_day(cache_copy, monkeypatch):
    read = []
    reading = compiled_files.file_hash
    monkeypatch.setattr(compiled_files, "file_hash", lambda path: read.append(path.name) or reading(path))
    marker, now = compiled_files.read_marker(cache_copy), time.time() + 60  # a minute after it was made
    monkeypatch.setattr(compiled_files, "time", SimpleNamespace(time=lambda: now))

    def times_read(**how):
        read.clear()
        compiled_files.check_files(cache_copy, marker, [BLOB], **how)
        return len(read)

    assert [times_read(once_a_day=True) for _ in range(3)] == [1, 0, 0]
    assert times_read() == 1  # who stays reads it each time
    status = (cache_copy / BLOB).stat()
    damage(cache_copy / BLOB)
    os.utime(cache_copy / BLOB, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(compiled_files.DamagedCacheError):
        times_read(once_a_day=True)
    damage(cache_copy / BLOB)  # and back
    assert [times_read(once_a_day=True) for _ in range(2)] == [1, 0]
    now += 86_400
    assert times_read(once_a_day=True) == 1
    (cache_copy / compiled_files.SEEN).write_bytes(b"{")
    assert [times_read(once_a_day=True) for _ in range(2)] == [1, 0]


@pytest.fixture
def rebuilt(embedder, monkeypatch):
    """Makes compiling quick by giving what it would make, and counts how often that happens."""
    made = []

    def build(files, directory, sample):
        made.append(files.name)
        shutil.copytree(embedder.directory, directory, dirs_exist_ok=True)

    monkeypatch.setattr("recommender.embedding.compiling.build", build)
    return made


def truncate(path):
    path.write_bytes(path.read_bytes()[:100])


def newer(path):
    path.write_bytes(path.read_bytes().replace(b'"format": %d' % FORMAT, b'"format": 999'))


@pytest.mark.parametrize(
    ("names", "spoil"),
    [
        ([MARKER], truncate),
        ([MARKER], newer),
        ([MARKER], lambda path: path.write_bytes(b"\xff\x00")),
        ([TOKENIZER], damage),
        ([REFERENCE], damage),
        ([BLOB, MODEL], damage),
        ([BLOB, WEIGHTS], truncate),
        ([BLOB, WEIGHTS], lambda path: path.unlink()),
    ],
)
def test_a_damaged_cache_is_made_anew_once(embedder, cache_copy, rebuilt, names, spoil, recwarn):
    for name in names:
        spoil(cache_copy / name)
    with pytest.warns(UserWarning, match="compiled model cannot be used and is made anew"):
        first = open_embedder(cache_dir=cache_copy.parent, runtime="compiled")
    recwarn.clear()
    open_embedder(cache_dir=cache_copy.parent, runtime="compiled")
    assert rebuilt == [DEFAULT_MODEL]
    assert not recwarn
    assert np.array_equal(first.encode([PROMPT]), embedder.encode([PROMPT]))


@pytest.fixture
def elsewhere(cache_copy):
    """A cache that was checked on another processor only."""
    marker = json.loads((cache_copy / MARKER).read_bytes())
    marker["checked"] = {"another processor": next(iter(marker["checked"].values()))}
    (cache_copy / MARKER).write_text(json.dumps(marker))
    return cache_copy


def test_on_another_processor_the_model_is_checked_once_more(elsewhere, rebuilt, monkeypatch):
    first = open_embedder(cache_dir=elsewhere.parent, runtime="compiled")
    assert first.agreement.worst >= LEAST_COSINE
    monkeypatch.setattr("recommender.embedding.compiled.agreement", None)  # once is enough
    again = open_embedder(cache_dir=elsewhere.parent, runtime="compiled")
    assert again.marker.checked.keys() == {"another processor", again.configuration}
    assert rebuilt == []


def test_where_it_fails_on_another_processor_it_is_compiled_for_that_one(elsewhere, rebuilt, monkeypatch):
    def wrong(engine, reference):
        return agreement(engine, Reference(reference.texts, reference.widths, bytes(len(reference.data))))

    monkeypatch.setattr("recommender.embedding.compiled.agreement", wrong)
    with pytest.warns(UserWarning, match=r"made anew: .* at 32 of 32 widths its least cosine"):
        open_embedder(cache_dir=elsewhere.parent, runtime="compiled")
    assert rebuilt == [DEFAULT_MODEL]


def test_many_who_need_the_same_model_compile_it_once(tmp_path, rebuilt):
    gate = threading.Barrier(4)

    def work(_):
        gate.wait()
        return open_embedder(cache_dir=tmp_path, runtime="compiled").weights_hash

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(work, range(4)))) == 1
    assert rebuilt == [DEFAULT_MODEL]


def test_what_a_killed_process_left_is_cleared_away(tmp_path, rebuilt, embedder):
    abandoned = tmp_path / f".{embedder.directory.name}-abandoned"
    abandoned.mkdir()
    open_embedder(cache_dir=tmp_path, runtime="compiled")
    assert not abandoned.exists()
    assert {path.name for path in tmp_path.iterdir()} == {
        embedder.directory.name,
        f"{embedder.directory.name}.lock",
    }
