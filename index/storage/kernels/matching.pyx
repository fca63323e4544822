# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The same as `plain_matching`, in C: each row is read once, and meets all that it is asked for while it is at hand."""

from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset

import numpy as np

from index.storage.kernels import asks as kinds
from index.storage.kernels.compiled import pointers

include "checks.pxi"
include "sources.pxi"

cdef extern from *:
    """
    #include <stdint.h>

    enum { RELATED_LOW = 13 };  /* bits of an id that are looked at before it is searched for: a table of 8 kB */

    #define RELATED_MULTIPLIER 0x9E3779B97F4A7C15ULL

    static inline int64_t related_lowest(uint64_t bits) {  /* the place of the first that is set; one is */
    #if defined(__GNUC__)
        return __builtin_ctzll(bits);
    #else
        int64_t place = 0;
        while (!(bits >> place & 1))
            place++;
        return place;
    #endif
    }

    /* Tell which of some ids have low bits that a key has, without a branch for each: eight to a turn. */
    static inline int64_t related_likely(const uint32_t *restrict ids, int64_t size, const uint8_t *restrict likely,
                                         int32_t *restrict places) {
        int64_t count = 0, i = 0, rest = size % 8;
        for (; i < size - rest; i += 8)
            for (int64_t j = i; j < i + 8; j++) {
                places[count] = (int32_t)j;
                count += likely[ids[j] & ((1 << RELATED_LOW) - 1)];
            }
        for (; i < size; i++) {
            places[count] = (int32_t)i;
            count += likely[ids[i] & ((1 << RELATED_LOW) - 1)];
        }
        return count;
    }

    /* Add a line times a number to another one. Both are filled up to a multiple of four. */
    static inline void related_add(double *restrict sums, const double *restrict line, double times, int64_t width) {
        for (int64_t i = 0; i < width; i += 4)
            for (int64_t j = i; j < i + 4; j++)
                sums[j] += times * line[j];
    }
    """
    enum: RELATED_LOW
    const uint64_t RELATED_MULTIPLIER
    int64_t related_likely(const uint32_t *ids, int64_t size, const uint8_t *likely, int32_t *places) nogil
    int64_t related_lowest(uint64_t bits) nogil
    void related_add(double *sums, const double *line, double times, int64_t width) nogil

cdef enum:
    PART = 256  # ids that are looked at before those that are likely are searched for
    MOST = 16  # of the largest values of a row, and of what is asked for at once
    AHEAD = 4  # rows: so far ahead memory is asked for
    FAR = 8  # the same where little is done for a row
    DENSE = 1 << 13  # numbers of a matrix that is filled up with zeros rather than walked by its columns

cdef double NOTHING = 1e-6  # stands for the length of a window of words that weigh nothing


cdef struct Table:
    uint8_t[1 << RELATED_LOW] likely  # by the low bits of an id: whether a key has them
    int32_t[1 << RELATED_LOW] where  # and which one, -1: several; told only of those that are likely


cdef struct Matches:
    int32_t[PART] found, keys  # which of some ids are keys, and which


cdef void _marked(Ids keys, Table *table) noexcept nogil:
    """Note of the low bits of an id whether a key has them, and which one."""
    cdef int64_t key
    cdef uint32_t low
    memset(table.likely, 0, sizeof(table.likely))
    for key in range(keys.shape[0]):
        low = keys[key] & ((1 << RELATED_LOW) - 1)
        table.where[low] = -1 if table.likely[low] else <int32_t>key
        table.likely[low] = 1


cdef inline int64_t _matched(
    const uint32_t *keys, int64_t held, Table *table, const uint32_t *ids, int64_t size, Matches *matches
) noexcept nogil:
    """Note which of the first ids are keys that were `_marked`; return how many are."""
    cdef int64_t count = 0, i, key
    cdef uint32_t id
    for i in range(related_likely(ids, min(size, PART), table.likely, matches.found)):
        id = ids[matches.found[i]]
        key = table.where[id & ((1 << RELATED_LOW) - 1)]
        if key < 0:
            key = _found(keys, held, id)
        if key < 0 or keys[key] != id:
            continue
        matches.found[count] = matches.found[i]
        matches.keys[count] = key
        count += 1
    return count


