import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.embedding.chunks import CHUNK_TOKENS, STORY_TOKENS, TokenChunker, cutting, story_units

SOME = ["Dhaka", "talks", "unbelievably", "antidisestablishmentarianism", "2,024", "café", "日本", "—"]
WORDS = st.lists(st.sampled_from(SOME), max_size=200)
LINES = st.one_of(st.text(max_size=400), WORDS.map(" ".join), WORDS.map("\n\n".join))

# This tokenizer takes a word of over 100 characters for one unknown token, so no word fills a chunk.
CHUNK, STORY = 110, 300


def ids(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False).ids


@pytest.fixture(scope="module")
def whole(tokenizer):
    """The tokenizer without its truncation: the oracle of what a text's tokens are."""
    copy = type(tokenizer).from_str(tokenizer.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy


@pytest.fixture(scope="module")
def chunker(whole):
    return TokenChunker(whole, CHUNK, STORY)


@given(text=LINES)
def test_no_chunk_is_longer_than_the_model_reads(whole, chunker, text):
    assert all(len(ids(whole, chunk)) <= CHUNK for chunk in chunker.chunks(text))


@given(text=LINES)
def test_chunks_hold_the_first_tokens_in_order(whole, chunker, text):
    chunks = chunker.chunks(text)
    found = [token for chunk in chunks for token in ids(whole, chunk)]
    first = ids(whole, text)[:STORY]
    longest_word = max((len(ids(whole, word)) for word in text.split()), default=0)
    assert found == first[: len(found)]
    assert len(first) - len(found) < max(1, longest_word), (
        "nothing is left out but a word that the end would cut"
    )


@given(text=LINES)
def test_chunks_are_pieces_of_the_text_in_order(chunker, text):
    place = 0
    for chunk in chunker.chunks(text):
        place = text.index(chunk, place) + len(chunk)


def test_a_long_story_is_cut_at_the_stated_limits(whole, wikinews):
    body = " ".join(wikinews)
    lengths = [len(ids(whole, chunk)) for chunk in TokenChunker(whole).chunks(body)]
    assert max(lengths) <= CHUNK_TOKENS
    assert STORY_TOKENS - 20 <= sum(lengths) <= STORY_TOKENS


def test_a_model_that_reads_less_gets_shorter_chunks(whole, wikinews):
    short = type(whole).from_str(whole.to_str())
    short.enable_truncation(128)
    chunks = TokenChunker(short).chunks(" ".join(wikinews))
    assert max(len(short.encode(chunk).ids) for chunk in chunks) < 128, "nothing is truncated"
    longer = TokenChunker(whole).chunks(" ".join(wikinews))
    assert "".join(chunks).replace(" ", "")[:2000] == "".join(longer).replace(" ", "")[:2000]


def test_only_the_start_of_five_megabytes_is_tokenized(whole, wikinews):
    start = " ".join(wikinews)
    huge = start + "x" * (5 << 20)
    assert TokenChunker(whole).chunks(huge) == TokenChunker(whole).chunks(start)


@pytest.mark.parametrize("noise", ["w", "-" * 150 + " ", "กขค"])
def test_no_more_of_a_text_without_prose_is_tokenized(whole, noise):
    some = noise * (100_000 // len(noise))
    assert TokenChunker(whole).chunks(some * 20) == TokenChunker(whole).chunks(some)


def test_white_space_before_the_text_does_not_use_up_what_is_read(whole):
    assert TokenChunker(whole).chunks(" " * 100_000 + "Talks resume") == ["Talks resume"]


def test_a_text_without_words_has_no_chunk(whole):
    assert TokenChunker(whole).chunks(" \n\t ") == []


def test_the_headline_stands_apart_and_alone_where_there_is_no_text(whole):
    chunker = TokenChunker(whole, chunk_tokens=3)
    assert story_units("Talks resume", "In Geneva on Monday.", chunker) == [
        "Talks resume",
        "In Geneva on",
        "Monday.",
    ]
    assert story_units("Talks resume", "", chunker) == ["Talks resume"]


def test_what_a_model_is_told_before_a_chunk_has_room_in_what_it_reads(tokenizer):
    reads = 60
    short = type(tokenizer).from_str(tokenizer.to_str())
    short.enable_truncation(reads)
    prompt = "this is a passage of a story of a newsroom: "
    chunks = TokenChunker(short, prompt=prompt).chunks(" ".join(SOME * 40))
    whole = type(tokenizer).from_str(tokenizer.to_str())
    whole.no_truncation()
    whole.no_padding()
    assert len(chunks) > 1
    assert all(len(whole.encode(prompt + chunk).ids) <= reads for chunk in chunks)


def test_another_way_to_cut_has_another_format(tokenizer):
    """Whoever sees this fail raises `FORMAT`: vectors of texts that were cut as before are kept in files."""
    texts = ["", "\n Dhaka", " ".join(SOME * 90), "\n\n".join(["unbelievably " * 30] * 60), "x" * 40_000]
    units = [unit for text in texts for unit in story_units("A headline", text, TokenChunker(tokenizer))]
    digest = hashlib.sha256("\0".join(units).encode()).hexdigest()[:16]
    assert (cutting(), digest) == ("1/250/1024", "467077711f310c53")
