"""Spans tell of each request what the log tells, are children of the caller's, and hold no story."""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient

from recommender.errors import ExtraMissingError
from recommender.newsroom import Newsroom
from recommender.service import server
from recommender.service.app import create_app
from recommender.service.settings import ServiceSettings
from recommender.service.tracing import Tracing
from tests.fakes import HashEmbedder
from tests.service.running import Running, make_archive

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"  # w3.org/TR/trace-context
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def test_a_span_tells_route_and_status_and_no_story(tmp_path: Path) -> None:
    exporter = InMemorySpanExporter()
    tracing = Tracing(exporter)
    with Newsroom.create(tmp_path / "a", embedder=HashEmbedder()) as room:
        client = TestClient(tracing.around(create_app(room, ServiceSettings(open_reads=True))))
        own = {"traceparent": PARENT, "x-request-id": "desk-1"}
        client.get("/stories/zanzibar/related?zibeline=1", headers=own)
        client.get("/zither")
        client.get("/health")
    tracing.close()
    told = {span.name: span for span in exporter.get_finished_spans()}
    assert {*told} == {"GET /stories/{id}/related", "GET (unknown)", "GET /health"}
    block = told["GET /stories/{id}/related"]
    assert block.attributes is not None
    assert block.attributes["http.response.status_code"] in (404, 422)
    assert block.attributes["related.request_id"] == "desk-1"
    assert block.parent is not None
    assert f"{block.parent.trace_id:032x}" == TRACE
    words = " ".join(span.to_json() for span in told.values())
    assert not [word for word in ("zanzibar", "zibeline", "zither") if word in words]


def test_a_service_sends_them_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = threading.Event()
    names: list[str] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"])))
            for resource in body.resource_spans:
                for scope in resource.scope_spans:
                    names.extend(span.name for span in scope.spans)
            self.send_response(200)
            self.end_headers()
            came.set()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{collector.server_port}")
        with Running(make_archive(tmp_path / "archive")) as running:
            httpx.get(f"{running.url}/openapi.json")
            assert running.stop() == 0
        assert came.wait(30)
        collector.shutdown()
    assert "GET /openapi.json" in names


def test_without_an_address_nothing_is_traced_and_without_the_extra_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def app(*_: object) -> None:
        """Answer nothing."""

    monkeypatch.delenv(ENDPOINT, raising=False)
    assert server._traced(app) is app
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:4318")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert server._traced(app) is app
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    monkeypatch.setitem(sys.modules, "recommender.service.tracing", None)
    with pytest.raises(ExtraMissingError, match=r"pip install 'related-stories\[tracing\]', or unset OTEL_"):
        server._traced(app)
