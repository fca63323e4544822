# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Words, names and figures of a text in one walk each: what patterns find of texts without marks, in C.

A text with a character that is more than a letter, a figure, a sign or a space is left to the patterns.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memset

import numpy as np

include "crc.pxi"
include "sources.pxi"

cdef extern from "Python.h":
    uint32_t *PyUnicode_AsUCS4(object text, uint32_t *buffer, Py_ssize_t size, int with_end) except NULL

cdef enum:
    WORD = 1  # of what `Characters` is told
    DIGIT = 2
    SPACE = 4
    JOINS = 8
    FOLDED_WORD = 16
    FOLDED_DIGIT = 32
    UNFIT = 64
    CAPITAL = 128
    ENDS = 256
    OPENS = 512
    ODD = 1024
    KNOWN = 2048  # never told
    CODES = 0x110000
    CODE_BITS = 21
    MOST_BYTES = 12  # of what a character is folded to
    MOST_WORDS_BEHIND = 7
    MOST_MARK = 40
    LEAST_NAME = 3


cdef inline Py_ssize_t _utf8(uint32_t code, uint8_t *out) noexcept nogil:
    """Write a character, half a letter too, and return how many bytes it takes."""
    if code < 0x80:
        out[0] = <uint8_t> code
        return 1
    if code < 0x800:
        out[0], out[1] = <uint8_t> (0xC0 | code >> 6), <uint8_t> (0x80 | code & 0x3F)
        return 2
    if code < 0x10000:
        out[0] = <uint8_t> (0xE0 | code >> 12)
        out[1], out[2] = <uint8_t> (0x80 | code >> 6 & 0x3F), <uint8_t> (0x80 | code & 0x3F)
        return 3
    out[0], out[1] = <uint8_t> (0xF0 | code >> 18), <uint8_t> (0x80 | code >> 12 & 0x3F)
    out[2], out[3] = <uint8_t> (0x80 | code >> 6 & 0x3F), <uint8_t> (0x80 | code & 0x3F)
    return 4


cdef class Characters:
    """What is known of each character: it is asked for when it is first met."""

    cdef uint16_t *kinds
    cdef uint64_t *folds  # up to three characters each
    cdef object told

    def __cinit__(self, told):
        self.told = told
        self.kinds = <uint16_t *> calloc(CODES, sizeof(uint16_t))  # pages that are never touched take no memory
        self.folds = <uint64_t *> calloc(CODES, sizeof(uint64_t))
        if not self.kinds or not self.folds:
            raise MemoryError

    def __dealloc__(self):
        free(self.kinds)
        free(self.folds)

    cdef int learn(self, uint32_t code) except -1:
        cdef uint64_t fold = 0
        cdef int place
        kind, folded = self.told(chr(code))
        for place, letter in enumerate(folded[:3]):
            fold |= (<uint64_t> ord(letter)) << (CODE_BITS * place)
        self.folds[code] = fold
        self.kinds[code] = kind | KNOWN
        return 0


cdef class Text:
    """The characters of a text, and what is known of each."""

    cdef str text
    cdef Characters characters
    cdef uint32_t *codes
    cdef Py_ssize_t size
    cdef uint16_t kinds  # of all of them

    def __cinit__(self, str text, Characters characters):
        cdef Py_ssize_t i, size = len(text)
        cdef uint32_t *codes = <uint32_t *> malloc((size + 1) * sizeof(uint32_t))
        cdef uint16_t *known = characters.kinds
        cdef uint16_t kind, kinds = 0
        if not codes:
            raise MemoryError
        self.text, self.characters, self.codes, self.size = text, characters, codes, size
        PyUnicode_AsUCS4(text, codes, size + 1, 1)
        for i in range(size):
            kind = known[codes[i]]
            if not kind:
                characters.learn(codes[i])
                kind = known[codes[i]]
            kinds |= kind
        self.kinds = kinds

    def __dealloc__(self):
        free(self.codes)


