"""What stands in deploy/kubernetes, file by file. Applies nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
OVERLAYS = sorted(path.parent for path in FOLDER.rglob("kustomization.yaml"))


def objects() -> list[dict[str, Any]]:
    """Return all objects that are applied, but those that kustomize makes."""
    files = sorted(
        path for path in FOLDER.rglob("*.yaml") if path.name not in ("kustomization.yaml", "embedEtcd.yaml")
    )
    return [found for path in files for found in yaml.safe_load_all(path.read_text("utf-8"))]


def pods() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each template of pods with the name of what makes them."""
    for each in objects():
        if "template" in each.get("spec", {}):
            yield each["metadata"]["name"], each["spec"]["template"]


def variables(overlay: Path) -> dict[str, str]:
    """Return the variables that kustomize gives the service."""
    made = yaml.safe_load((overlay / "kustomization.yaml").read_text("utf-8"))["configMapGenerator"]
    return dict(pair.split("=", 1) for each in made for pair in each.get("literals", ()))
