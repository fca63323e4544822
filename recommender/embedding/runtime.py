"""The one place that speaks to OpenVINO (and quiets it). Knows no texts, no caches and no torch."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

# One stream a core, each with its own batch. Cores that share a batch (LATENCY) need 1.2 times the time.
_HINT = {"PERFORMANCE_HINT": "THROUGHPUT"}

ONE_STREAM = "streams 1, "
"""In the `configuration` of what runs in one stream."""

_CONVERTER = "openvino.tools.ovc"

# int8 is in the model, not in how it is run; what it leaves in floating point runs in what is fastest here,
# or in float32 where that goes wrong.
_PRECISION: dict[str, dict[str, str]] = {
    "int8": {},
    "int8-f32": {"INFERENCE_PRECISION_HINT": "f32"},
    "bf16": {"INFERENCE_PRECISION_HINT": "bf16"},
    "f32": {"INFERENCE_PRECISION_HINT": "f32"},
}


def openvino() -> ModuleType:
    """Import OpenVINO without its usage statistics.

    `import openvino` and `import nncf` report to an analytics service through the package
    `openvino_telemetry`. A newsroom's archive calls nobody: both have a silent stand-in for where that
    package cannot be imported, and None in `sys.modules` says that it cannot.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    if "openvino" not in sys.modules and _CONVERTER not in sys.modules:
        return _without_converter()
    import openvino

    module: ModuleType = openvino
    return module


def _without_converter() -> ModuleType:
    """Import OpenVINO, and what converts models when it is asked for: that takes longer than all the rest."""
    sys.modules[_CONVERTER] = None  # type: ignore[assignment]  # as if it were not installed
    try:
        module = import_module("openvino")
    finally:
        sys.modules.pop(_CONVERTER, None)

    def later(name: str) -> object:
        try:
            if name == "convert_model":
                return import_module(_CONVERTER).convert_model
        except ImportError:
            pass  # a slim server has none; who asks whether there is one is told as by OpenVINO itself
        raise AttributeError(f"module 'openvino' has no attribute {name!r}")

    module.__getattr__ = later  # type: ignore[method-assign]
    return module


def _core() -> Any:  # noqa: ANN401
    """Return OpenVINO with its plug-in: a new one, since a forked child cannot take down its parent's."""
    return openvino().Core()


def cores() -> int:
    """Return the number of processors of this machine."""
    return os.cpu_count() or 1


def abilities() -> list[str]:
    """Return what this processor computes natively, sorted: "BF16", "INT8" and so on."""
    return sorted(_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))


def fingerprint() -> str:
    """Return eight hex digits that change with OpenVINO's version or with what the processor can compute.

    A compiled model is made for one of each. Where exactly it was checked says `configuration`.
    """
    parts = (openvino().__version__, platform.machine(), abilities())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]


def compile_model(model: Any, precision: str) -> Any:  # noqa: ANN401 (openvino has no types)
    """Compile an `openvino.Model`, or the file of one, for this processor.

    Parameters
    ----------
    model : openvino.Model or Path
        What to compile.
    precision : {"int8", "int8-f32", "bf16", "f32"}
        What it computes in.
    """
    return _core().compile_model(model, "CPU", _HINT | _PRECISION[precision])


def configuration(compiled: Any, form: str) -> str:  # noqa: ANN401
    """Return all that may decide how a compiled model rounds, as text: two that are equal give equal vectors.

    Parameters
    ----------
    compiled : openvino.CompiledModel
        As it will run.
    form : str
        What it was opened from.
    """
    ov = openvino()
    parts = {
        "processor": f"{_core().get_property('CPU', 'FULL_DEVICE_NAME').strip()} {_instructions()}".strip(),
        "openvino": ov.__version__,
        "form": form,
        "rest": compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name(),
        "streams": compiled.get_property("NUM_STREAMS"),
        "threads": compiled.get_property("INFERENCE_NUM_THREADS"),
    }
    return ", ".join(f"{name} {value}" for name, value in parts.items())


def _instructions() -> str:
    """Return a digest of what the processor can do, which two of one name may differ in; "" if not known."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return ""
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return hashlib.sha256(" ".join(sorted(flags.split())).encode()).hexdigest()[:8] if flags else ""


def export_blob(compiled: Any, path: Path) -> None:  # noqa: ANN401
    """Write a compiled model as it stands in memory."""
    path.write_bytes(compiled.export_model().getvalue())


def import_blob(path: Path, precision: str, streams: int | None = None) -> Any:  # noqa: ANN401
    """Read what `export_blob` wrote, memory-mapped, so that processes share it.

    It does not remember what it was told to compute in: without being told again it takes what is fastest.
    Nor is it bound to the number of streams that wrote it; it is made ready for each of them.

    Raises
    ------
    RuntimeError
        When this processor, or this version of OpenVINO, cannot run it.
    """
    ov = openvino()
    held = np.memmap(path, np.uint8, "c")  # OpenVINO shares no array that must not be written to
    blob = ov.Tensor(held, shared_memory=True)
    few = {} if streams is None else {"NUM_STREAMS": str(streams)}
    compiled = _core().import_model(blob, "CPU", _HINT | _PRECISION[precision] | few)
    compiled.held = held  # whatever it points into stays mapped as long as it is used
    return compiled


def requests(compiled: Any) -> int:  # noqa: ANN401
    """Return how many inferences a compiled model runs side by side."""
    return int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