cdef class Words:
    """A set of words, asked for by their bytes."""

    cdef uint32_t *hashes
    cdef Py_ssize_t *places
    cdef Py_ssize_t size, longest
    cdef uint8_t[256] begun  # by the first byte of a word: whether any begins so
    cdef list words

    def __cinit__(self, words):
        cdef Py_ssize_t place
        cdef uint32_t hash
        cdef bytes word
        self.words = [each.encode("utf-8", "surrogatepass") for each in words]
        self.longest = max(map(len, self.words), default=0)
        memset(self.begun, 0, 256)
        for word in self.words:
            self.begun[word[0] if word else 0] = 1
        self.size = 16
        while self.size < 4 * len(self.words):
            self.size *= 2
        self.hashes = <uint32_t *> malloc(self.size * sizeof(uint32_t))
        self.places = <Py_ssize_t *> calloc(self.size, sizeof(Py_ssize_t))  # of the words, from 1 on
        if not self.hashes or not self.places:
            raise MemoryError
        for number, word in enumerate(self.words, 1):
            hash = ~_more(~<uint32_t> 0, word, len(word))
            place = hash & (self.size - 1)
            while self.places[place]:
                place = (place + 1) & (self.size - 1)
            self.hashes[place], self.places[place] = hash, number

    def __dealloc__(self):
        free(self.hashes)
        free(self.places)

    cdef bint holds(self, uint32_t hash, const uint8_t *data, Py_ssize_t size):
        return self.place_of(hash, data, size) >= 0

    cdef Py_ssize_t place_of(self, uint32_t hash, const uint8_t *data, Py_ssize_t size):
        """Return which of them a word is, below 0 where it is none."""
        cdef Py_ssize_t place = hash & (self.size - 1)
        cdef bytes word
        while self.places[place]:
            if self.hashes[place] == hash:
                word = self.words[self.places[place] - 1]
                if len(word) == size and not memcmp(<const uint8_t *> word, data, size):
                    return self.places[place] - 1
            place = (place + 1) & (self.size - 1)
        return -1


