"""What makes a site of the documents: a reference of commands, no links out of docs/. Called by mkdocs."""

from __future__ import annotations

import re

import typer
from mkdocs.structure.pages import Page
from typer.cli import get_docs_for_click

from recommender.cli.app import app
from recommender.cli.commands import register

_OUTWARDS = re.compile(r"\[([^\]]+)\]\(\.\./[^)]*\)")


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Return a page's text as the site has it."""
    if page.file.src_uri == "cli.md":
        register()
        command = typer.main.get_command(app)
        told = get_docs_for_click(obj=command, ctx=typer.Context(command), name="related")
        markdown += "\n" + told.split("\n", 1)[1]
    return _OUTWARDS.sub(r"\1", markdown)
