# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The same as `plain`, in C: one walk over the values, without arrays of positions."""

from libc.math cimport sqrt
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

import numpy as np

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    /* A loop without branches, which compilers turn into one over several values at once. */
    static void related_floats(const uint16_t *halves, float *out, int64_t size) {
        for (int64_t i = 0; i < size; i++) {
            uint32_t magnitude = (uint32_t)(halves[i] & 0x7fff) << 13, bits;
            float value;
            memcpy(&value, &magnitude, 4);
            value *= 0x1p112f;  /* the difference of both exponents' zero points */
            memcpy(&bits, &value, 4);
            bits |= magnitude >= 0x0f800000u ? 0x7f800000u : 0;  /* infinite, or no number */
            bits |= (uint32_t)(halves[i] & 0x8000) << 16;
            memcpy(out + i, &bits, 4);
        }
    }
    #define RELATED_MULTIPLIER 0x9E3779B97F4A7C15ULL

    /* Have what is read soon fetched meanwhile: rows lie anywhere in a file, each a walk through page tables. */
    static inline void related_fetch(const void *begin, int64_t bytes) {
    #if defined(__GNUC__)
        for (int64_t byte = 0; byte < bytes; byte += 64)
            __builtin_prefetch((const char *)begin + byte);
    #endif
    }
    """
    void related_fetch(const void *begin, int64_t bytes) nogil
    const uint64_t MULTIPLIER "RELATED_MULTIPLIER"
    void related_floats(const uint16_t *halves, float *out, int64_t size) nogil

ctypedef const uint32_t[::1] Ids
ctypedef const float[::1] Floats
ctypedef const int64_t[::1] Nums

cdef enum:
    LOW = 16  # bits of an id that are looked at before it is searched for: a table of 8 kB
    MOST = 16  # of the largest values of a row
    AHEAD = 2  # rows: so far ahead memory is asked for


def copy_runs(values, Nums starts, Nums lengths, Nums places, out):
    if values.dtype != out.dtype or values.shape[1:] != out.shape[1:]:
        raise ValueError(f"values are {values.dtype} {values.shape[1:]}, not {out.dtype} {out.shape[1:]}")
    if not out.flags.c_contiguous:
        raise ValueError("runs are copied into contiguous values")
    cdef const uint8_t[::1] source = values.reshape(-1).view(np.uint8)
    cdef uint8_t[::1] target = out.reshape(-1).view(np.uint8)
    cdef int64_t held = len(values), room = len(out), i
    cdef Py_ssize_t width = out.itemsize * (out.size // room if room else 0)
    _same(starts.shape[0], lengths.shape[0])
    _same(starts.shape[0], places.shape[0])
    for i in range(starts.shape[0]):
        if lengths[i] and (lengths[i] < 0 or starts[i] < 0 or places[i] < 0
                           or lengths[i] > held - starts[i] or lengths[i] > room - places[i]):
            raise IndexError("a run lies outside of its array")
    with nogil:
        for i in range(starts.shape[0]):
            if lengths[i]:
                memcpy(&target[places[i] * width], &source[starts[i] * width], lengths[i] * width)


def floats(halves):
    if halves.dtype != np.float16:
        raise ValueError(f"values are {halves.dtype}, not float16")
    out = np.empty(halves.shape, np.float32)
    cdef const uint16_t[::1] source = np.ascontiguousarray(halves).reshape(-1).view(np.uint16)
    cdef float[::1] target = out.reshape(-1)
    if source.shape[0]:
        with nogil:
            related_floats(&source[0], &target[0], source.shape[0])
    return out


def row_lengths(Ids ids, const uint8_t[::1] counts, Nums offsets, Floats idf, Floats frequency):
    _within(offsets, ids.shape[0])
    _same(ids.shape[0], counts.shape[0])
    _same(frequency.shape[0], 256)
    out = np.empty(offsets.shape[0] - 1, np.float32)
    cdef float[::1] lengths = out
    cdef int64_t row, place
    cdef uint32_t size = idf.shape[0]
    cdef double squares
    cdef float weight
    with nogil:
        for row in range(offsets.shape[0] - 1):
            squares = 0
            for place in range(offsets[row], offsets[row + 1]):
                if ids[place] < size:
                    weight = idf[ids[place]] * frequency[counts[place]]
                    squares += <double>weight * weight
            lengths[row] = <float>sqrt(squares)
    return out


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
    cdef uint64_t[1 << (LOW - 6)] likely
    cdef uint32_t[1 << LOW] where  # told only of those that are likely
    cdef int64_t row, place, key
    cdef uint32_t low
    cdef double total
    with nogil:
        _marked(keys, likely, where)
        for row in range(offsets.shape[0] - 1):
            total = 0
            for place in range(offsets[row], offsets[row + 1]):
                low = ids[place] & ((1 << LOW) - 1)
                if not likely[low >> 6] >> (low & 63) & 1:
                    continue
                key = where[low]
                if keys[key] != ids[place]:
                    key = _found(keys, ids[place])
                    if key < 0:
                        continue
                total += values[key] * frequency[counts[place]] if counted else values[key]
            sums[row] = total
    return out


def shared_terms(Ids keys, Ids ids, Nums offsets):
    _within(offsets, ids.shape[0])
    found_, places_ = np.empty(ids.shape[0], np.int64), np.empty(ids.shape[0], np.int64)
    bounds = np.zeros(offsets.shape[0], np.int64)
    cdef int64_t[::1] found = found_, places = places_, ends = bounds
    cdef uint64_t[1 << (LOW - 6)] likely
    cdef uint32_t[1 << LOW] where
    cdef int64_t row, place, key, count = 0
    cdef uint32_t low
    with nogil:
        _marked(keys, likely, where)
        for row in range(offsets.shape[0] - 1):
            for place in range(offsets[row], offsets[row + 1]):
                low = ids[place] & ((1 << LOW) - 1)
                if not likely[low >> 6] >> (low & 63) & 1:
                    continue
                key = where[low]
                if keys[key] != ids[place]:
                    key = _found(keys, ids[place])
                    if key < 0:
                        continue
                found[count] = place
                places[count] = key
                count += 1
            ends[row + 1] = count
    return found_[:count], places_[:count], bounds


def shared_weights(
    Ids keys, Floats rarity, Ids ids, Nums starts, Nums ends,
    const uint8_t[::1] counts, Nums beside, Floats frequency
):
    cdef int64_t total = _inside(starts, ends, ids.shape[0]), row, place, key, count = 0
    _same(keys.shape[0], rarity.shape[0])
    _counted(starts, ends, beside, counts.shape[0])
    _same(frequency.shape[0], 256)
    places_, weights_ = np.empty(total, np.int64), np.empty(total, np.float32)
    bounds = np.zeros(starts.shape[0] + 1, np.int64)
    cdef int64_t[::1] places = places_, offsets = bounds
    cdef float[::1] weights = weights_
    cdef uint64_t[1 << (LOW - 6)] likely
    cdef uint32_t[1 << LOW] where
    with nogil:
        _marked(keys, likely, where)
        for row in range(starts.shape[0]):
            if row + AHEAD < starts.shape[0] and starts[row + AHEAD] < ends[row + AHEAD]:
                related_fetch(&ids[starts[row + AHEAD]], 4 * (ends[row + AHEAD] - starts[row + AHEAD]))
                related_fetch(&counts[beside[row + AHEAD]], ends[row + AHEAD] - starts[row + AHEAD])
            for place in range(starts[row], ends[row]):
                key = _key(keys, likely, where, ids[place])
                if key >= 0:
                    places[count] = key
                    weights[count] = frequency[counts[beside[row] + place - starts[row]]] * rarity[key]
                    count += 1
            offsets[row + 1] = count
    return places_[:count], weights_[:count], bounds


def span_sums(
    Ids keys, const double[::1] values, Ids ids, Nums starts, Nums ends,
    const uint8_t[::1] counts, Nums beside, Floats frequency
):
    cdef int64_t row, place, key
    cdef double total
    _inside(starts, ends, ids.shape[0])
    _same(keys.shape[0], values.shape[0])
    _counted(starts, ends, beside, counts.shape[0])
    _same(frequency.shape[0], 256)
    out = np.zeros(starts.shape[0])
    cdef double[::1] sums = out
    cdef uint64_t[1 << (LOW - 6)] likely
    cdef uint32_t[1 << LOW] where
    with nogil:
        _marked(keys, likely, where)
        for row in range(starts.shape[0]):
            total = 0
            for place in range(starts[row], ends[row]):
                key = _key(keys, likely, where, ids[place])
                if key >= 0:
                    total += values[key] * frequency[counts[beside[row] + place - starts[row]]]
            sums[row] = total
    return out


def largest_shared(Ids keys, Floats values, Ids ids, Nums starts, Nums ends, int count):
    _inside(starts, ends, ids.shape[0])
    _same(keys.shape[0], values.shape[0])
    if not 0 < count <= MOST:
        raise ValueError(f"the {count} largest values are not told, 1 to {MOST} are")
    out = np.empty(starts.shape[0], np.float32)
    cdef float[::1] sums = out
    cdef float[MOST] best  # the largest so far, in descending order
    cdef int64_t row, place, key, slot
    cdef double total
    cdef uint64_t[1 << (LOW - 6)] likely
    cdef uint32_t[1 << LOW] where
    with nogil:
        _marked(keys, likely, where)
        for row in range(starts.shape[0]):
            for slot in range(count):
                best[slot] = 0
            if row + AHEAD < starts.shape[0] and starts[row + AHEAD] < ends[row + AHEAD]:
                related_fetch(&ids[starts[row + AHEAD]], 4 * (ends[row + AHEAD] - starts[row + AHEAD]))
            for place in range(starts[row], ends[row]):
                key = _key(keys, likely, where, ids[place])
                if key >= 0:
                    _pushed(best, count, values[key])
            total = 0
            for slot in range(count):
                total += best[slot]
            sums[row] = <float>total
    return out


def largest_sums(Floats values, Nums offsets, int count):
    _within(offsets, values.shape[0])
    if not 0 < count <= MOST:
        raise ValueError(f"the {count} largest values are not told, 1 to {MOST} are")
    out = np.empty(offsets.shape[0] - 1, np.float32)
    cdef float[::1] sums = out
    cdef double[MOST] best  # the largest so far, in descending order
    cdef int64_t row, place, held, slot
    cdef double total
    with nogil:
        for row in range(offsets.shape[0] - 1):
            held = 0
            for place in range(offsets[row], offsets[row + 1]):
                if held < count:
                    held += 1
                elif values[place] <= best[held - 1]:
                    continue
                slot = held - 1
                while slot > 0 and best[slot - 1] < values[place]:
                    best[slot] = best[slot - 1]
                    slot -= 1
                best[slot] = values[place]
            total = 0
            for slot in range(held):
                total += best[slot]
            sums[row] = <float>total
    return out


def best_products(
    Nums places, Floats weights, Nums offsets, Nums starts, Nums columns, Floats values, int64_t width
):
    _within(offsets, places.shape[0])
    _within(starts, columns.shape[0])
    _same(places.shape[0], weights.shape[0])
    _same(columns.shape[0], values.shape[0])
    _below(places, starts.shape[0] - 1)
    _below(columns, width)
    out = np.zeros(offsets.shape[0] - 1, np.float32)
    line = np.zeros(max(width, 0))
    cdef float[::1] best = out
    cdef double[::1] sums = line
    cdef int64_t row, place, there
    cdef double most
    with nogil:
        for row in range(offsets.shape[0] - 1):
            for there in range(width):
                sums[there] = 0
            for place in range(offsets[row], offsets[row + 1]):
                for there in range(starts[places[place]], starts[places[place] + 1]):
                    sums[columns[there]] += <double>weights[place] * values[there]
            most = 0
            for there in range(width):
                if sums[there] > most:
                    most = sums[there]
            best[row] = <float>most
    return out


def best_sums(
    Nums places, Floats weights, Nums offsets, Nums starts, Nums columns, int64_t width, int count
):
    _within(offsets, places.shape[0])
    _within(starts, columns.shape[0])
    _same(places.shape[0], weights.shape[0])
    _below(places, starts.shape[0] - 1)
    _below(columns, width)
    if not 0 < count <= MOST:
        raise ValueError(f"the {count} largest values are not told, 1 to {MOST} are")
    out = np.zeros(offsets.shape[0] - 1, np.float32)
    line = np.zeros(max(width, 0) * count, np.float32)
    cdef float[::1] best = out
    cdef float[::1] held = line  # the largest of each column so far, in descending order
    cdef int64_t row, place, there, slot
    cdef double total, most
    with nogil:
        for row in range(offsets.shape[0] - 1):
            for slot in range(width * count):
                held[slot] = 0
            for place in range(offsets[row], offsets[row + 1]):
                for there in range(starts[places[place]], starts[places[place] + 1]):
                    _pushed(&held[columns[there] * count], count, weights[place])
            most = 0
            for there in range(width):
                total = 0
                for slot in range(there * count, (there + 1) * count):
                    total += held[slot]
                if total > most:
                    most = total
            best[row] = <float>most
    return out


cdef void _marked(Ids keys, uint64_t *likely, uint32_t *where) noexcept nogil:
    """Note of the low bits of an id whether a key has them, and which one; of several the last."""
    cdef int64_t place, key
    cdef uint32_t low
    for place in range(1 << (LOW - 6)):
        likely[place] = 0
    for key in range(keys.shape[0]):
        low = keys[key] & ((1 << LOW) - 1)
        likely[low >> 6] |= <uint64_t>1 << (low & 63)
        where[low] = key


cdef inline int64_t _key(Ids keys, uint64_t *likely, uint32_t *where, uint32_t id) noexcept nogil:
    """Return where an id stands in the keys that were `_marked`, -1 where it does not."""
    cdef uint32_t low = id & ((1 << LOW) - 1)
    if not likely[low >> 6] >> (low & 63) & 1:
        return -1
    return where[low] if keys[where[low]] == id else _found(keys, id)


cdef inline void _pushed(float *held, int64_t count, float value) noexcept nogil:
    """Put a value among the largest, which descend, if it is one of them."""
    cdef int64_t slot = count - 1
    if value <= held[slot]:
        return
    while slot > 0 and held[slot - 1] < value:
        held[slot] = held[slot - 1]
        slot -= 1
    held[slot] = value


cdef int64_t _found(Ids keys, uint32_t id) noexcept nogil:
    """Return where an id stands in the ascending keys, -1 where it does not."""
    cdef int64_t low = 0, high = keys.shape[0], middle
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < id:
            low = middle + 1
        else:
            high = middle
    return low if low < keys.shape[0] and keys[low] == id else -1


def run_hashes(Ids words, int64_t run):
    cdef int64_t count = max(words.shape[0] - run + 1, 0), start, place
    hashes_ = np.zeros(count, np.uint64)
    cdef uint64_t[::1] hashes = hashes_
    with nogil:
        for start in range(count):
            for place in range(start, start + run):
                hashes[start] = hashes[start] * MULTIPLIER + words[place]
    return hashes_


def runs_held(
    const uint64_t[::1] hashes, int64_t run, const uint16_t[::1] sequences, Nums offsets, Ids words, Nums starts
):
    _within(offsets, sequences.shape[0])
    _same(offsets.shape[0] - 1, starts.shape[0])
    _below(starts, words.shape[0] + 1)
    held_ = np.zeros((starts.shape[0], hashes.shape[0]), np.bool_)
    if not words.shape[0] or not hashes.shape[0] or run < 1:
        return held_
    cdef uint8_t[:, ::1] held = held_.view(np.uint8)
    cdef uint64_t[1 << (LOW - 6)] likely  # of the first bits of a hash
    cdef uint64_t hash, high, power = 1
    cdef int64_t row, place, found, low, end, middle, last = words.shape[0] - 1
    with nogil:
        for place in range(1 << (LOW - 6)):
            likely[place] = 0
        for place in range(hashes.shape[0]):
            high = hashes[place] >> (64 - LOW)
            likely[high >> 6] |= <uint64_t>1 << (high & 63)
        for place in range(run):
            power *= MULTIPLIER
        for row in range(starts.shape[0]):
            hash = 0
            for place in range(offsets[row], offsets[row + 1]):
                hash = hash * MULTIPLIER + words[min(starts[row] + sequences[place], last)]
                if place >= offsets[row] + run:
                    hash -= power * words[min(starts[row] + sequences[place - run], last)]
                high = hash >> (64 - LOW)
                if place + 1 < offsets[row] + run or not likely[high >> 6] >> (high & 63) & 1:
                    continue
                low, end = 0, hashes.shape[0] - 1
                while low < end:
                    middle = (low + end) >> 1
                    if hashes[middle] < hash:
                        low = middle + 1
                    else:
                        end = middle
                if hashes[low] == hash:
                    held[row, low] = 1
    return held_


def row_sums(Floats values, Nums offsets):
    _within(offsets, values.shape[0])
    out = np.empty(offsets.shape[0] - 1, np.float32)
    cdef float[::1] sums = out
    cdef int64_t row, place
    cdef double total
    with nogil:
        for row in range(offsets.shape[0] - 1):
            total = 0
            for place in range(offsets[row], offsets[row + 1]):
                total += values[place]
            sums[row] = <float>total
    return out


cdef int _same(Py_ssize_t one, Py_ssize_t other) except -1:
    if one != other:
        raise ValueError(f"{other} values beside {one}")
    return 0


cdef int _below(Nums places, int64_t size) except -1:
    cdef Py_ssize_t i
    for i in range(places.shape[0]):
        if places[i] < 0 or places[i] >= size:
            raise IndexError(f"{places[i]} is no place among {size}")
    return 0


cdef int64_t _inside(Nums starts, Nums ends, Py_ssize_t size) except -1:
    """Return how many values rows have; raise unless they lie within so many, but for empty ones."""
    cdef Py_ssize_t i
    cdef int64_t total = 0
    _same(starts.shape[0], ends.shape[0])
    for i in range(starts.shape[0]):
        if starts[i] != ends[i]:
            if starts[i] < 0 or ends[i] < starts[i] or ends[i] > size:
                raise IndexError(f"rows do not lie within {size} values")
            total += ends[i] - starts[i]
    return total


cdef int _counted(Nums starts, Nums ends, Nums beside, Py_ssize_t size) except -1:
    """Raise unless the counts of rows lie within so many."""
    cdef Py_ssize_t i
    _same(starts.shape[0], beside.shape[0])
    for i in range(starts.shape[0]):
        if starts[i] < ends[i] and (beside[i] < 0 or ends[i] - starts[i] > size - beside[i]):
            raise IndexError(f"rows do not lie within {size} counts")
    return 0


cdef int _within(Nums offsets, Py_ssize_t size) except -1:
    """Raise unless the rows lie within so many values: beyond them is other memory."""
    cdef Py_ssize_t i
    if not offsets.shape[0] or offsets[0] < 0 or offsets[offsets.shape[0] - 1] > size:
        raise IndexError(f"rows do not lie within {size} values")
    for i in range(offsets.shape[0] - 1):
        if offsets[i] > offsets[i + 1]:
            raise IndexError("offsets of rows do not ascend")
    return 0
