"""Related stories in a text: cut out whatever the language, and kept as links where an editor set them."""

import pytest

from recommender.story.markup import read_body
from recommender.story.markup.labels import LABELS, phrases
from recommender.story.markup.related import Label, label_of

PAGE = "https://paper.example/1"


def read(block):
    return read_body(f"<p>The river rose.</p>{block}<p>People left.</p>", base=PAGE)


def links(count):
    return [f'<a href="/{n}">The story number {n}</a>' for n in range(count)]


@pytest.mark.parametrize("language", sorted(LABELS))
@pytest.mark.parametrize("kind", ["read", "related"])
def test_a_label_with_up_to_three_links_is_what_editors_chose(language, kind):
    for phrase in getattr(LABELS[language], kind).split("|"):
        for form in (
            "<p><strong>{0}:</strong></p><p>{1}</p>",
            "<h3>{0}</h3><ul><li>{1}</li></ul>",
            "<p>{0}: {1}</p>",
            "<p>➤ {0} | {1}</p>",
            "<p>\u25b6\ufe0f {0}: {1}</p>",
            "<p>[{0}: {1}]</p>",
        ):
            body = read(form.format(phrase, links(1)[0]))
            assert body.text == "The river rose.\n\nPeople left.", phrase
            assert [(link.address, link.words) for link in body.curated] == [
                ("https://paper.example/0", "The story number 0")
            ]
            assert not body.links


@pytest.mark.parametrize("count", [1, 2, 3])
def test_all_links_under_a_label_are_kept(count):
    entries = "".join(f"<li>{link}</li>" for link in links(count))
    assert len(read(f"<h4>Related stories</h4><ul>{entries}</ul>").curated) == count
    assert len(read(f"<p>Read more: {', '.join(links(count))}</p>").curated) == count
    assert len(read(f"<p>Read more<br>{'<br>'.join(links(count))}</p>").curated) == count


def test_a_label_in_the_link_is_no_part_of_the_headline():
    (link,) = read('<p><a href="/x">READ MORE: Rain falls again</a></p>').curated
    assert (link.address, link.words) == ("https://paper.example/x", "Rain falls again")


@pytest.mark.parametrize("language", sorted(LABELS))
def test_lists_that_nobody_set_for_this_story_teach_nothing(language):
    for phrase in LABELS[language].generic.split("|"):
        body = read(f"<h3>{phrase}</h3><ul><li>{links(1)[0]}</li></ul>")
        assert body.text == "The river rose.\n\nPeople left.", phrase
        assert (body.curated, body.links) == ((), ())


@pytest.mark.parametrize("count", [4, 8, 14])
@pytest.mark.parametrize("label", ["Related", "Read more"])
def test_a_longer_list_is_kept_apart(count, label):
    body = read(f"<h3>{label}</h3><ul>{''.join(f'<li>{link}</li>' for link in links(count))}</ul>")
    assert body.text == "The river rose.\n\nPeople left."
    assert (body.curated, body.links, len(body.listed)) == ((), (), count)


@pytest.mark.parametrize(("label", "count"), [("Related", 15), ("You may like", 5), ("Most read", 4)])
def test_a_list_without_end_or_that_nobody_set_teaches_nothing(label, count):
    body = read(f"<h3>{label}</h3><ul>{''.join(f'<li>{link}</li>' for link in links(count))}</ul>")
    assert body.text == "The river rose.\n\nPeople left."
    assert (body.curated, body.links, body.listed) == ((), (), ())


def test_a_line_that_names_a_headline_without_a_link_is_cut_out():
    body = read("<p><b>READ MORE: Rain falls again in the north</b></p>")
    assert body.text == "The river rose.\n\nPeople left."
    assert not body.curated


@pytest.mark.parametrize(
    "sentence",
    [
        "Related to this, the minister said that people would return.",
        "Related: the minister said that people would return, and that the river had fallen.",
        "Read more books, the teacher said.",
        "See also-rans of the election.",
        "Latest figures show a rise.",
        "À lire ce rapport, rien ne change.",
        "По теме выступил министр.",
    ],
)
def test_a_sentence_that_begins_like_a_label_stays(sentence):
    assert read(f"<p>{sentence}</p>").text == f"The river rose.\n\n{sentence}\n\nPeople left."


def test_a_paragraph_after_the_list_stays_with_its_links():
    body = read(f'<h3>Related</h3><ul><li>{links(1)[0]}</li></ul><p><a href="/more">All of it</a></p>')
    assert "All of it" in body.text
    assert [link.address for link in body.links] == ["https://paper.example/more"]


def test_a_label_above_text_is_a_heading():
    assert "Related\n\nThe minister spoke." in read("<h3>Related</h3><p>The minister spoke.</p>").text


def test_phrases_are_of_one_kind_in_some_twenty_languages():
    assert len(LABELS) >= 20
    assert all(label_of(phrase) for kind in Label for phrase in phrases(kind.name.lower()))
    seen = [phrase for kind in Label for phrase in phrases(kind.name.lower())]
    assert len(seen) == len(set(seen))
