"""OpenVINO's converter of models is imported when it is asked for, and lacking where it is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("openvino")

ASKED = """
import sys
from recommender.embedding.runtime import openvino
module, converter = openvino(), "openvino.tools.ovc"
assert converter not in sys.modules
if sys.argv[1] == "slim":
    sys.modules[converter] = None
print(getattr(module, "convert_model", None) is not None, converter in sys.modules, hasattr(module, "other"))
"""


@pytest.mark.parametrize(("install", "told"), [("whole", "True True False"), ("slim", "False True False")])
def test_it_is_imported_when_it_is_asked_for(install: str, told: str) -> None:
    command = [sys.executable, "-c", ASKED, install]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == told
