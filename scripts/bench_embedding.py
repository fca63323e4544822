"""How fast the compiled runtime embeds, beside sentence-transformers and ONNX Runtime on the same texts.

Run it with OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE unset. The systems take turns on blocks of the same texts:
where the machine is busy with something else, it is so for all of them. All that is compared stands in one
place; hence the length.

Example: python scripts/bench_embedding.py --json bench/out/embedding.json
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")

from benchlib import Figure, check_environment, compared, machine, peak_megabytes, report

from recommender.embedding import DEFAULT_MODEL, Embedder, encode_iter, open_embedder, story_units
from recommender.embedding.agreement import agreement
from recommender.embedding.batches import batches, padded
from recommender.embedding.compiled import CompiledEmbedder
from recommender.embedding.compiled_files import read_reference
from recommender.embedding.models import find_model
from recommender.embedding.static import static_embedder
from recommender.ingest.jsonl import read_stories
from recommender.settings import Settings
from recommender.story.story import Story

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parent.parent
STORIES = ROOT / "seeds" / "digitalgov" / "articles.jsonl"

TEXTS, BLOCK = 2000, 512
SHORT_TEXTS, SHORT_BLOCK = 192, 64
"""Texts, and how many of them one system embeds before it is the next one's turn."""

STREAMS, SHORT_STREAMS = (5000, 20_000, 80_000), (500, 2000, 5000)
"""Texts of the streams whose memory is measured: the last is more than a window."""

ONNX_TOKENS = 2048
"""Tokens in a batch of ONNX Runtime: it gets the same batches, sorted by length, as the compiled runtime."""

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


def main() -> None:
    """Measure and report."""
    arguments = _arguments()
    check_environment()
    if arguments.memory_of is not None:
        _memory_of(arguments.cache, arguments.memory_of)
        return
    embedder = open_embedder(cache_dir=arguments.cache, runtime="compiled")
    texts = _texts(embedder, arguments.stories, SHORT_TEXTS if arguments.short else TEXTS)
    with tempfile.TemporaryDirectory() as scratch:
        systems = _systems(embedder, Path(scratch))
        figures = _speed(systems, texts, SHORT_BLOCK if arguments.short else BLOCK)
    figures += _widths(embedder)
    figures += _cold(arguments.cache, 3 if arguments.short else 5)
    figures += _memory(arguments.cache, SHORT_STREAMS if arguments.short else STREAMS)
    if arguments.quality:
        figures += _quality(arguments.cache)
    packages = ["torch", "sentence-transformers", "openvino", *(["onnxruntime"] if _has_onnx() else [])]
    facts = machine(*packages)
    title = (
        f"Embedding {len(texts):,} units of {arguments.stories.parent.name}, ours in {_precision(embedder)}"
    )
    report(title, facts, figures, arguments.json)


def _precision(embedder: Embedder) -> str:
    """Return what the compiled model computes in: what was fastest on this processor when it was compiled."""
    return embedder.marker.precision if isinstance(embedder, CompiledEmbedder) else "f32"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stories", type=Path, default=STORIES, help="JSON Lines file of stories")
    parser.add_argument("--cache", type=Path, default=Settings().cache_dir, help="compiled models")
    parser.add_argument("--short", action="store_true", help="a tenth of the texts")
    parser.add_argument(
        "--quality", action="store_true", help="also evaluate both runtimes on 18F (10 minutes)"
    )
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--memory-of", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _texts(embedder: Embedder, path: Path, count: int) -> list[str]:
    """Take every eighth story's units: headlines and chunks in the mix that an archive has."""
    stories = (story for story in islice(read_stories(path), 0, None, 8) if isinstance(story, Story))
    units = (unit for story in stories for unit in story_units(story.headline, story.text, embedder))
    return list(islice(units, count))


