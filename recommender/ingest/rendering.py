"""Markdown as HTML, rendered by markdown-it. Knows no front matter and no generator."""

from __future__ import annotations

from markdown_it import MarkdownIt

_renderer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def render(markdown: str) -> str:
    """Return a text as HTML; tags in it stay."""
    return str(_renderer.render(markdown))
