"""A span for each request, by OpenTelemetry and its usual environment variables. Needs the extra `tracing`.

Spans hold what the log holds: the route with its names, never an id, an address or a text of a story.
"""

from __future__ import annotations

from typing import Self

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, StatusCode
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recommender.service.middleware import CALLER, REQUEST_ID, ROUTE

FAULT = 500


class Tracing:
    """Makes the spans of one service. Who it is, and what is sampled, the environment tells (``OTEL_*``).

    Parameters
    ----------
    exporter : SpanExporter
        Where spans go.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._provider = TracerProvider()
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("related-stories")

    @classmethod
    def from_environment(cls) -> Self:
        """Send them where ``OTEL_EXPORTER_OTLP_ENDPOINT`` says, as protobuf over HTTP."""
        return cls(OTLPSpanExporter())

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return an application that does the same within spans; those of a caller are their parents."""

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            with self._tracer.start_as_current_span(
                "request", extract(headers), SpanKind.SERVER, record_exception=False
            ) as span:

                async def send_on(message: Message) -> None:
                    if message["type"] == "http.response.start":
                        _answered(span, message["status"])
                    await send(message)

                try:
                    await app(scope, receive, send_on)
                finally:
                    _name(span, scope)

        return traced


def _answered(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= FAULT:
        span.set_status(StatusCode.ERROR)


def _name(span: Span, scope: Scope) -> None:
    method, route = scope["method"], scope.get(ROUTE, "")
    span.update_name(f"{method} {route}")
    span.set_attribute("http.request.method", method)
    span.set_attribute("http.route", route)
    span.set_attribute("related.request_id", scope.get(REQUEST_ID, b"").decode("latin-1"))
    span.set_attribute("related.key", scope.get(CALLER, ""))
