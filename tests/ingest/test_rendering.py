"""Markdown as HTML."""

from recommender.ingest.rendering import render


def test_markdown_becomes_html_and_tags_in_it_stay():
    assert render("A *b*\n\n<p>c</p>").split() == ["<p>A", "<em>b</em></p>", "<p>c</p>"]
    assert "<table>" in render("| a |\n| - |\n| b |")
