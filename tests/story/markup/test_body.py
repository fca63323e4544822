"""What a body says: plain text as it was, HTML as paragraphs, and what is no text left out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.story.markup import Anchor, ContentType, read_body
from recommender.story.text_safety import forbidden_character, is_web_url, unbalanced_bidi

PAGE = "https://paper.example/2024/05/flood"


def text(html):
    return read_body(html, ContentType.HTML, PAGE).text


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<p>One<p>Two", "One\n\nTwo"),
        ("<h2>Rain</h2><p>It  fell\n all\tday.</p>", "Rain\n\nIt fell all day."),
        ("<ul><li>one</li><li><b>two</b></li></ul>after", "one\ntwo\n\nafter"),
        ("<ol><li><p>one</p></li><li><p>two</p></li></ol>", "one\ntwo"),
        ("<table><tr><th>Town</th><th>mm</th></tr><tr><td>Sylhet</td><td>180</td></tr></table>",
         "Town | mm\nSylhet | 180"),
        ("<blockquote><p>We left.</p></blockquote>he said", "We left.\n\nhe said"),
        ("one<br>two<br><br>three<br/>", "one\ntwo\n\nthree"),
        ("Fish &amp; chips &amp;amp; &lt;b&gt;peas&lt;/b&gt;", "Fish & chips &amp; <b>peas</b>"),
        ("one&nbsp;two&#8203;three", "one twothree"),
        ("First\n\nsecond <a href='/x'>par\n\nagraph</a>\nof it\n \n third", "First\n\nsecond par agraph of it\n\nthird"),  # noqa: E501
        ("<p>pretty\n\nprinted</p>", "pretty printed"),
        ("<pre>def f():\n\n    return 1</pre>", "def f():\n\n    return 1"),
        ("<div><div>a<span>b</span></div>c</div>", "ab\n\nc"),
        ("<html><head><title>T</title></head><body><p>x</p></body></html>", "x"),
        ("</div></p>stray<p>tags</div> end", "stray\n\ntags end"),
        ("中文<b>新闻</b>。", "中文新闻。"),
    ],
)  # fmt: skip
def test_paragraphs_headings_lists_tables_and_quotes_are_text(html, said):
    assert text(html) == said


@pytest.mark.parametrize(
    ("html", "what"),
    [
        ("<script>var a = '<p>x</p>';</script>", None),
        ('<script type="application/ld+json">{"@type": "NewsArticle"}</script>', None),
        ("<style>p {}</style>", None),
        ("<noscript>on</noscript>", None),
        ("<!-- wp:paragraph -->", None),
        ('<figure class="wp-block-image"><img src="x.jpg"><figcaption>A boat</figcaption></figure>', "pictures"),  # noqa: E501
        ('<div class="wp-caption"><img src="x.jpg"><p class="wp-caption-text">A boat</p></div>', "picture captions"),  # noqa: E501
        ('[caption id="attachment_7" width="300"]<img src="x.jpg" /> A boat[/caption]', "shortcodes"),
        ('[gallery ids="1,2,3"]', "shortcodes"),
        ("{{< figure src=x.jpg >}}", "shortcodes"),
        ("{% include ad.html %}", "shortcodes"),
        ('<iframe src="https://video.example/1"></iframe>', "embeds"),
        ('<blockquote class="twitter-tweet"><p>I said</p>someone</blockquote>', "embeds"),
        ('<div class="sharedaddy sd-sharing"><h3>Share this</h3><a href="/f">F</a></div>', "share bars"),
        ('<div class="addtoany_share_save_container">Share</div>', "share bars"),
        ('<div class="newsletter-signup"><p>Sign up!</p><form><input></form></div>', "sign-up boxes"),
        ('<form id="mc_embed_signup">Your address</form>', "sign-up boxes"),
        ('<div class="jp-relatedposts"><a href="/r">Other</a></div>', "lists of a plug-in"),
        ('<div class="yarpp-related"><a href="/r">Other</a></div>', "lists of a plug-in"),
        ('<div class="taboola-placeholder">Around the web</div>', "lists of a plug-in"),
        ('<p style="color:red; display:none">hidden</p>', None),
        ("<p hidden>hidden</p>", None),
    ],
)  # fmt: skip
def test_what_is_no_text_is_left_out_and_noted(html, what):
    body = read_body(f"<p>Before.</p>{html}<p>After.</p>", base=PAGE)
    assert body.text == "Before.\n\nAfter."
    assert not body.links
    noted = [note for note in body.notes if note.startswith("left out")]
    assert f"left out: {what}" in noted if what else not noted


@pytest.mark.parametrize(
    "said",
    [
        "the [sic] word", "see [1] and [Editor's note: x]", "[[gallery]] is shown", "a {b} c",
        "the need for [more] speed", "posts like [Infographic] or [Video]", "Q & A. [video] A film",
        "one and[/or] two", "Rain falls [Video]", "he wrote [on Twitter]", "in a [video of the flood]",
        "the [newsletter] said", "[Gallery]",
    ],
)  # fmt: skip
def test_words_in_brackets_are_no_shortcodes(said):
    assert text(f"<p>{said}</p>") == said.replace("[[gallery]]", "[gallery]")


@pytest.mark.parametrize(
    "code",
    [
        "[gallery]", "[video]", "[more]", "[toc]", "[youtube https://video.example/1]",
        "[youtube=//v.example/1]", "[video src=a.mp4]", "[gallery 12]", "[/video]", "[addtoany]", "[box]",
        "[gallery] [toc]",
    ],
)  # fmt: skip
def test_a_shortcode_on_a_line_of_its_own_goes(code):
    assert (
        text(f"<p>Rain.</p>\n{code}\n<p>Wind.</p>{'[/box]' if code == '[box]' else ''}") == "Rain.\n\nWind."
    )


def test_a_shortcode_whose_name_is_no_word_goes_wherever_it_stands():
    assert text("<p>Rain fell.[addtoany] Wind came. [contact-form-7]</p>") == "Rain fell. Wind came."


def test_shortcodes_around_text_go_and_the_text_stays():
    assert text("[vc_row][vc_column width='1/2']<p>Text.</p>[/vc_column][/vc_row]") == "Text."


def test_an_element_with_a_telling_name_that_frames_the_story_is_no_box():
    prose = "".join(f"<p>{'The water rose in the night and people left. ' * 4}</p>" for _ in range(6))
    assert text(f'<div class="share">{prose}</div>').count("The water rose") == 24


def test_links_are_whole_and_stand_once():
    html = (
        '<p><a href="/2023/rain">rain</a> <a href="../04/wind#top">wind</a> <a href="//b.example/x y">x</a> '
        '<a href="https://paper.example/2023/rain">again</a> <a href="#note">note</a> <a href="mailto:a@b.c">m</a> '  # noqa: E501
        '<a href="javascript:alert(1)">j</a> <a href="/photo.JPG"><img src="s.jpg"></a> <a href="http://[torn">t</a> '  # noqa: E501
        "<a href='https://u:p@evil.example/'>u</a> <a>none</a></p>"
    )
    assert read_body(html, base=PAGE).links == (
        Anchor("https://paper.example/2023/rain", "rain"),
        Anchor("https://paper.example/2024/04/wind", "wind"),
        Anchor("https://b.example/x%20y", "x"),
    )


def test_relative_links_of_a_story_without_an_address_are_noted():
    body = read_body('<p><a href="/x">x</a></p>')
    assert not body.links
    assert "left out: relative links of a story without an address" in body.notes


def test_a_link_around_a_card_is_one_link():
    (link,) = read_body('<p>See</p><a href="/c"><h4>Card</h4><p>Its deck</p></a>', base=PAGE).links
    assert link == Anchor("https://paper.example/c", "Card")


def test_plain_text_stays_to_the_last_white_space():
    plain = "  One < two\r\n\tand <3 \n\n\nthree  "
    assert read_body(plain) == read_body(plain, ContentType.TEXT)
    assert read_body(plain).text == plain
    assert read_body("<p>x</p>", ContentType.TEXT).text == "<p>x</p>"


def test_what_it_was_taken_for_is_noted():
    assert read_body("<p>x</p>").notes == ("body taken for HTML",)
    assert read_body("a &amp; b").notes == ("body taken for text with character references",)
    assert read_body("&lt;p&gt;a &amp;amp; b&lt;/p&gt;").text == "a & b"
    assert read_body("a < b").notes == ()


_PIECES = (
    "<p> </p> <div> </div> <b> </b> <a\thref='/x'> <a\thref=\" </a> <br> <li> <table> <td> <pre> </pre> <script> "  # noqa: E501
    "</script> <!-- --> <![CDATA[ ]]> &amp; &#x202e; &#0; &lt; < > <svg/onload=x> [caption] [/caption] [x\ty=1] "  # noqa: E501
    "{{< >}} <div\tclass=share> READ\xa0MORE: Related <h3> \n\n <p\thidden> <ul> <title> <xmp> <?php <template>"  # noqa: E501
)
PIECES = st.sampled_from(_PIECES.split(" "))


@given(st.lists(PIECES | st.text(max_size=8), max_size=40), st.sampled_from(ContentType))
@settings(max_examples=200)
def test_any_text_gives_a_safe_body(pieces, content_type):
    body = read_body("".join(pieces), content_type, PAGE)
    if content_type is not ContentType.TEXT and body.notes:
        assert forbidden_character(body.text) is None
        assert unbalanced_bidi(body.text, lone_closers=False) is None
    assert all(is_web_url(link.address) for link in (*body.links, *body.curated))
    again = read_body(body.text, ContentType.TEXT)
    assert again.text == body.text


_SAID = ("<br>", " ", "\n", "\n\n", "Rain.", "a  b", "\xa0", "\u200b", " | ", "&amp;", "Read more: x")
_AROUND = "<div> </div> <b> </b> <a\thref='/x'> </a> <ul> <li> </ul> <blockquote> <pre> </pre> <td>"
_PAGE = st.sampled_from([*_SAID, *(f"<p>{text}</p>" for text in _SAID), "<p>", "</p>", *_AROUND.split(" ")])


@given(st.lists(_PAGE, max_size=30))
@settings(max_examples=200)
def test_a_paragraph_that_says_how_it_looks_is_read_as_one_that_does_not(pieces):
    html = "".join(pieces)
    said = html.replace("<p>", '<p align="left">')
    assert read_body(said, ContentType.HTML, PAGE) == read_body(html, ContentType.HTML, PAGE)


REPEATED = (
    "<div> <b> <p><b><i> <table><tr><td> <ul><li> &amp < <!-- [a] [caption] {{< <div\tclass=share> &lt;p&gt; <pre> ]]> "  # noqa: E501
    "<a\thref=/x>y<br><br> <p>Read\xa0more:\xa0<a\thref=/x>y\xa0z</a></p> [x\ty= <a\t"
)


@pytest.mark.parametrize("piece", REPEATED.split(" "))
def test_a_long_repetition_of_anything_is_read(piece):
    """What took more than linear time would not end."""
    read_body("x" + piece * (400_000 // len(piece)), ContentType.HTML, PAGE)


def test_text_below_any_depth_is_kept():
    deep = 3_000
    body = read_body("<div>" * deep + "deep" + "</div>" * deep + "<p>after</p>", ContentType.HTML)
    assert body.text == "deep\n\nafter"
