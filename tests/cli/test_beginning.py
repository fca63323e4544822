"""A command that asks imports no more than it needs."""

from __future__ import annotations

import os
import subprocess
import sys

NOT_ASKED = "faiss", "recommender.ingest.base", "recommender.story.markup.body", "recommender.catalog.blocks"


def test_a_question_imports_no_more_than_it_needs() -> None:
    look = "import sys, recommender.cli.questions; print(*set(sys.argv[1:]).intersection(sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", look, *NOT_ASKED],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ},
    )
    assert answer.stdout.split() == []