def word_hashes(Text of, Words left_out, uint32_t begun, Py_ssize_t most):
    """Return the hashes of the words of a text and of pairs of neighbours, or None where patterns have to."""
    if of.kinds & UNFIT:
        return None
    cdef uint8_t *bytes_ = <uint8_t *> malloc(MOST_BYTES * of.size + of.size + 1)
    cdef Py_ssize_t *ends = <Py_ssize_t *> malloc((of.size // 2 + 2) * sizeof(Py_ssize_t))
    cdef Py_ssize_t count, i, start
    cdef uint32_t state
    cdef uint32_t[::1] ids, pairs
    if not bytes_ or not ends:
        free(bytes_)
        free(ends)
        raise MemoryError
    try:
        count = _cut(of, left_out, bytes_, ends, most)
        words, beside = np.empty(count, np.uint32), np.empty(max(count - 1, 0), np.uint32)
        ids, pairs = words, beside
        start = 0
        for i in range(count):
            if i:  # the pair goes on with the state of the word before
                state = TABLE[(state ^ 0x20) & 0xFF] ^ (state >> 8)
                pairs[i - 1] = ~_more(state, bytes_ + start, ends[i] - start)
            state = _more(~begun, bytes_ + start, ends[i] - start)
            ids[i] = ~state
            start = ends[i]
        return words, beside
    finally:
        free(bytes_)
        free(ends)


def words(Text of, Words left_out, Py_ssize_t most):
    """Return the words of a text as they are folded, or None where patterns have to."""
    if of.kinds & UNFIT:
        return None
    cdef uint8_t *bytes_ = <uint8_t *> malloc(MOST_BYTES * of.size + of.size + 1)
    cdef Py_ssize_t *ends = <Py_ssize_t *> malloc((of.size // 2 + 2) * sizeof(Py_ssize_t))
    cdef Py_ssize_t i, start = 0
    cdef list found = []
    if not bytes_ or not ends:
        free(bytes_)
        free(ends)
        raise MemoryError
    try:
        for i in range(_cut(of, left_out, bytes_, ends, most)):
            found.append(bytes_[start : ends[i]].decode("utf-8"))
            start = ends[i]
        return found
    finally:
        free(bytes_)
        free(ends)


def runs_among(Text of, Words some):
    """Return which of some words are runs of letters and figures in a text, or None where patterns have to."""
    if of.kinds & UNFIT:
        return None
    cdef uint32_t *codes = of.codes
    cdef uint16_t *kinds = of.characters.kinds
    cdef Py_ssize_t i = 0, place, size, end, longest = some.longest
    cdef uint32_t state
    cdef uint8_t *run = <uint8_t *> malloc(longest + 4)
    cdef uint8_t *found = <uint8_t *> calloc(len(some.words) + 1, 1)
    if not run or not found:
        free(run)
        free(found)
        raise MemoryError
    try:
        while i < of.size:
            if not kinds[codes[i]] & WORD:
                i += 1
                continue
            end, state = 0, ~<uint32_t> 0
            if codes[i] < 0x80 and not some.begun[codes[i]]:
                end = longest + 1
            while i < of.size and kinds[codes[i]] & WORD:
                if end <= longest:  # else it is none of them
                    size = _utf8(codes[i], run + end)
                    state = _more(state, run + end, size)
                    end += size
                i += 1
            if end <= longest:
                place = some.place_of(~state, run, end)
                if place >= 0:
                    found[place] = 1
        return [place for place in range(len(some.words)) if found[place]]
    finally:
        free(run)
        free(found)


def opens_with(Text of, Words some, Py_ssize_t words, Py_ssize_t least):
    """Return whether a sentence of a text opens with any of some runs of so many words, None where patterns tell.

    Sentences that are shorter than `least` do not count. White space between words is one space.
    """
    cdef uint32_t *codes = of.codes
    cdef uint16_t *kinds = of.characters.kinds
    cdef Py_ssize_t start = 0, end, next, i, size, count, longest = some.longest
    cdef uint32_t state
    if of.kinds & ENDS:
        for i in range(of.size):
            if codes[i] >= 0x80 and kinds[codes[i]] & ENDS:
                return None
    cdef uint8_t *run = <uint8_t *> malloc(longest + 5)
    if not run:
        raise MemoryError
    try:
        while start < of.size:
            end = next = _part_end(codes, kinds, start, of.size)
            if end < of.size:
                next = end + 1
                if codes[end] == c"\n":
                    while next < of.size and codes[next] == c"\n":
                        next += 1
                else:
                    while next < of.size and _parts(kinds, codes[next]):
                        next += 1
            while start < end and kinds[codes[start]] & SPACE:
                start += 1
            while start < end and kinds[codes[end - 1]] & SPACE:
                end -= 1
            if end - start >= least and (codes[start] >= 0x80 or some.begun[codes[start]]):
                size, count, state, i = 0, 1, ~<uint32_t> 0, start
                while i < end and size <= longest:
                    if kinds[codes[i]] & SPACE:
                        while kinds[codes[i]] & SPACE:  # the sentence ends with a letter or a sign
                            i += 1
                        if count == words:
                            break
                        count += 1
                        run[size] = c" "
                        size += 1
                    size += _utf8(codes[i], run + size)
                    i += 1
                if size <= longest:
                    state = _more(state, run, size)
                    if some.holds(~state, run, size):
                        return True
            start = next
        return False
    finally:
        free(run)


cdef inline bint _parts(const uint16_t *kinds, uint32_t code) noexcept nogil:
    """Return whether a character is white space that may stand between sentences."""
    return kinds[code] & SPACE != 0 and not 0x1C <= code <= 0x1F


cdef Py_ssize_t _part_end(
    const uint32_t *codes, const uint16_t *kinds, Py_ssize_t i, Py_ssize_t size
) noexcept nogil:
    """Return where a sentence ends that begins at a place: at a new line, or at a sign before white space."""
    cdef uint32_t code
    while i < size:
        code = codes[i]
        if code == c"\n":
            return i
        if (code == c"." or code == c"!" or code == c"?") and i + 1 < size and _parts(kinds, codes[i + 1]):
            return i
        i += 1
    return i


cdef Py_ssize_t _cut(Text of, Words left_out, uint8_t *out, Py_ssize_t *ends, Py_ssize_t most):
    """Write the words one after the other, and where each ends; return how many there are."""
    cdef uint32_t *codes = of.codes
    cdef uint16_t *kinds = of.characters.kinds
    cdef uint64_t *folds = of.characters.folds
    cdef Py_ssize_t size = of.size, i = 0, j, k, letters, count = 0, begin = 0, end
    cdef uint64_t fold
    while i < size and count < most:
        if not kinds[codes[i]] & FOLDED_WORD:
            i += 1
            continue
        j = i
        if kinds[codes[i]] & FOLDED_DIGIT:
            j = _figure_end(codes, kinds, i, size)
            if not _has_point(codes, i, j):
                j = i
        letters = j - i
        if j == i:
            while j < size and kinds[codes[j]] & FOLDED_WORD:
                letters += 1 + (folds[codes[j]] >> CODE_BITS != 0)
                j += 1
        if letters < 2:
            i = j
            continue
        end = begin
        for k in range(i, j):
            fold = folds[codes[k]]
            while fold:
                end += _utf8(fold & ((1 << CODE_BITS) - 1), out + end)
                fold >>= CODE_BITS
        if not left_out.holds(~_more(~<uint32_t> 0, out + begin, end - begin), out + begin, end - begin):
            ends[count] = begin = end
            count += 1
        i = j
    return count


cdef inline Py_ssize_t _figure_end(
    const uint32_t *codes, const uint16_t *kinds, Py_ssize_t i, Py_ssize_t size
) noexcept nogil:
    """Return where a figure ends that begins at a digit: digits, and points and commas between digits."""
    while i < size and kinds[codes[i]] & FOLDED_DIGIT:
        i += 1
        if i + 1 < size and (codes[i] == c"." or codes[i] == c",") and kinds[codes[i + 1]] & FOLDED_DIGIT:
            i += 1
    return i


cdef inline bint _has_point(const uint32_t *codes, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(start, end):
        if codes[i] == c"." or codes[i] == c",":
            return True
    return False


def figures(Text of):
    """Return the figures of a text that do not go on what stands before them, or None where patterns have to."""
    if of.kinds & UNFIT:
        return None
    found = []
    if not of.kinds & FOLDED_DIGIT:
        return found
    cdef Py_ssize_t i = 0, j, k
    cdef uint16_t *kinds = of.characters.kinds
    cdef uint32_t *codes = of.codes
    cdef Py_ssize_t size = of.size
    while i < size:
        if not kinds[codes[i]] & FOLDED_DIGIT:
            i += 1
            continue
        j = _figure_end(codes, kinds, i, size)
        if not i or not kinds[codes[i - 1]] & JOINS:
            found.append("".join([chr(of.characters.folds[codes[k]]) for k in range(i, j)]))
        i = j
    return found


# Names


cdef inline bint _is_key(uint32_t code) noexcept nogil:
    """Return whether a character draws the one before it on a key, or as a picture."""
    return 0x20D0 <= code <= 0x20FF or 0xFE00 <= code <= 0xFE0F


cdef tuple _codes_of(words):
    """Return the characters of words as numbers of this machine, whose order of bytes no codec is asked for."""
    return tuple([np.array([*map(ord, word)], np.uint32).tobytes() for word in words])


cdef class Style:
    """How names are written in a language: see `recommender.analysis.scanning.style_of`."""

    cdef tuple particles, articles
    cdef Words stop_words
    cdef bint is_english, has_capitals, nouns_in_capitals, is_greek

    def __cinit__(
        self, particles, articles, Words stop_words, *, is_english, has_capitals, nouns_in_capitals, is_greek
    ):
        self.particles, self.articles = _codes_of(particles), _codes_of(articles)
        self.stop_words, self.is_english, self.has_capitals = stop_words, is_english, has_capitals
        self.nouns_in_capitals, self.is_greek = nouns_in_capitals, is_greek


cdef class _Names:
    """The walk over a text without marks."""

    cdef Text of
    cdef uint32_t *codes
    cdef uint16_t *kinds
    cdef Py_ssize_t size
    cdef Style style
    cdef object is_mark

    cdef inline bint is_capital(self, uint32_t code) noexcept:
        return c"A" <= code <= c"Z" if self.style.is_english else self.kinds[code] & CAPITAL != 0

    cdef inline bint is_end(self, uint32_t code) noexcept:
        """Return whether a character may end a sentence."""
        if self.style.is_english:
            return code == c"\n" or code == c"." or code == c"!" or code == c"?" or code == c":"
        return self.kinds[code] & ENDS != 0 or (code == c";" and self.style.is_greek)

    cdef Py_ssize_t word_end(self, Py_ssize_t i) noexcept:
        """Return where a capitalised word ends that may begin at a place, that place where none does."""
        cdef uint32_t code
        cdef Py_ssize_t start = i
        if i >= self.size or not self.is_capital(self.codes[i]):
            return start
        i += 1
        while i < self.size:
            code = self.codes[i]
            if not (
                self.kinds[code] & WORD
                or code == 0x2019 or code == c"'" or code == c"&" or code == c"-"
            ):
                break
            i += 1
        if i < self.size and _is_key(self.codes[i]):
            i -= 1  # the character that is drawn on a key is none of the word
        return i

    cdef Py_ssize_t behind(self, Py_ssize_t i, tuple some):
        """Return the place behind a space and one of some words at a place; that place where none is there."""
        cdef Py_ssize_t size
        cdef bytes word
        if i + 1 >= self.size or self.codes[i] != c" ":
            return i
        for word in some:
            size = len(word) // <Py_ssize_t> sizeof(uint32_t)
            if i + 1 + size >= self.size or self.codes[i + 1 + size] != c" ":
                continue
            if not memcmp(<const char *> word, self.codes + i + 1, len(word)):
                return i + 1 + size
        return i

    cdef Py_ssize_t run_end(self, Py_ssize_t i):
        """Return where the capitalised words end of which the first ends at a place."""
        cdef Py_ssize_t more = 0, next, joined
        while more < MOST_WORDS_BEHIND and i < self.size and self.codes[i] == c" ":
            next = self.next_word(i)
            if not next:  # particles are written small: no name begins with one
                joined = self.behind(i, self.style.particles)
                if joined > i:
                    next = self.next_word(self.behind(joined, self.style.articles)) or self.next_word(joined)
            if not next:
                break
            i = next
            more += 1
        return i

    cdef Py_ssize_t next_word(self, Py_ssize_t i) noexcept:
        """Return where the capitalised word ends that follows a space at a place, 0 where none does."""
        cdef Py_ssize_t end
        if i >= self.size or self.codes[i] != c" ":
            return 0
        end = self.word_end(i + 1)
        return end if end > i + 1 else 0

    cdef bint is_stop_word(self, Py_ssize_t start, Py_ssize_t end):
        cdef uint8_t word[64]
        cdef uint32_t code
        cdef Py_ssize_t i
        cdef bytes folded
        for i in range(start, end):
            code = self.codes[i]
            if code >= 0x80 or end - start > 64:
                folded = self.of.text[start:end].casefold().encode("utf-8", "surrogatepass")
                return self.stands_in(folded, len(folded))
            word[i - start] = <uint8_t> (code | 0x20 if c"A" <= code <= c"Z" else code)
        return self.stands_in(word, end - start)

    cdef bint stands_in(self, const uint8_t *word, Py_ssize_t size):
        return self.style.stop_words.holds(~_more(~<uint32_t> 0, word, size), word, size)

    cdef str name(self, Py_ssize_t start, Py_ssize_t end, bint begins):
        """Return the name in a run of capitalised words, None where it is none."""
        cdef Py_ssize_t i
        cdef uint32_t code
        while end > start:
            code = self.codes[end - 1]
            if code != c"'" and code != 0x2019 and code != c"-":
                break
            end -= 1
        while True:
            i = start
            while i < end and self.codes[i] != c" ":
                i += 1
            if not self.is_stop_word(start, i):
                break
            if i == end:
                return None
            start, begins = i + 1, False
        if i - start < LEAST_NAME or (i == end and (begins or self.style.nouns_in_capitals)):
            return None
        return self.of.text[start:end]

    cdef Py_ssize_t sentence_end(self, Py_ssize_t i) noexcept:
        """Return the place behind the end of a sentence that a sign at a place may be, 0 where it is none."""
        cdef uint32_t code = self.codes[i]
        cdef Py_ssize_t spaces
        if code == c"\n":
            i += 1
            while i < self.size and self.codes[i] == c"\n":
                i += 1
            return i
        i += 1
        while i < self.size:
            code = self.codes[i]
            if not (code == c'"' or code == c"'" or code == 0x201D or code == 0x2019 or code == c")" or code == c"]"):
                break
            i += 1
        spaces = i
        while i < self.size and self.kinds[self.codes[i]] & SPACE:
            i += 1
        return i if i > spaces else 0

    cdef inline bint in_mark(self, uint32_t code) noexcept:
        return self.kinds[code] & WORD or code == c"." or code == c"-"

    cdef Py_ssize_t mark(self, Py_ssize_t sign, Py_ssize_t least, list found):
        """Keep the word with a sign in it if it is a mark, and return where it ends."""
        cdef Py_ssize_t start = sign, end, first, last
        while start > least and self.in_mark(self.codes[start - 1]):
            start -= 1
        end = start
        while end < self.size and self.in_mark(self.codes[end]):
            end += 1
        if end < self.size and _is_key(self.codes[end]):
            end -= 1
        if end == start:
            end = sign + 1
        first, last = start, end
        while first < last and (self.codes[first] == c"." or self.codes[first] == c"-"):
            first += 1
        while last > first and (self.codes[last - 1] == c"." or self.codes[last - 1] == c"-"):
            last -= 1
        if last - first <= MOST_MARK:
            word = self.of.text[first:last]
            if self.is_mark(word):
                found.append(word)
        return end

    cdef Py_ssize_t beginning(self, Py_ssize_t start) noexcept:
        """Return where a sentence begins; but for English, behind quotes, dashes and signs that open it."""
        if not self.style.is_english:
            while start < self.size and self.kinds[self.codes[start]] & OPENS:
                start += 1
        return start

    cdef list all(self):
        cdef uint32_t *codes = self.codes
        cdef uint16_t *kinds = self.kinds
        cdef Py_ssize_t size = self.size, i = 0, name_to = 0, mark_to = 0, sentence_to = 0, start = 0, end
        cdef Py_ssize_t begin = self.beginning(0)
        cdef bint is_capital
        cdef list found = [], names = [], marks = []
        while i < size:
            is_capital = self.is_capital(codes[i])
            if i == start and i:
                _sentence_done(found, names, marks)
            if is_capital and i >= name_to and self.style.has_capitals:
                end = self.word_end(i)
                if end > i:
                    name_to = self.run_end(end)
                    name = self.name(i, name_to, i == begin)
                    if name is not None:
                        names.append(name)
            if (is_capital or kinds[codes[i]] & DIGIT) and i and i >= mark_to and self.in_mark(codes[i - 1]):
                mark_to = self.mark(i, mark_to, marks)
            if i >= sentence_to and self.is_end(codes[i]):
                end = self.sentence_end(i)
                if end:
                    start = sentence_to = end
                    begin = self.beginning(start)
            i += 1
        _sentence_done(found, names, marks)
        return found


cdef void _sentence_done(list found, list names, list marks):
    found.extend(names)
    for mark in marks:
        if mark not in names:
            found.append(mark)
    names.clear()
    marks.clear()


def names(Text of, Style style, is_mark):
    """Return the names of a text, see `recommender.analysis.names`, or None where patterns have to."""
    if of.kinds & UNFIT or (of.kinds & ODD and not style.is_english):
        return None
    cdef _Names walk = _Names()
    walk.of, walk.codes, walk.kinds, walk.size = of, of.codes, of.characters.kinds, of.size
    walk.style, walk.is_mark = style, is_mark
    return walk.all()
