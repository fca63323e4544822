"""Archives of crawled pages (WARC, ISO 28500), by warcio: the answers in HTML, page by page.

Knows the format, not how it was crawled.
"""

from __future__ import annotations

import importlib.util
import logging
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from w3lib.encoding import http_content_type_encoding

from recommender.errors import ExtraMissingError
from recommender.ingest.alternates import alternates, links_in_header
from recommender.ingest.base import Found, Options, Refused
from recommender.ingest.htmlpage import LARGEST, read_page
from recommender.ingest.refusals import checked, refused

KIND = "warc"
_GZIP = b"\x1f\x8b"
_MARK = b"WARC/"
logging.getLogger("warcio").addHandler(logging.NullHandler())  # its warnings quote the file
_PAGES = frozenset({"response", "resource"})
_HTML = ("text/html", "application/xhtml+xml")
_TORN = (EOFError, OSError, ValueError, LookupError, TypeError, AttributeError, zlib.error)


class Warc:
    """A WARC file, packed or not."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by the first record's version, also of a packed file."""
        if head.startswith(_GZIP):
            try:
                head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, len(_MARK))
            except zlib.error:
                return False
        return head.startswith(_MARK)

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the stories of the pages, in the order in which they were fetched.

        Raises
        ------
        ExtraMissingError
            Where warcio is not installed.
        """
        if importlib.util.find_spec("warcio") is None:
            raise ExtraMissingError("a WARC file needs warcio; install: pip install 'related-stories[pages]'")
        yield from checked(_pages(file, options), options, "page in HTML")


def _pages(file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
    from warcio.archiveiterator import ArchiveIterator  # installed by choice
    from warcio.exceptions import ArchiveLoadFailed

    number, records = 0, ArchiveIterator(file)
    records.INC_RECORD = ""  # what it would write to standard error: bytes of the file, as they are
    try:
        for record in records:
            number += 1
            if no_page := _no_page(record):
                options.passed[no_page] += 1
                continue
            yield read_page(
                record.content_stream().read(LARGEST + 1),
                options,
                url=record.rec_headers.get_header("WARC-Target-URI") or "",
                number=number,
                declared=http_content_type_encoding(_content_type(record)) or "",
                revision=record.rec_headers.get_header("WARC-Date") or "",
                translations=alternates(links_in_header(_links(record))),
            )
    except (ArchiveLoadFailed, *_TORN) as error:
        problem = f"is torn after record {number} ({type(error).__name__})"
        yield refused(number + 1, "record", options.name, problem, "copy it again; what follows is lost")


def _no_page(record: Any) -> str:  # noqa: ANN401
    """Return what a record is, where it is no page that was there."""
    if record.rec_type not in _PAGES:
        return str(record.rec_type)
    status = record.http_headers.get_statuscode() if record.http_headers else "200"
    if status != "200":
        return f"answer {status}"
    type_ = _content_type(record)
    return "" if type_.startswith(_HTML) else type_ or "answer without a type"


def _links(record: Any) -> list[str]:  # noqa: ANN401
    headers = record.http_headers.headers if record.http_headers else ()
    return [value for name, value in headers if name.lower() == "link"]


def _content_type(record: Any) -> str:  # noqa: ANN401
    headers = record.http_headers or record.rec_headers
    return (headers.get_header("Content-Type") or "").lower()
