"""The manifests by the schemas of Kubernetes, and by kustomize. Skipped where one is not installed."""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.kubernetes import OVERLAYS, objects

OLDEST = "1.33"
KUBECTL = shutil.which("kubectl")


@pytest.mark.skipif(find_spec("kubernetes_validate") is None, reason="kubernetes-validate is not installed")
@pytest.mark.parametrize("made", objects(), ids=lambda each: f"{each['kind']} {each['metadata']['name']}")
def test_each_object_is_of_its_schema(made: dict[str, Any]) -> None:
    import kubernetes_validate

    for version in (OLDEST, kubernetes_validate.latest_version()):
        kubernetes_validate.validate(made, version, strict=True)


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_kustomize_builds_it_and_every_map_that_is_named_is_made(overlay: Path) -> None:
    done = subprocess.run(
        [KUBECTL or "", "kustomize", str(overlay)], capture_output=True, text=True, check=False, timeout=60
    )
    assert not done.returncode, done.stderr
    made = list(yaml.safe_load_all(done.stdout))
    maps = {each["metadata"]["name"] for each in made if each["kind"] == "ConfigMap"}
    for each in made:
        if "template" in each.get("spec", {}):
            spec = each["spec"]["template"]["spec"]
            named = {
                one["configMapRef"]["name"] for part in spec["containers"] for one in part.get("envFrom", ())
            } | {one["configMap"]["name"] for one in spec["volumes"] if "configMap" in one}
            assert named <= maps
            assert all("@" in part["image"] or ":" in part["image"] for part in spec["containers"])
        assert each["metadata"].get("namespace", "related") == "related"
