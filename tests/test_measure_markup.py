"""Stories as pages show them: the text of the seeds comes out of HTML as it was, with its links."""

from __future__ import annotations

from measure_markup import SEEDS, copies, measured

from recommender.evaluation.case import make_case, read_links
from tests.fakes import HashEmbedder

STORIES = 400
MEASURED = 300  # of them: 63 questions, on which a difference of .01 is one link moved by a place or two
SAME = 0.9  # the rest holds shortcodes and invisible marks, which are no text


def test_a_text_out_of_html_is_the_text_that_went_in_and_its_links_are_found():
    plain, marked = copies(STORIES)
    same = sum(one.body == other.body for one, other in zip(plain, marked, strict=True))
    assert same >= SAME * len(plain)
    address = {story.id: story.url for story in plain}
    body = {story.id: story.body for story in plain}
    links = [
        link for link in read_links(SEEDS / "links.jsonl")[0] if link.anchor in body.get(link.source, "")
    ]
    asked = {
        (link.source, address[link.target]) for link in links if {link.source, link.target} <= set(address)
    }
    found = {(story.id, link.target) for story in marked for link in story.links if not link.curated}
    assert len(asked & found) >= SAME * len(asked)
    curated = sum(any(link.curated for link in story.links) for story in marked)
    assert curated >= SAME * len(marked)


def test_links_are_as_good_out_of_html_as_out_of_plain_text():
    links = read_links(SEEDS / "links.jsonl")[0]
    plain, marked = (measured(make_case(some, links), HashEmbedder()) for some in copies(MEASURED))
    assert plain["without history"] > 0.3
    assert {name for name, before in plain.items() if abs(marked[name] - before) > 0.01} == set()
