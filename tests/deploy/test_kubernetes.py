"""What the manifests promise: no pod is privileged, no secret is a variable, and every name is found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from recommender.archive.index_settings import load_index_settings
from recommender.catalog.settings import load_catalog_settings
from recommender.service.settings import load_service_settings
from tests.deploy.kubernetes import FOLDER, objects, pods, variables

ROOT = Path(__file__).resolve().parents[2]
PODS = dict(pods())
SERVERS = [name for name, pod in PODS.items() if pod["spec"].get("restartPolicy") != "OnFailure"]
OVERLAYS = ("base", "milvus", "workers")


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [each for each in objects() if each["kind"] == kind]


def is_chosen(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    plain = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return plain and all(
        labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", ())
    )


def chosen(selector: Mapping[str, Any]) -> set[str]:
    return {name for name, pod in PODS.items() if is_chosen(selector, pod["metadata"]["labels"])}


@pytest.mark.parametrize("name", PODS)
def test_a_pod_can_do_nothing_that_it_need_not(name: str) -> None:
    spec = PODS[name]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}


@pytest.mark.parametrize("name", PODS)
def test_no_secret_is_a_variable(name: str) -> None:
    for container in PODS[name]["spec"]["containers"]:
        for each in container.get("env", ()):
            assert "valueFrom" not in each
            assert not re.search("PASSWORD|SECRET|TOKEN", each["name"].removesuffix("_PASSWORD_FILE"))
        assert not [each for each in container.get("envFrom", ()) if "secretRef" in each]
    assert not of_kind("Secret")


@pytest.mark.parametrize("name", PODS)
def test_what_is_mounted_is_there(name: str) -> None:
    spec = PODS[name]["spec"]
    (owner,) = (
        each for each in objects() if "template" in each.get("spec", {}) and each["metadata"]["name"] == name
    )
    claims = {each["metadata"]["name"] for each in owner["spec"].get("volumeClaimTemplates", ())}
    there = {each["name"] for each in spec.get("volumes", ())} | claims
    assert {mount["name"] for each in spec["containers"] for mount in each["volumeMounts"]} == there


@pytest.mark.parametrize("name", SERVERS)
def test_what_stays_is_probed_budgeted_and_fenced_in(name: str) -> None:
    (container,) = PODS[name]["spec"]["containers"]
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)
    for kind, selector in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
        assert [each for each in of_kind(kind) if name in chosen(each["spec"][selector])], kind


def test_whoever_is_chosen_is_there() -> None:
    selectors = [each["spec"]["selector"] for each in of_kind("PodDisruptionBudget")]
    selectors += [{"matchLabels": each["spec"]["selector"]} for each in of_kind("Service")]
    for policy in of_kind("NetworkPolicy"):
        spec = policy["spec"]
        rules = [*spec.get("ingress", ()), *spec.get("egress", ())]
        peers = [peer for rule in rules for side in ("from", "to") for peer in rule.get(side, ())]
        selectors += [spec["podSelector"], *(peer["podSelector"] for peer in peers if "podSelector" in peer)]
    assert all(chosen(selector) for selector in selectors)


def test_all_that_is_not_named_is_closed() -> None:
    (closed,) = (each["spec"] for each in of_kind("NetworkPolicy") if each["metadata"]["name"] == "nothing")
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_the_service_is_asked_where_it_answers() -> None:
    (container,) = PODS["related"]["spec"]["containers"]
    paths = {name: container[name]["httpGet"]["path"] for name in ("livenessProbe", "readinessProbe")}
    assert paths == {"livenessProbe": "/health", "readinessProbe": "/ready"}
    assert (
        f"EXPOSE {container['ports'][0]['containerPort']}"
        in (ROOT / "deploy/container/Containerfile").read_text()
    )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_variables_are_settings_and_lead_to_the_servers(overlay: str, tmp_path: Path) -> None:
    env = variables(FOLDER / "base") | variables(FOLDER / overlay)
    is_milvus = overlay == "milvus"
    address = "http://milvus:19530" if is_milvus else "postgresql://related:word@postgres:5432/related"
    for name, content in {"catalog-password": "word", "index-url": address}.items():
        (tmp_path / name).write_text(content)
    env = {name: value.replace("/run/secrets/related", str(tmp_path)) for name, value in env.items()}
    catalog, index = load_catalog_settings(tmp_path, env), load_index_settings(tmp_path, env)
    assert index.engine == ("milvus" if is_milvus else "pgvector")
    services = {each["metadata"]["name"] for each in of_kind("Service")}
    for url in (catalog.url, index.url):
        assert re.split(r"[/@:]+", url.rpartition("@")[2].removeprefix("http://"))[0] in services


def test_copies_come_by_a_metric_that_the_service_has() -> None:
    (scaler,) = of_kind("HorizontalPodAutoscaler")
    metrics = [each["pods"]["metric"]["name"] for each in scaler["spec"]["metrics"]]
    told = (ROOT / "docs/service.md").read_text("utf-8")
    assert all(f"| `{name}` |" in told for name in metrics)
    assert scaler["spec"]["scaleTargetRef"]["name"] in PODS


def test_the_database_has_connections_for_every_copy() -> None:
    (scaler,) = of_kind("HorizontalPodAutoscaler")
    (container,) = PODS["postgres"]["spec"]["containers"]
    (most,) = (
        int(found[1]) for each in container["args"] if (found := re.match(r"max_connections=(\d+)", each))
    )
    assert most >= 45 * (scaler["spec"]["maxReplicas"] + _named("related-worker")["spec"]["replicas"])


def test_where_there_are_workers_they_alone_work(tmp_path: Path) -> None:
    env = variables(FOLDER / "base") | variables(FOLDER / "workers")
    assert load_service_settings(tmp_path, env).works is False
    (container,) = PODS["related-worker"]["spec"]["containers"]
    own = {each["name"]: each["value"] for each in container["env"]}
    assert load_service_settings(tmp_path, env | own).works is True
    assert "related-worker" not in chosen({"matchLabels": {"app": "related"}})


@pytest.mark.parametrize("name", ["related", "related-worker"])
def test_no_copy_of_a_new_version_starts_while_old_ones_answer(name: str) -> None:
    assert _named(name)["spec"]["updateStrategy"] == {"type": "OnDelete"}


def _named(name: str) -> dict[str, Any]:
    [found] = [each for each in of_kind("StatefulSet") if each["metadata"]["name"] == name]
    return found


def test_what_is_scaled_by_load_names_no_number_of_copies() -> None:
    for scaler in of_kind("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        [scaled] = [each for each in of_kind(target["kind"]) if each["metadata"]["name"] == target["name"]]
        assert "replicas" not in scaled["spec"]
