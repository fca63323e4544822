"""Files as transports and editors break them, for the laws that every reader of sources keeps."""

from __future__ import annotations

import io

from hypothesis import strategies as st

from recommender.ingest.base import Found, Options, Refused, Source

Items = list[Found | Refused]


@st.composite
def mutated(draw: st.DrawFn, sample: bytes) -> bytes:
    """Return a sample with a few places overwritten, cut out, said twice or cut off."""
    raw = bytearray(sample)
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.integers(0, 40)))
        match draw(st.sampled_from(["write", "cut", "repeat", "end", "mark"])):
            case "write":
                raw[start:end] = draw(st.binary(max_size=8))
            case "cut":
                del raw[start:end]
            case "repeat":
                raw[end:end] = raw[start:end] * draw(st.integers(1, 3))
            case "end":
                del raw[max(start, 1) :]
            case _:
                raw[start:start] = draw(
                    st.sampled_from([b"<", b">", b"&", b"]]>", b'"', b"{", b"[", b"\x00", b"\xff"])
                )
    return bytes(raw)


def read(source: Source, raw: bytes, **options: object) -> Items:
    """Return what a source finds in bytes."""
    return list(source.read(io.BytesIO(raw), Options(**options)))  # type: ignore[arg-type]


def found(items: Items) -> list[Found]:
    """Return the stories; all must be."""
    assert [str(item.error) for item in items if isinstance(item, Refused)] == []
    return [item for item in items if isinstance(item, Found)]


def refusals(items: Items) -> list[str]:
    """Return what is said of what was refused."""
    return [str(item.error) for item in items if isinstance(item, Refused)]


def bears(source: Source, raw: bytes) -> None:
    """Check that a file, whatever it holds, gives stories or refusals, and never nothing."""
    items = read(source, raw, name="broken")
    assert items
    assert all(isinstance(item, Found | Refused) for item in items)