cdef int64_t _found(const uint32_t *keys, int64_t held, uint32_t id) noexcept nogil:
    """Return where an id stands in the ascending keys, -1 where it does not."""
    cdef int64_t low = 0, high = held, middle
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < id:
            low = middle + 1
        else:
            high = middle
    return low if low < held and keys[low] == id else -1


cdef inline void _pushed(float *held, int64_t count, float value) noexcept nogil:
    """Put a value among the largest, which descend, if it is one of them: without a branch that is guessed."""
    cdef int64_t slot
    cdef float larger
    for slot in range(count):
        larger = max(held[slot], value)
        value = min(held[slot], value)
        held[slot] = larger


cdef inline float _total(const float *held, int64_t count) noexcept nogil:
    cdef double total = 0
    cdef int64_t slot
    for slot in range(count):
        total += held[slot]
    return <float>total


cdef int _told(int64_t count) except -1:
    if not 0 < count <= MOST:
        raise ValueError(f"the {count} largest values are not told, 1 to {MOST} are")
    return 0


# What is asked of each row


cdef class Seeker:
    """Looks for what one ask of `asks` wants in one list of each row."""

    cdef Ids keys
    cdef Table table
    cdef bint counted  # whether it reads counts
    cdef object found

    def __init__(self, ask):
        self.keys = ask.keys
        _marked(self.keys, &self.table)

    cdef prepare(self, int64_t rows):
        """Make room for what is found."""

    cdef void ahead(self, const uint32_t *ids, int64_t size) noexcept nogil:
        """Have memory fetched beside the row that comes so many rows later."""

    cdef void meet(
        self, int64_t row, const uint32_t *ids, int64_t size, const uint8_t *counts, Matches *matches
    ) noexcept nogil:
        """Note what is found in a row."""


cdef class _Sums(Seeker):
    cdef const double[::1] values
    cdef double[::1] sums

    def __init__(self, ask):
        Seeker.__init__(self, ask)
        self.values = ask.values
        _same(self.keys.shape[0], self.values.shape[0])

    cdef prepare(self, int64_t rows):
        sums = np.zeros(rows)
        self.sums, self.found = sums, (sums,)

    cdef void meet(
        self, int64_t row, const uint32_t *ids, int64_t size, const uint8_t *counts, Matches *matches
    ) noexcept nogil:
        cdef int64_t begin = 0, i
        cdef double total = 0
        while begin < size:
            for i in range(_matched(&self.keys[0], self.keys.shape[0], &self.table, ids + begin, size - begin, matches)):
                total += self.values[matches.keys[i]]
            begin += PART
        self.sums[row] = total


cdef class _Largest(Seeker):
    cdef Floats values
    cdef int64_t most
    cdef float[::1] sums

    def __init__(self, ask):
        Seeker.__init__(self, ask)
        self.values, self.most = ask.values, ask.most
        _same(self.keys.shape[0], self.values.shape[0])
        _told(self.most)

    cdef prepare(self, int64_t rows):
        sums = np.zeros(rows, np.float32)
        self.sums, self.found = sums, (sums,)

    cdef void meet(
        self, int64_t row, const uint32_t *ids, int64_t size, const uint8_t *counts, Matches *matches
    ) noexcept nogil:
        cdef int64_t begin = 0, i
        cdef float[MOST] best
        memset(best, 0, sizeof(best))
        while begin < size:
            for i in range(_matched(&self.keys[0], self.keys.shape[0], &self.table, ids + begin, size - begin, matches)):
                _pushed(best, self.most, self.values[matches.keys[i]])
            begin += PART
        self.sums[row] = _total(best, self.most)


