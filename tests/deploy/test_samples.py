"""Alerts, board, containers and proxies name what there is: metrics, settings, pages of the runbook."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema_rs import validator_for

from recommender.archive.private_files import CATALOG_FILE
from recommender.newsroom import Newsroom
from recommender.service.server import BACKLOG
from recommender.service.service import Service
from recommender.service.settings import PREFIX, TABLE, ServiceSettings
from recommender.setting_sources import IN_FILE, given
from tests.fakes import HashEmbedder

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
ALERTS: list[dict[str, Any]] = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text("utf-8"))[
    "groups"
][0]["rules"]
BOARD: dict[str, Any] = json.loads((DEPLOY / "grafana/related.json").read_text("utf-8"))
EXPRESSIONS = [rule["expr"] for rule in ALERTS] + [
    target["expr"] for panel in BOARD["panels"] for target in panel["targets"]
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the names that a service's metrics have."""
    with Newsroom.create(tmp_path_factory.mktemp("deploy") / "a", embedder=HashEmbedder()) as room:
        service = Service(room, ServiceSettings())
        service.metrics.answered("/related", "GET", 200, 0.001)
        service.figures.refresh()
        families = list(service.metrics.registry.collect())
        service.close()
    names = {sample.name for family in families for sample in family.samples}
    return (
        names
        | {f"{each.name}_total" for each in families if each.type == "counter"}
        | {each.name for each in families}
    )


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_alerts_and_board_ask_for_metrics_that_there_are(expression: str, exported: set[str]) -> None:
    named = set(re.findall(r"\b(?:related|process)_\w+", expression))
    assert named <= exported, named - exported
    assert named or expression.startswith("up{")


def test_each_alert_has_its_page() -> None:
    runbook = (ROOT / "docs/runbook.md").read_text("utf-8")
    pages = re.findall(r"^## (\w+)$", runbook, re.M)
    assert pages == [rule["alert"] for rule in ALERTS]
    for rule in ALERTS:
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
        assert rule["annotations"]["summary"].endswith(".")


def test_the_board_has_the_form_that_grafana_reads() -> None:
    """By the fields that its documents name ("JSON model"); one that is misspelt would be passed over."""
    board = json.loads((Path(__file__).with_name("grafana_board.schema.json")).read_text("utf-8"))
    errors = [f"{each.instance_path}: {each.message}" for each in validator_for(board).iter_errors(BOARD)]
    assert not errors
    for panel in BOARD["panels"]:
        refs = [target["refId"] for target in panel["targets"]]
        assert len({*refs}) == len(refs), panel["title"]
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24, panel["title"]


def test_the_panels_of_the_board_lie_beside_each_other() -> None:
    ids = [panel["id"] for panel in BOARD["panels"]]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in BOARD["panels"]}
    assert len({*ids}) == len(places) == len(ids)


def test_the_environment_of_the_containers_is_of_settings(tmp_path: Path) -> None:
    services = yaml.safe_load((DEPLOY / "container/compose.yaml").read_text("utf-8"))["services"]
    env = services["related"]["environment"]
    secret = tmp_path / "secret"
    secret.write_text("whsec_x")
    told = {key: str(secret) if key.endswith(IN_FILE) else value for key, value in env.items()}
    assert len(given(ServiceSettings, None, told, PREFIX, TABLE)) == len(env)
    grace = int(services["related"]["stop_grace_period"].removesuffix("s"))
    assert grace > ServiceSettings().stop_seconds


def test_proxies_take_as_long_a_body_as_the_service() -> None:
    most = ServiceSettings().max_request // 2**20
    assert f"client_max_body_size {most}m;" in (DEPLOY / "nginx/related.conf").read_text("utf-8")
    assert f"max_size {most}MiB" in (DEPLOY / "caddy/Caddyfile").read_text("utf-8")


def test_litestream_copies_the_catalog_of_the_unit() -> None:
    unit = (DEPLOY / "systemd/related.service").read_text("utf-8")
    archive = re.search(r"^Environment=RELATED_ARCHIVE=(.+)$", unit, re.M)
    assert archive
    sample = yaml.safe_load((DEPLOY / "litestream/litestream.yml").read_text("utf-8"))
    assert [each["path"] for each in sample["dbs"]] == [f"{archive[1]}/{CATALOG_FILE}"]
    assert f" {archive[1]}/{CATALOG_FILE}\n" in (ROOT / "docs/deploy.md").read_text("utf-8")
    assert set(sample) <= {"snapshot", "dbs"}


def test_the_socket_is_where_the_service_would_listen() -> None:
    unit = (DEPLOY / "systemd/related.service").read_text("utf-8")
    where = re.search(r"serve --host (\S+) --port (\d+)$", unit, re.M)
    assert where
    held = (DEPLOY / "systemd/related.socket").read_text("utf-8")
    assert f"\nListenStream={where[1]}:{where[2]}\n" in held
    assert f"\nBacklog={BACKLOG}\n" in held
