import numpy as np
import pytest

from recommender.embedding.agreement import LEAST_COSINE, Reference, agreement, texts_of_each_width
from recommender.errors import ModelError
from tests.fakes import HashEmbedder


@pytest.fixture(scope="module")
def reference(tokenizer, wikinews):
    texts, widths = texts_of_each_width(tokenizer, wikinews, 64)
    return Reference(texts, widths, HashEmbedder().encode(texts).astype("<f4").tobytes())


class Off:
    """Gives the vectors of the reference, but for some texts."""

    def __init__(self, reference, widths=(), *, by=0.0, company=0.0):
        self._at = dict(zip(reference.texts, reference.widths, strict=True))
        self._widths, self._by, self._company = widths, by, company

    def encode(self, texts):
        vectors = HashEmbedder().encode(texts)
        for vector, text in zip(vectors, texts, strict=True):
            if self._at[text] in self._widths:
                vector[:] = self._by * vector
        return vectors + (self._company if len(texts) > 1 else 0)


def test_texts_are_made_of_each_width(tokenizer, reference):
    lengths = [sum(tokenizer.encode(text).attention_mask) for text in reference.texts]
    assert [-(-length // 8) * 8 for length in lengths] == reference.widths
    assert set(reference.widths) == set(range(8, 65, 8))
    assert {length % 8 for length in lengths} >= {0, 7}, "full rows, and rows that are filled up"


def test_what_is_right_has_no_faults(reference):
    found = agreement(Off(reference), reference)
    assert found.faults == ""
    assert found.worst == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("by", [0.0, 0.93, np.nan])
def test_one_wrong_width_is_found_and_named(reference, by):
    found = agreement(Off(reference, [32], by=by), reference)
    assert [at for at, cosine in found.least.items() if cosine < LEAST_COSINE] == [32]
    assert "at 1 of 8 widths" in found.faults
    assert "at 32 tokens" in found.faults


def test_one_wrong_text_of_a_width_is_enough(reference):
    class Once(Off):
        def encode(self, texts):
            vectors = super().encode(texts)
            vectors[[text == reference.texts[9] for text in texts]] = 0
            return vectors

    assert f"at {reference.widths[9]} tokens" in agreement(Once(reference), reference).faults


def test_company_may_not_change_a_vector(reference):
    assert "alone and in company" in agreement(Off(reference, company=0.002), reference).faults


def test_a_sample_that_is_too_short_is_refused(tokenizer):
    with pytest.raises(ModelError, match=r"no text of .* tokens can be cut out"):
        texts_of_each_width(tokenizer, ["Ferry services resume"], 256)