cdef class _Shares(Seeker):
    cdef Floats worth
    cdef Nums starts, places
    cdef double[::1] sums  # by column, of one row
    cdef float[::1] shares

    def __init__(self, ask):
        Seeker.__init__(self, ask)
        self.worth, self.starts, self.places = ask.worth, ask.columns.starts, ask.columns.places
        _columns(self.keys.shape[0], self.starts, self.places, ask.columns.width)
        self.sums = np.zeros(max(ask.columns.width, 1))

    cdef prepare(self, int64_t rows):
        shares = np.zeros(rows, np.float32)
        self.shares, self.found = shares, (shares,)

    cdef void ahead(self, const uint32_t *ids, int64_t size) noexcept nogil:
        cdef int64_t place
        for place in range(size):
            if ids[place] < self.worth.shape[0]:
                related_fetch(&self.worth[ids[place]], 4)

    cdef void meet(
        self, int64_t row, const uint32_t *ids, int64_t size, const uint8_t *counts, Matches *matches
    ) noexcept nogil:
        cdef int64_t begin = 0, place, i, key
        cdef uint32_t known = self.worth.shape[0]
        cdef double total = 0, most = 0
        memset(&self.sums[0], 0, self.sums.shape[0] * sizeof(double))
        for place in range(size):
            if ids[place] < known:
                total += self.worth[ids[place]]
        while begin < size:
            for i in range(_matched(&self.keys[0], self.keys.shape[0], &self.table, ids + begin, size - begin, matches)):
                key = matches.keys[i]
                if self.keys[key] < known:
                    for place in range(self.starts[key], self.starts[key + 1]):
                        self.sums[self.places[place]] += self.worth[self.keys[key]]
                        most = max(most, self.sums[self.places[place]])
            begin += PART
        self.shares[row] = <float>(most / total if total > 0 else 0)


