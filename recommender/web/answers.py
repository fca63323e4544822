"""What an address gave: its body unpacked and bounded, its status in words. Knows no connections."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO, cast

import httpx

from recommender.errors import shown
from recommender.web.errors import LATER, WebError

_IN_MEMORY = 1 << 20  # bytes of a body; more is in a file
_PIECE = 1 << 16
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address gave.

    Parameters
    ----------
    url : str
        Where it was found, after redirects.
    status : int
        Of a `get` 200 to 299, or 304: nothing new, and an empty body.
    headers : mapping
        Names in any case.
    body : BinaryIO
        Unpacked, to be read from its start; close it.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: BinaryIO = field(repr=False)

    @property
    def is_new(self) -> bool:
        """Whether there is anything that was not there when its tag or time was told."""
        return self.status != httpx.codes.NOT_MODIFIED


def checked(answer: Answer) -> Answer:
    """Return an answer that is one; raise for an error, in words."""
    if httpx.codes.is_success(answer.status) or answer.status == httpx.codes.NOT_MODIFIED:
        return answer
    answer.body.close()
    status, problem = answer.status, f"it answers {answer.status}"
    if status in (401, 403):
        way_out = "give name and password in RELATED_WEB_CREDENTIALS, or let the agent related-stories in"
        raise WebError(answer.url, problem, way_out, status=status)
    passing = status in _PASSING
    raise WebError(
        answer.url, problem, LATER if passing else "check the address",
        status=status, again=passing, after=retry_after(answer.headers.get("retry-after", "")),
    )  # fmt: skip


def retry_after(text: str) -> float:
    """Return the seconds that a site wants to be left alone (RFC 9110, 10.2.3); 0 where it says nothing."""
    if text.strip().isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((until - datetime.now(UTC)).total_seconds(), 0.0)


def read_body(url: str, answer: httpx.Response, largest: int) -> BinaryIO:
    """Return the body of an answer, unpacked and from its start."""
    file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 (the caller's)
    if not largest:
        return file
    size = 0
    try:
        for piece in _unpacked(url, answer.iter_raw(_PIECE), answer.headers.get("content-encoding", "")):
            size += len(piece)
            if size > largest:
                raise WebError(
                    url, f"it has more than {largest:,} bytes", "split it, or save it as a file and name that"
                )
            file.write(piece)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _unpacked(url: str, pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield a body as it was before it was packed, a bounded piece at a time, however much it unpacks to."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from pieces
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise WebError(url, f"its encoding {shown(encoding)} was not asked for", "let the site send gzip")
    decoder, is_empty = _decoder(), True
    try:
        for rest in pieces:
            is_empty, piece = False, b""
            while rest or len(piece) == _PIECE:
                if decoder.eof:  # files that were packed one by one
                    decoder = _decoder()
                piece = decoder.decompress(rest, _PIECE)
                rest = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
                yield piece
    except zlib.error as error:
        raise WebError(url, f"it is torn ({error})", LATER, again=True) from error
    if not (decoder.eof or is_empty):
        raise WebError(url, "it is torn: its end is missing", LATER, again=True)


def _decoder() -> zlib._Decompress:
    return zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, by its head
