"""Write recommender/data/background.npz: in what share of stories each word stands, by language.

English is counted in the seeds; each publisher counts equally, however many its stories are, and a word of a
single story is left out. Of other languages frequencies are known: those of wordfreq (pip install wordfreq;
its data is CC BY-SA 4.0, see recommender/data/LICENSE.md), and where it has none those that the vocabulary of
multilingual-e5-small (MIT) was made by, of languages that have a script of their own. Of words that both know
the median of one is .9 to 1.2 times that of the other, in Tamil, Bangla, Hebrew and Greek.

Usage: PYTHONPATH=. python scripts/make_background.py TOKENIZER   # the model's tokenizer.json
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import takewhile
from pathlib import Path

import numpy as np
import regex
import wordfreq

from recommender import Story
from recommender.analysis.background_idf import FILE
from recommender.analysis.languages import ENGLISH
from recommender.analysis.words import term_id, tokens
from recommender.analysis.writing_systems import UNSPACED, gram_size, unit_boundaries
from recommender.ingest.jsonl import read_stories
from recommender.story.languages import language_key

ROOT = Path(__file__).parent.parent
SAMPLE = ("digitalgov", "18f", "wikinews")
LEAST = 2  # stories

PER_STORY = 500
CROWDED = 800
"""A word that is one in n words, n large, stands in 500 of n stories; a common one comes in crowds. Fitted on
English, where both are known: within a tenth from one word in 100,000 to one in 2,000."""

LEAST_SHARE = 0.015  # of stories: below it a word of an archive's own stories is as good as not known
LEAST_BRIDGE = 1.5e-5  # of all pairs of neighbouring words: what is rarer is not worth its room
SCRIPTS = {
    "am": "Ethiopic", "gu": "Gujarati", "hy": "Armenian", "ka": "Georgian", "km": "Khmer", "kn": "Kannada",
    "lo": "Lao", "ml": "Malayalam", "my": "Myanmar", "or": "Oriya", "pa": "Gurmukhi", "si": "Sinhala",
    "te": "Telugu", "th": "Thai",
}  # fmt: skip
"""Languages that wordfreq lacks and that have a script of their own."""

JAPANESE = "ja"

Shares = dict[int, float]


def main() -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("tokenizer", type=Path, help="tokenizer.json of multilingual-e5-small")
    pieces = json.loads(parser.parse_args().tokenizer.read_text("utf-8"))["model"]["vocab"]
    shares = {ENGLISH: english()}
    for tag in sorted(wordfreq.available_languages("small")):
        if (language := language_key(tag)) != ENGLISH:
            shares[language] = shares_of(wordfreq.get_frequency_dict(tag, "small"), language)
    for language, script in SCRIPTS.items():
        shares[language] = shares_of(frequencies(pieces, script), language)
    arrays: dict[str, np.ndarray] = {}  # type: ignore[type-arg]
    for language, words in sorted(shares.items()):
        ids = np.array(sorted(words), np.uint32)
        arrays[f"{language}.ids"] = ids
        arrays[f"{language}.shares"] = np.array([words[int(id)] for id in ids], np.float16)
    path = ROOT / "recommender" / "data" / FILE
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
    print(f"{path}: {len(shares)} languages, {path.stat().st_size} bytes")


def english() -> Shares:
    """Return the shares of the words of the seeds, by id."""
    totals, shares = Counter[int](), Counter[int]()
    for name in SAMPLE:
        stories = [s for s in read_stories(ROOT / "seeds" / name / "articles.jsonl") if isinstance(s, Story)]
        counts = Counter(id for story in stories for id in words(story))
        totals.update(counts)
        shares.update({id: count / len(stories) / len(SAMPLE) for id, count in counts.items()})  # type: ignore[misc]
    return {id: shares[id] for id, total in totals.items() if total >= LEAST}


def words(story: Story) -> set[int]:
    """Return the ids of a story's words."""
    return {term_id(word) for word in tokens(f"{story.headline}\n{story.text}")}


def frequencies(pieces: list[tuple[str, float]], script: str) -> dict[str, float]:
    """Return how frequent the words of a script are: the pieces of a vocabulary, by their logarithms."""
    own = regex.compile(rf"(?=.*\p{{{script}}})[\p{{{script}}}\p{{Mn}}\p{{Mc}}]+")
    found = [(piece, math.exp(score)) for piece, score in pieces if own.fullmatch(piece.lstrip("\u2581"))]
    total, out = sum(share for _, share in found), Counter[str]()
    for piece, share in found:
        if piece.startswith("\u2581") or UNSPACED.search(piece):  # else it stands within words alone
            out[piece.lstrip("\u2581")] += share / total  # type: ignore[assignment]
    return dict(out)  # type: ignore[arg-type]


def shares_of(frequency: Mapping[str, float], language: str) -> Shares:
    """Return in what share of stories each term of a language stands, by id."""
    terms: dict[str, float] = {}
    for word, often in frequency.items():
        unspaced = UNSPACED.match(word)
        alone = unspaced and len(unit_boundaries(word)) <= gram_size(word)
        if alone and not (language == JAPANESE and regex.match(r"\p{Han}", word)):
            continue  # between two others it is no term; between endings it is
        for term in tokens(word, language):
            terms[term] = terms.get(term, 0) + often
    for term, often in bridges(frequency):
        terms[term] = terms.get(term, 0) + often
    shares: Shares = {}
    for term, often in terms.items():
        share = PER_STORY * often / (1 + CROWDED * often)
        if share >= LEAST_SHARE:
            shares[id] = max(share, shares.get(id := term_id(term, language), 0))
    return shares


def bridges(frequency: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Yield the terms that reach from one word without spaces into the next, as if any followed any."""
    heads, tails, sizes = (
        defaultdict[int, Counter[str]](Counter),
        defaultdict[int, Counter[str]](Counter),
        set(),
    )
    for word, often in frequency.items():
        if not (run := UNSPACED.fullmatch(word)) or regex.search(r"\p{Hangul}", word):
            continue
        places, size = unit_boundaries(word), gram_size(run.group())
        sizes.add(size)
        for part in range(1, min(size, len(places))):
            heads[part][word[: places[part]]] += often  # type: ignore[assignment]
            tails[part][word[places[-1 - part] :]] += often  # type: ignore[assignment]
    for size in sizes:
        for part in range(1, size):
            after = heads[size - part].most_common()
            for tail, often in tails[part].most_common():
                for head, also in takewhile(lambda one: often * one[1] >= LEAST_BRIDGE, after):  # noqa: B023
                    if not regex.search(r"[\p{Hiragana}\p{Katakana}]", tail + head):  # no term does
                        yield tail + head, often * also


if __name__ == "__main__":
    main()