cdef class _Likeness(Seeker):
    cdef Floats rarity, frequency, weights, worth
    cdef int64_t most_said, most_near, count
    cdef int64_t[::1] places  # which keys a row has
    cdef float[::1] own  # what each weighs there
    # The wide columns, and a line for each key where they are few; what a row has in each
    cdef Nums starts, columns
    cdef Floats values
    cdef bint dense
    cdef double[:, ::1] lines
    cdef double[::1] products
    # The narrow ones; the keys in the order of what they are worth, the most first, and each one's place in that
    cdef Nums near_starts, near_columns, order, ranks
    cdef uint64_t[::1] ranked, said_ranked  # bits, by that order: which keys a row has, and which are said
    cdef uint8_t[::1] filled  # how many values of a row each column has
    cdef double[::1] sums
    cdef float[::1] dots, said, best, near

    def __init__(self, ask):
        Seeker.__init__(self, ask)
        self.counted = True
        self.rarity, self.frequency, self.weights, self.worth = ask.rarity, ask.frequency, ask.weights, ask.worth
        cdef int64_t size = self.keys.shape[0], key
        cdef const uint8_t[::1] said = ask.said.view(np.uint8)
        for values in (ask.rarity, ask.weights, ask.worth, ask.said):
            _same(size, len(values))
        _same(self.frequency.shape[0], 256)
        self.most_said, self.most_near = ask.most_said, ask.most_near
        _told(self.most_said)
        _told(self.most_near)
        self.places, self.own = np.empty(size, np.int64), np.empty(size, np.float32)
        self._read(ask.wide, ask.narrow)
        order = np.argsort(-ask.worth, kind="stable")
        ranks = np.empty(size, np.int64)
        ranks[order] = np.arange(size)
        self.order, self.ranks = order, ranks
        self.ranked, self.said_ranked = np.zeros((2, size // 64 + 1), np.uint64)
        for key in range(size):
            if said[key]:
                self.said_ranked[self.ranks[key] >> 6] |= <uint64_t>1 << (self.ranks[key] & 63)

    cdef _read(self, wide, narrow):
        cdef int64_t size = self.keys.shape[0], key, place
        cdef int64_t padded = (max(wide.width, 1) + 3) // 4 * 4
        self.starts, self.columns, self.values = wide.starts, wide.places, wide.values
        self.near_starts, self.near_columns = narrow.starts, narrow.places
        _columns(size, self.starts, self.columns, wide.width)
        _columns(size, self.near_starts, self.near_columns, narrow.width)
        _same(self.columns.shape[0], self.values.shape[0])
        self.dense = padded * size <= DENSE
        self.products = np.zeros(padded)
        self.lines = np.zeros((size if self.dense else 0, padded))
        for key in range(size if self.dense else 0):
            for place in range(self.starts[key], self.starts[key + 1]):
                self.lines[key, self.columns[place]] += self.values[place]
        self.filled, self.sums = np.zeros(max(narrow.width, 1), np.uint8), np.zeros(max(narrow.width, 1))

    cdef prepare(self, int64_t rows):
        self.found = tuple(np.zeros((4, rows), np.float32))
        self.dots, self.said, self.best, self.near = self.found

    cdef void meet(
        self, int64_t row, const uint32_t *ids, int64_t size, const uint8_t *counts, Matches *matches
    ) noexcept nogil:
        cdef int64_t begin = 0, held = 0, most = self.keys.shape[0], i
        cdef const uint32_t *keys = &self.keys[0]
        cdef const float *rarity = &self.rarity[0]
        cdef const float *frequency = &self.frequency[0]
        cdef const float *weights = &self.weights[0]
        cdef int64_t *places = &self.places[0]
        cdef float *own = &self.own[0]
        cdef double total = 0
        while begin < size:
            # A row that is written anew meanwhile may hold more for a moment.
            for i in range(min(_matched(keys, most, &self.table, ids + begin, size - begin, matches), most - held)):
                places[held] = matches.keys[i]
                own[held] = frequency[counts[begin + matches.found[i]]] * rarity[matches.keys[i]]
                held += 1
            begin += PART
        for i in range(held):
            total += own[i] * weights[places[i]]
        self.dots[row] = <float>total
        self.best[row] = self._best(held)
        for i in range(held):
            self.ranked[self.ranks[places[i]] >> 6] |= <uint64_t>1 << (self.ranks[places[i]] & 63)
        self.said[row] = self._said()
        self.near[row] = self._nearest()

    cdef float _best(self, int64_t held) noexcept nogil:
        """Return the largest product of a row with a wide column."""
        cdef int64_t i, place, key, width = self.products.shape[0]
        cdef const int64_t *places = &self.places[0]
        cdef const float *own = &self.own[0]
        cdef double *products = &self.products[0]
        cdef double most = 0
        memset(products, 0, width * sizeof(double))
        for i in range(held):
            key = places[i]
            if self.dense:
                related_add(products, &self.lines[key, 0], own[i], width)
                continue
            for place in range(self.starts[key], self.starts[key + 1]):
                products[self.columns[place]] += <double>own[i] * self.values[place]
        for i in range(width):
            most = max(most, products[i])
        return <float>most

    cdef float _said(self) noexcept nogil:
        """Return the sum of what the most worth of those keys of a row are worth that are said."""
        cdef int64_t bits, left = self.most_said
        cdef uint64_t some
        cdef double total = 0
        for bits in range(self.ranked.shape[0]):
            some = self.ranked[bits] & self.said_ranked[bits]
            while some and left:
                total += self.worth[self.order[bits << 6 | related_lowest(some)]]
                some &= some - 1
                left -= 1
        return <float>total

    cdef float _nearest(self) noexcept nogil:
        """Return the largest sum of what a few keys of a row are worth in a narrow column, and forget the row."""
        cdef int64_t i, place, bits, column, seen = 0, enough = self.most_near
        cdef const int64_t *starts = &self.near_starts[0]
        cdef const int64_t *columns = &self.near_columns[0]
        cdef uint8_t *filled = &self.filled[0]
        cdef double *sums = &self.sums[0]
        cdef double most = 0, largest = 0, worth
        cdef uint64_t some
        memset(filled, 0, self.filled.shape[0])
        memset(sums, 0, self.sums.shape[0] * sizeof(double))
        for bits in range(self.ranked.shape[0]):
            some, self.ranked[bits] = self.ranked[bits], 0
            while some:
                place = self.order[bits << 6 | related_lowest(some)]
                some &= some - 1
                worth = self.worth[place]
                if seen < enough - 1:
                    largest += worth
                    seen += 1
                elif largest + worth <= most:
                    some = 0  # no column comes to more: all that follows is worth less
                    continue
                for i in range(starts[place], starts[place + 1]):
                    column = columns[i]
                    if filled[column] < enough:
                        filled[column] += 1
                        sums[column] += worth
                        most = max(most, sums[column])
        return <float>most


SEEKERS = {kinds.Sums: _Sums, kinds.Largest: _Largest, kinds.Shares: _Shares, kinds.Likeness: _Likeness}


def met(values, Nums starts, const int64_t[:, ::1] ends, asks):
    _are(values, np.uint32)
    _same(starts.shape[0], ends.shape[0])
    cdef list seekers = [SEEKERS[type(ask)](ask) for _, ask in asks]
    cdef int64_t count = len(seekers), lists = ends.shape[1] - 1, rows = starts.shape[0], row, i, place
    cdef void *each[MOST]
    cdef int64_t which[MOST]
    _told(count)
    last = np.asarray(starts).copy()
    cdef int64_t[::1] lasts = last
    for i in range(count):
        place, each[i] = asks[i][0], <void *>seekers[i]
        if not 0 <= place < lists:
            raise IndexError(f"{place} is no list among {lists}")
        which[i] = place
        (<Seeker>each[i]).prepare(rows)
        for row in range(rows):
            if not 0 <= ends[row, place] <= ends[row, place + 1] <= ends[row, lists]:
                raise IndexError("offsets of lists do not ascend")
            lasts[row] = max(
                lasts[row],
                starts[row] + (ends[row, lists] + (ends[row, place + 1] + 3) // 4
                               if (<Seeker>each[i]).counted else ends[row, place + 1]),
            )
    cdef const uint64_t[::1] there = pointers(values, starts, last)
    cdef Matches matches
    with nogil:
        for i in range(count):
            for row in range(rows):
                _fetch(each[i], row, there, ends, which[i])
                _meet(each[i], row, there, ends, which[i], &matches)
    return [(<Seeker>seeker).found for seeker in seekers]


cdef inline void _fetch(
    void *seeker, int64_t row, const uint64_t[::1] there, const int64_t[:, ::1] ends, int64_t place
) noexcept nogil:
    """Have fetched what a later row needs: it lies anywhere in a file, and is waited for otherwise."""
    cdef int64_t size, lists = ends.shape[1] - 1
    cdef const uint32_t *ids
    if row + FAR < there.shape[0]:
        row += FAR
        size = ends[row, place + 1] - ends[row, place]
        ids = <const uint32_t *>there[row]
        related_fetch(ids + ends[row, place], 4 * size)
        if (<Seeker>seeker).counted:
            related_fetch(<const uint8_t *>(ids + ends[row, lists]) + ends[row, place], size)
        row -= FAR
    if row + AHEAD < there.shape[0]:
        row += AHEAD
        ids = <const uint32_t *>there[row]
        (<Seeker>seeker).ahead(ids + ends[row, place], ends[row, place + 1] - ends[row, place])


cdef inline void _meet(
    void *seeker, int64_t row, const uint64_t[::1] there, const int64_t[:, ::1] ends, int64_t place, Matches *matches
) noexcept nogil:
    cdef const uint32_t *ids = <const uint32_t *>there[row]
    cdef const uint8_t *counts = <const uint8_t *>(ids + ends[row, ends.shape[1] - 1])
    (<Seeker>seeker).meet(
        row, ids + ends[row, place], ends[row, place + 1] - ends[row, place], counts + ends[row, place], matches
    )


cdef int _below(Nums places, int64_t size) except -1:
    cdef Py_ssize_t i
    cdef int64_t outside = 0  # below 0 where one is: looked at all at once, for hardly ever one is
    for i in range(places.shape[0]):
        outside |= places[i] | (size - 1 - places[i])
    if outside < 0:
        for i in range(places.shape[0]):
            if places[i] < 0 or places[i] >= size:
                raise IndexError(f"{places[i]} is no place among {size}")
    return 0


cdef int _columns(int64_t keys, Nums starts, Nums places, int64_t count) except -1:
    _same(starts.shape[0], keys + 1)
    _within(starts, places.shape[0])
    _below(places, count)
    return 0


# Terms of rows by themselves


def shared_sums(
    Ids keys, const double[::1] values, Ids ids, Nums offsets, const uint8_t[::1] counts=None, Floats frequency=None
):
    _within(offsets, ids.shape[0])
    _same(keys.shape[0], values.shape[0])
    cdef bint counted = counts is not None
    if counted:
        _same(ids.shape[0], counts.shape[0])
        _same(frequency.shape[0], 256)
    out = np.zeros(offsets.shape[0] - 1)
    cdef double[::1] sums = out
    cdef Table table
    cdef Matches matches
    cdef int64_t row, begin, i
    cdef double total
    with nogil:
        _marked(keys, &table)
        for row in range(offsets.shape[0] - 1):
            total = 0
            begin = offsets[row]
            while begin < offsets[row + 1]:
                for i in range(_matched(&keys[0], keys.shape[0], &table, &ids[begin], offsets[row + 1] - begin, &matches)):
                    if counted:
                        total += values[matches.keys[i]] * frequency[counts[begin + matches.found[i]]]
                    else:
                        total += values[matches.keys[i]]
                begin += PART
            sums[row] = total
    return out


def shared_terms(Ids keys, Ids ids, Nums offsets):
    _within(offsets, ids.shape[0])
    found_, places_ = np.empty(ids.shape[0], np.int64), np.empty(ids.shape[0], np.int64)
    bounds = np.zeros(offsets.shape[0], np.int64)
    cdef int64_t[::1] found = found_, places = places_, ends = bounds
    cdef Table table
    cdef Matches matches
    cdef int64_t row, begin, i, count = 0
    with nogil:
        _marked(keys, &table)
        for row in range(offsets.shape[0] - 1):
            begin = offsets[row]
            while begin < offsets[row + 1]:
                for i in range(_matched(&keys[0], keys.shape[0], &table, &ids[begin], offsets[row + 1] - begin, &matches)):
                    found[count] = begin + matches.found[i]
                    places[count] = matches.keys[i]
                    count += 1
                begin += PART
            ends[row + 1] = count
    return found_[:count], places_[:count], bounds


def span_sums(
    Ids keys, const double[::1] values, ids, Nums starts, Nums ends, Nums beside=None, Floats frequency=None
):
    _are(ids, np.uint32)
    cdef const uint64_t[::1] there = pointers(ids, starts, ends), marks = None
    cdef int64_t row, begin, size, i
    cdef double total
    cdef bint counted = beside is not None
    _same(keys.shape[0], values.shape[0])
    if counted:
        _same(starts.shape[0], beside.shape[0])
        last = np.asarray(beside) + (np.asarray(ends) - np.asarray(starts))
        marks = pointers(ids, beside, last, ids.dtype.itemsize)
        _same(frequency.shape[0], 256)
    out = np.zeros(starts.shape[0])
    cdef double[::1] sums = out
    cdef const uint32_t *own
    cdef const uint8_t *counts = NULL
    cdef Table table
    cdef Matches matches
    with nogil:
        _marked(keys, &table)
        for row in range(starts.shape[0]):
            if row + FAR < starts.shape[0]:
                related_fetch(<const void *>there[row + FAR], 4 * (ends[row + FAR] - starts[row + FAR]))
            total = 0
            if counted:
                counts = <const uint8_t *>marks[row]
            own, begin, size = <const uint32_t *>there[row], 0, ends[row] - starts[row]
            while begin < size:
                for i in range(_matched(&keys[0], keys.shape[0], &table, own + begin, size - begin, &matches)):
                    if counted:
                        total += values[matches.keys[i]] * frequency[counts[begin + matches.found[i]]]
                    else:
                        total += values[matches.keys[i]]
                begin += PART
            sums[row] = total
    return out


def windows(const uint16_t[::1] sequence, Floats idf, Floats frequency, int64_t step):
    cdef int64_t size = idf.shape[0], length = sequence.shape[0], window, place, word, row
    if step < 1:
        raise ValueError(f"windows of two steps of {step}")
    _same(frequency.shape[0], 256)
    cdef int64_t count = max((length + step - 1) // step - 1, 1)
    for place in range(length):
        if sequence[place] >= size:
            raise IndexError(f"{sequence[place]} is no place among {size}")
    starts_, columns_ = np.zeros(size + 1, np.int64), np.empty(2 * length, np.int64)
    values_ = np.empty(2 * length, np.float32)
    cdef int64_t[::1] starts = starts_, columns = columns_
    cdef int64_t[::1] room = np.zeros(size + 1, np.int64), times = np.empty(2 * length, np.int64)
    cdef float[::1] values = values_
    cdef double[::1] squares = np.zeros(count)
    with nogil:
        for window in range(count):  # how many each word is in; `room` is the last, and one
            for place in range(window * step, min((window + 2) * step, length)):
                word = sequence[place]
                if room[word] != window + 1:
                    room[word] = window + 1
                    starts[word + 1] += 1
        for word in range(size):
            starts[word + 1] += starts[word]
            room[word] = starts[word]  # from here on where its next window comes
        for window in range(count):
            for place in range(window * step, min((window + 2) * step, length)):
                word = sequence[place]
                row = room[word]
                if row == starts[word] or columns[row - 1] != window:
                    columns[row], times[row] = window, 0
                    room[word] = row = row + 1
                times[row - 1] += 1
        for word in range(size):
            for row in range(starts[word], starts[word + 1]):
                values[row] = frequency[min(times[row], 255)] * idf[word]
                squares[columns[row]] += <double>values[row] * values[row]
        for row in range(starts[size]):
            values[row] = <float>(values[row] / max(sqrt(squares[columns[row]]), NOTHING))
    return kinds.Columns(starts_, columns_[:starts_[size]], values_[:starts_[size]], count)


def run_hashes(Ids words, int64_t run):
    cdef int64_t count = max(words.shape[0] - run + 1, 0), start, place
    hashes_ = np.zeros(count, np.uint64)
    cdef uint64_t[::1] hashes = hashes_
    with nogil:
        for start in range(count):
            for place in range(start, start + run):
                hashes[start] = hashes[start] * RELATED_MULTIPLIER + words[place]
    return hashes_


def runs_held(
    const uint64_t[::1] hashes, int64_t run, sequences, Nums begins, Nums ends, words, Nums first, Nums last
):
    _are(sequences, np.uint16)
    _are(words, np.uint32)
    cdef const uint64_t[::1] places = pointers(sequences, begins, ends), there = pointers(words, first, last)
    _same(begins.shape[0], first.shape[0])
    cdef int64_t count = hashes.shape[0], row, place, at, most
    held_ = np.zeros((first.shape[0], count), np.bool_)
    if not count or run < 1:
        return held_
    # A table of chains: by the first bits of a hash, the last of those that begin so, and before each the next one.
    cdef int64_t bits = int(count).bit_length() + 5
    cdef int32_t[::1] chains = np.full(1 << bits, -1, np.int32), before = np.empty(count, np.int32)
    cdef uint8_t[:, ::1] held = held_.view(np.uint8)
    cdef uint64_t hash, power = 1
    cdef const uint16_t *said
    cdef const uint32_t *own
    with nogil:
        for place in range(count):
            before[place] = chains[hashes[place] >> (64 - bits)]
            chains[hashes[place] >> (64 - bits)] = place
        for place in range(run):
            power *= RELATED_MULTIPLIER
        for row in range(first.shape[0]):
            hash, most = 0, last[row] - first[row] - 1
            said, own = <const uint16_t *>places[row], <const uint32_t *>there[row]
            for place in range(ends[row] - begins[row] if most >= 0 else 0):
                hash = hash * RELATED_MULTIPLIER + own[min(<int64_t>said[place], most)]
                if place >= run:
                    hash -= power * own[min(<int64_t>said[place - run], most)]
                if place + 1 < run:
                    continue
                at = chains[hash >> (64 - bits)]
                while at >= 0:
                    if hashes[at] == hash:
                        held[row, at] = 1
                    at = before[at]
    return held_
