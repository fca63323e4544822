"""Where sentences end, in every script. Knows no stories."""

from __future__ import annotations

import regex

# Full stops of scripts that put space after them, and the marks of Arabic, Indic, Ethiopic, Armenian, Khmer,
# Tibetan, Chinese and the other scripts (UAX 44, Sentence_Terminal), which need none.
_CLOSERS = r"[\"'\u201d\u2019)\]\p{Pf}\p{Pe}]*"
SENTENCE_GAP = regex.compile(
    rf"(?<=[.!?\p{{Sentence_Terminal}}]){_CLOSERS}\s+|(?<=[\p{{Sentence_Terminal}}--[.!?]]){_CLOSERS}|\n+",
    regex.V1,
)
"""What stands between two sentences: quotes and brackets that close, and white space."""
