"""The documents' pages, and the blocks that stand in them. Runs nothing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "examples").glob("*/README.md")),
]
RUN = ("sh", "console", "python")  # languages of blocks that are run
PROMPT = "$ "


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the line of the page on which it begins."""

    language: str
    text: str
    line: int


def name_of(page: Path) -> str:
    """Return a page as a reader names it."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order, those in lists too."""
    tokens = MarkdownIt().parse(page.read_text("utf-8"))
    return [
        Block(token.info.strip(), token.content, (token.map or [0])[0] + 1)
        for token in tokens
        if token.type == "fence"
    ]


def statements(block: Block) -> Iterator[str]:
    """Yield what a reader types, one command after the other; what a console answers is left out."""
    lines = block.text.splitlines()
    if block.language == "console":
        lines = [line.removeprefix(PROMPT) for line in lines if line.startswith(PROMPT)]
    held = ""
    for line in lines:
        held += line
        if not _is_whole(held):
            held += "\n"
            continue
        if held.strip() and not re.match(r"\s*#", held):
            yield held
        held = ""
    if held:
        raise ValueError(f"the block at line {block.line} ends within: {held}")


def _is_whole(text: str) -> bool:
    """Return whether no quote is open and no line goes on."""
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return False
    return not text.endswith("\\")
