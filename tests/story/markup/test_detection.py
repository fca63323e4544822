"""What is told to be HTML, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.story.markup.detection import Form, form_of


@pytest.mark.parametrize(
    "text",
    [
        "a < b and b > c",
        "I <3 this town",
        "if a<b and c>d then",
        "x <placeholder> y",
        "Fish & chips, R&D; AT&T",
        "The <h1> and <h2> tags are a clear signal.",
        'Write "<br>" where a line shall end.',
        "It takes a Pin<P> and a Vec<T>.",
        "one\n\ntwo\n  three \t four\n\n\n",
        "",
    ],
)
def test_plain_text(text):
    assert form_of(text) is Form.PLAIN


@pytest.mark.parametrize(
    "text",
    [
        "<p>Floods",
        "\n <!-- wp:paragraph -->\n<P CLASS=x>Floods",
        "Floods in <strong>Sylhet</strong>.\n\nThe water rose.",
        'The <a href="/x">minister</a> said',
        "one<br>two",
        "one <br/>two <br />three",
        "First.<p>Second.<p>Third.",
        'A boat <img src="boat.jpg"> on the river',
        "<!DOCTYPE html><html><body>Floods",
    ],
)
def test_html(text):
    assert form_of(text) is Form.HTML


@pytest.mark.parametrize(
    "text", ["Fish &amp; chips", "It&#8217;s &quot;on&quot;", "a &lt; b", "git add &lt;file&gt;"]
)
def test_text_with_references(text):
    assert form_of(text) is Form.REFERENCES


def test_html_that_was_escaped_as_a_whole():
    assert form_of("&lt;p&gt;Fish &amp;amp; chips&lt;/p&gt;") is Form.ESCAPED


@given(st.text(alphabet=st.characters(exclude_characters="<&"), max_size=300))
def test_what_holds_neither_tag_nor_reference_is_plain(text):
    assert form_of(text) is Form.PLAIN
