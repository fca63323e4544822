"""Where sentences end, in every script. Knows no stories."""

from __future__ import annotations

import regex

# Full stops of scripts that put space after them, and the marks of Arabic, Indic, Ethiopic, Armenian, Khmer,
# Tibetan, Chinese and the other scripts (UAX 44, Sentence_Terminal), which need none.
_MARK = r"[\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}]"  # it is a part of what stands before it
_CLOSERS = r"[\"'\u201d\u2019)\]\p{Pf}\p{Pe}]*"
SENTENCE_GAP = regex.compile(
    rf"(?<=[.!?\p{{Sentence_Terminal}}]){_CLOSERS}\s+(?!{_MARK})"
    rf"|(?<=[\p{{Sentence_Terminal}}--[.!?]]){_CLOSERS}(?!{_MARK})|\n+",
    regex.V1,
)
"""What stands between two sentences: quotes and brackets that close, and white space."""
