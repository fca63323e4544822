"""A client of the service, for a CMS written in Python. Knows the wire, and nothing of the engine."""

from recommender.errors import ExtraMissingError

try:
    import httpx  # noqa: F401 (only looked for)
except ImportError as error:
    raise ExtraMissingError(
        "the client needs httpx; install: pip install 'related-stories[service]'"
    ) from error

from recommender.client.client import MOST_BYTES, MOST_LINES, Client
from recommender.client.retrying import ServiceError

__all__ = ["MOST_BYTES", "MOST_LINES", "Client", "ServiceError"]