def _systems(embedder: Embedder, scratch: Path) -> dict[str, Encode]:
    """Return what is compared; the first is the baseline."""
    from recommender.embedding.sentence import fast_tokenizer, load

    model = load(find_model(DEFAULT_MODEL), "cpu")

    def default(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.asarray(model.encode(list(texts), show_progress_bar=False), np.float32)

    systems: dict[str, Encode] = {"sentence-transformers (torch f32)": default}
    if _has_onnx():
        _export(model, scratch)
        tokenizer = fast_tokenizer(model, DEFAULT_MODEL)
        systems["ONNX Runtime f32"] = _onnx(scratch / "f32.onnx", tokenizer)
        systems["ONNX Runtime int8 (dynamic)"] = _onnx(scratch / "int8.onnx", tokenizer)
    else:
        print(
            "without ONNX Runtime; to compare with it: pip install 'related-stories[bench]'", file=sys.stderr
        )
    return systems | {"ours (OpenVINO)": embedder.encode, "ours, quick (a table)": static_embedder().encode}


def _has_onnx() -> bool:
    return find_spec("onnx") is not None and find_spec("onnxruntime") is not None


def _export(model: SentenceTransformer, scratch: Path) -> None:
    """Write the model for ONNX Runtime, as it is and in its dynamic int8."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    class Pipeline(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            out = self.inner({"input_ids": input_ids, "attention_mask": attention_mask})
            return torch.nn.functional.normalize(out["sentence_embedding"], dim=1)

    ones = torch.ones((2, 16), dtype=torch.long)
    names = ["input_ids", "attention_mask"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer's notes about constants in somebody else's code
        torch.onnx.export(
            Pipeline().eval(),
            (ones, ones),
            str(scratch / "f32.onnx"),
            input_names=names,
            output_names=["vectors"],
            dynamic_axes={name: {0: "rows", 1: "tokens"} for name in names},
            dynamo=False,
        )
    quantize_dynamic(scratch / "f32.onnx", scratch / "int8.onnx", weight_type=QuantType.QInt8)


def _onnx(path: Path, tokenizer: Tokenizer) -> Encode:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [tokens.ids for tokens in tokenizer.encode_batch_fast(list(texts))]
        out: NDArray[np.float32] | None = None
        for places in batches([len(row) for row in rows], ONNX_TOKENS):
            ids, mask = padded([rows[i] for i in places], 0)
            vectors: Any = session.run(["vectors"], {"input_ids": ids, "attention_mask": mask})[0]
            out = np.empty((len(rows), vectors.shape[1]), np.float32) if out is None else out
            out[places] = vectors
        return np.empty((0, 0), np.float32) if out is None else out

    return encode


def _speed(systems: dict[str, Encode], texts: list[str], block: int) -> list[Figure]:
    """Return texts a second (wall clock), processor time a text, and agreement with the first system."""
    wall = dict.fromkeys(systems, 0.0)
    busy = dict.fromkeys(systems, 0.0)
    vectors: dict[str, list[NDArray[np.float32]]] = {name: [] for name in systems}
    for encode in systems.values():
        encode(texts[:16])  # warm up
    for start in range(0, len(texts), block):
        for name, encode in systems.items():
            before = time.perf_counter(), time.process_time()
            vectors[name].append(encode(texts[start : start + block]))
            wall[name] += time.perf_counter() - before[0]
            busy[name] += time.process_time() - before[1]
    first = next(iter(systems))
    truth = np.concatenate(vectors[first])
    figures = []
    for name in systems:
        found = np.concatenate(vectors[name])
        rate, base = len(texts) / wall[name], len(texts) / wall[first]
        milliseconds, base_ms = 1000 * busy[name] / len(texts), 1000 * busy[first] / len(texts)
        figures += [
            compared(f"{name}: texts a second", rate, "texts/s", base, more_is_better=True),
            compared(f"{name}: processor time a text", milliseconds, "ms", base_ms),
        ]
        if found.shape == truth.shape:  # the table's vectors are of another space
            cosine = float(np.sum(found * truth, axis=1).mean())
            figures.append(Figure(f"{name}: mean cosine with the original", cosine, "cosine"))
    return figures


def _widths(embedder: Embedder) -> list[Figure]:
    """Return how well the worst of all widths agrees with the original, computed now."""
    if not isinstance(embedder, CompiledEmbedder):
        return []
    found = agreement(embedder, read_reference(embedder.directory))
    return [Figure("ours (OpenVINO): least cosine of any width", found.worst, "cosine")]


COLD = {
    "sentence-transformers (torch f32)": """
from sentence_transformers import SentenceTransformer
SentenceTransformer(sys.argv[2]).encode(["talks on Ukraine"])""",
    "ours (OpenVINO)": """
from pathlib import Path
from recommender.embedding import open_embedder
open_embedder(cache_dir=Path(sys.argv[1])).encode(["talks on Ukraine"])""",
}


def _cold(cache: Path, times: int) -> list[Figure]:
    """Return the median time from the start of a process to the first vector, imports included."""
    arguments = [str(cache), str(find_model(DEFAULT_MODEL).directory)]
    seconds = {}
    for name, code in COLD.items():
        timed = f"import sys, time; start = time.perf_counter(){code}\nprint(time.perf_counter() - start)"
        command = [sys.executable, "-c", timed, *arguments]
        runs = [
            float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])
            for _ in range(times)
        ]
        seconds[name] = float(np.median(runs))
    base = seconds[next(iter(COLD))]
    return [
        compared(f"{name}: cold process to first vector", value, "s", base) for name, value in seconds.items()
    ]


def _memory(cache: Path, sizes: Sequence[int]) -> list[Figure]:
    """Return the peak memory of a process that embeds a stream, at several sizes of the stream."""
    figures = []
    for size in sizes:
        command = [sys.executable, __file__, "--cache", str(cache), "--memory-of", str(size)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        figures.append(Figure(f"ours: peak memory, stream of {size:,} texts", float(done.stdout), "MB"))
    return figures


def _memory_of(cache: Path, size: int) -> None:
    """Embed `size` short texts that are all different, keep nothing, print the peak."""
    embedder = open_embedder(cache_dir=cache, runtime="compiled")

    def stream() -> Iterator[str]:
        for number in range(size):
            yield f"Council votes on bridge number {number} after flood, {number % 97} streets still closed"

    for _ in encode_iter(embedder, stream()):
        pass
    print(peak_megabytes())


def _quality(cache: Path) -> list[Figure]:
    """Return the engine's nDCG@5 on 18F with either runtime's vectors."""
    scores = {}
    for runtime in ("torch", "compiled"):
        environment = {**os.environ, "RELATED_RUNTIME": runtime, "RELATED_MODEL_CACHE": str(cache)}
        files = [
            f"--{name}={ROOT / 'seeds' / '18f' / file}"
            for name, file in (("stories", "articles.jsonl"), ("links", "links.jsonl"))
        ]
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            related = str(Path(sys.executable).with_name("related"))
            command = [related, "evaluate", *files, "--json", out.name]
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
            scores[runtime] = float(json.loads(Path(out.name).read_text())["systems"]["ours"]["ndcg@5"])
    base = scores["torch"]
    return [
        compared(f"nDCG@5 on 18F with {runtime} vectors", score, "nDCG@5", base, more_is_better=True)
        for runtime, score in scores.items()
    ]


if __name__ == "__main__":
    main()
