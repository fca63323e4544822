"""The one place that imports OpenVINO, and what identifies it. Knows no model."""

from __future__ import annotations

import hashlib
import platform
import sys
from types import ModuleType


def openvino() -> ModuleType:
    """Import OpenVINO without its usage statistics.

    `import openvino` and `import nncf` each report to an analytics service through the package `openvino_telemetry`.
    A newsroom's archive calls nobody: both fall back to a silent stand-in of their own where that package cannot
    be imported, and None in `sys.modules` says that it cannot.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def fingerprint() -> str:
    """Return eight hex digits that change with OpenVINO's version or with what the processor can compute.

    A compiled model is checked for one of each: another processor may round otherwise.
    """
    ov = openvino()
    abilities = sorted(ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    return hashlib.sha256(repr((ov.__version__, platform.machine(), abilities)).encode()).hexdigest()[:8]
