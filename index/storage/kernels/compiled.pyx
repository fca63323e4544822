# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The same as `plain`, in C: one walk over the values, without arrays of positions."""

from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

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

    /* Read so many bytes of a file from a place on; return whether it has them. */
    #if defined(_WIN32)
    static int related_read(int file, char *out, int64_t bytes, int64_t begin) { return 0; }
    #else
    #include <errno.h>
    #include <unistd.h>
    static int related_read(int file, char *out, int64_t bytes, int64_t begin) {
        while (bytes > 0) {
            ssize_t got = pread(file, out, (size_t)bytes, (off_t)begin);
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                return 0;
            out += got;
            begin += got;
            bytes -= got;
        }
        return 1;
    }
    #endif

    /* Have what is read soon fetched meanwhile: rows lie anywhere in a file, each a walk through page tables. */
    static inline void related_fetch(const void *begin, int64_t bytes) {
    #if defined(__GNUC__)
        for (int64_t byte = 0; byte < bytes; byte += 64)
            __builtin_prefetch((const char *)begin + byte);
    #endif
    }

    /* Tell which of some ids have low bits that a key has, without a branch for each: most have none. */
    static inline int64_t related_likely(const uint32_t *ids, int64_t size, const uint8_t *likely, int32_t *places) {
        int64_t count = 0;
        for (int64_t i = 0; i < size; i++) {
            places[count] = (int32_t)i;
            count += likely[ids[i] & 0x7fff];
        }
        return count;
    }

    /* Several searches at once, none of which waits for a guess of where it goes on or for another one's memory. */
    static void related_counts(const int64_t *ordered, int64_t size, const int64_t *values, int64_t count,
                               int64_t *below) {
        enum { TOGETHER = 8 };
        for (int64_t first = 0; first < count; first += TOGETHER) {
            int64_t base[TOGETHER] = {0}, some = count - first < TOGETHER ? count - first : TOGETHER;
            for (int64_t left = size; left > 1; left -= left / 2)
                for (int64_t i = 0; i < some; i++)
                    base[i] += (ordered[base[i] + left / 2 - 1] < values[first + i]) * (left / 2);
            for (int64_t i = 0; i < some; i++)
                below[first + i] = base[i] + (size && ordered[base[i]] < values[first + i]);
        }
    }

    /* Add a line times a number to another one. Both are filled up to a multiple of four. */
    static inline void related_add(double *restrict sums, const double *restrict line, double times, int64_t width) {
        for (int64_t i = 0; i < width; i += 4)
            for (int64_t j = i; j < i + 4; j++)
                sums[j] += times * line[j];
    }

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
    """
    void related_fetch(const void *begin, int64_t bytes) nogil
    bint related_read(int file, char *out, int64_t bytes, int64_t begin) nogil
    int64_t related_likely(const uint32_t *ids, int64_t size, const uint8_t *likely, int32_t *places) nogil
    int64_t related_lowest(uint64_t bits) nogil
    void related_add(double *sums, const double *line, double times, int64_t width) nogil
    void related_counts(const int64_t *ordered, int64_t size, const int64_t *values, int64_t count,
                        int64_t *below) nogil
    const uint64_t MULTIPLIER "RELATED_MULTIPLIER"
    void related_floats(const uint16_t *halves, float *out, int64_t size) nogil

ctypedef const uint32_t[::1] Ids
ctypedef const float[::1] Floats
ctypedef const int64_t[::1] Nums

cdef enum:
    LOW = 15  # bits of an id that are looked at before it is searched for: a table of 32 kB
    PART = 256  # ids that are looked at before those that are likely are searched for
    MOST = 16  # of the largest values of a row
    AHEAD = 4  # rows: so far ahead memory is asked for
    DENSE = 1 << 13  # numbers of a matrix that is filled up with zeros rather than walked by its columns
    FAR = 16  # the same where little is done for a row


cdef struct Table:
    uint8_t[1 << LOW] likely  # by the low bits of an id: whether a key has them
    int32_t[1 << LOW] where  # and which one, -1: several; told only of those that are likely
    int32_t[PART] found, keys  # which of some ids are keys, and which


def pointers(values, Nums starts, Nums ends, int64_t units=1):
    cdef const uint64_t[::1] addresses = values.addresses
    cdef Nums firsts = values.firsts
    cdef int64_t width = values.dtype.itemsize * values.width, parts = addresses.shape[0], row, part
    _same(starts.shape[0], ends.shape[0])
    _same(parts, firsts.shape[0] - 1)
    found = np.empty(starts.shape[0], np.uint64)
    cdef uint64_t[::1] there = found
    for row in range(starts.shape[0]):
        if starts[row] == ends[row]:
            there[row] = 0
            continue
        part = 0
        while part < parts - 1 and starts[row] >= firsts[part + 1] * units:
            part += 1
        if starts[row] < firsts[part] * units or ends[row] < starts[row] or ends[row] > firsts[part + 1] * units:
            raise IndexError(f"a run does not lie within one part of {firsts[parts] * units} values")
        there[row] = addresses[part] + (starts[row] - firsts[part] * units) * (width // units)
    return found


def copy_runs(values, Nums starts, Nums lengths, Nums places, out):
    if values.dtype != out.dtype or values.shape != out.shape[1:]:
        raise ValueError(f"values are {values.dtype} {values.shape}, not {out.dtype} {out.shape[1:]}")
    if not out.flags.c_contiguous:
        raise ValueError("runs are copied into contiguous values")
    cdef uint8_t[::1] target = out.reshape(-1).view(np.uint8)
    cdef int64_t room = len(out), i
    cdef Py_ssize_t width = out.itemsize * values.width
    _same(starts.shape[0], lengths.shape[0])
    _same(starts.shape[0], places.shape[0])
    cdef const uint64_t[::1] there = pointers(values, starts, np.asarray(starts) + np.asarray(lengths))
    for i in range(starts.shape[0]):
        if lengths[i] and (places[i] < 0 or lengths[i] > room - places[i]):
            raise IndexError("a run lies outside of its array")
    with nogil:
        for i in range(starts.shape[0]):
            if lengths[i]:
                memcpy(&target[places[i] * width], <const void *>there[i], lengths[i] * width)


def read_runs(values, const int64_t[:, ::1] files, Nums starts, Nums lengths, out):
    if values.dtype != out.dtype or values.shape != out.shape[1:] or not out.flags.c_contiguous:
        raise ValueError(f"values are {values.dtype} {values.shape}, not {out.dtype} {out.shape[1:]}, contiguous")
    _same(starts.shape[0], lengths.shape[0])
    _same(files.shape[0], len(values.arrays))
    ends = np.asarray(starts) + np.asarray(lengths)
    cdef const uint64_t[::1] there = pointers(values, starts, ends)
    if int(np.asarray(lengths).sum()) != len(out):
        raise IndexError("runs do not fill the array")
    cdef const int64_t[::1] firsts = values.firsts
    cdef uint8_t[::1] target = out.reshape(-1).view(np.uint8)
    cdef int64_t width = out.itemsize * values.width, count = starts.shape[0], i = 0, part = 0, place = 0, bytes, begin
    cdef bint whole = True
    with nogil:
        while whole and i < count:
            if not lengths[i]:
                i += 1
                continue
            while starts[i] < firsts[part]:
                part -= 1
            while starts[i] >= firsts[part + 1]:
                part += 1
            if files[part, 0] < 0:
                bytes = lengths[i] * width
                memcpy(&target[place], <const void *>there[i], bytes)
                i += 1
            else:
                # What lies together is read at once.
                bytes = 0
                begin = files[part, 1] + (starts[i] - firsts[part]) * width
                while True:
                    bytes += lengths[i] * width
                    i += 1
                    if i == count or starts[i] != starts[i - 1] + lengths[i - 1] or starts[i] >= firsts[part + 1]:
                        break
                whole = related_read(<int>files[part, 0], <char *>&target[place], bytes, begin)
            place += bytes
    if not whole:
        raise OSError("a file of the archive is shorter than it was")


def list_ends(values, Nums starts, Nums ends, int64_t width):
    cdef const uint64_t[::1] there = _rows(values, np.uint32, starts, ends)
    cdef int64_t row, place, total
    for row in range(starts.shape[0]):
        if starts[row] < ends[row] < starts[row] + width:
            raise IndexError(f"a row has less than {width} values")
    found = np.zeros((starts.shape[0], width + 1), np.int64)
    cdef int64_t[:, ::1] sums = found
    cdef const uint32_t *lengths
    with nogil:
        for row in range(starts.shape[0]):
            if row + FAR < starts.shape[0] and there[row + FAR]:
                related_fetch(<const void *>there[row + FAR], 4 * width)
            lengths = <const uint32_t *>there[row]
            total = 0
            for place in range(width if lengths else 0):
                total += lengths[place]
                sums[row, place + 1] = total
    return found


def counts_below(Nums ordered, Nums values):
    found = np.zeros(values.shape[0], np.int64)
    cdef int64_t[::1] below = found
    if ordered.shape[0] and values.shape[0]:
        with nogil:
            related_counts(&ordered[0], ordered.shape[0], &values[0], values.shape[0], &below[0])
    return found


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
    cdef Table table
    cdef int64_t row, begin, i
    cdef double total
    with nogil:
        _marked(keys, &table)
        for row in range(offsets.shape[0] - 1):
            total = 0
            begin = offsets[row]
            while begin < offsets[row + 1]:
                for i in range(_matched(keys, &table, &ids[begin], offsets[row + 1] - begin)):
                    if counted:
                        total += values[table.keys[i]] * frequency[counts[begin + table.found[i]]]
                    else:
                        total += values[table.keys[i]]
                begin += PART
            sums[row] = total
    return out


def shared_terms(Ids keys, Ids ids, Nums offsets):
    _within(offsets, ids.shape[0])
    found_, places_ = np.empty(ids.shape[0], np.int64), np.empty(ids.shape[0], np.int64)
    bounds = np.zeros(offsets.shape[0], np.int64)
    cdef int64_t[::1] found = found_, places = places_, ends = bounds
    cdef Table table
    cdef int64_t row, begin, i, count = 0
    with nogil:
        _marked(keys, &table)
        for row in range(offsets.shape[0] - 1):
            begin = offsets[row]
            while begin < offsets[row + 1]:
                for i in range(_matched(keys, &table, &ids[begin], offsets[row + 1] - begin)):
                    found[count] = begin + table.found[i]
                    places[count] = table.keys[i]
                    count += 1
                begin += PART
            ends[row + 1] = count
    return found_[:count], places_[:count], bounds


def shared_weights(
    Ids keys, Floats rarity, ids, Nums starts, Nums ends, Nums beside, Floats frequency
):
    cdef const uint64_t[::1] there = _rows(ids, np.uint32, starts, ends)
    cdef const uint64_t[::1] marks = _counts(ids, starts, ends, beside)
    cdef int64_t total = 0, row, begin, size, i, count = 0
    _same(keys.shape[0], rarity.shape[0])
    _same(frequency.shape[0], 256)
    for row in range(starts.shape[0]):
        total += ends[row] - starts[row]
    places_, weights_ = np.empty(total, np.int64), np.empty(total, np.float32)
    bounds = np.zeros(starts.shape[0] + 1, np.int64)
    cdef int64_t[::1] places = places_, offsets = bounds
    cdef float[::1] weights = weights_
    cdef const uint32_t *own
    cdef const uint8_t *counts
    cdef Table table
    with nogil:
        _marked(keys, &table)
        for row in range(starts.shape[0]):
            if row + AHEAD < starts.shape[0]:
                related_fetch(<const void *>there[row + AHEAD], 4 * (ends[row + AHEAD] - starts[row + AHEAD]))
                related_fetch(<const void *>marks[row + AHEAD], ends[row + AHEAD] - starts[row + AHEAD])
            counts = <const uint8_t *>marks[row]
            own, begin, size = <const uint32_t *>there[row], 0, ends[row] - starts[row]
            while begin < size:
                for i in range(_matched(keys, &table, own + begin, size - begin)):
                    places[count] = table.keys[i]
                    weights[count] = frequency[counts[begin + table.found[i]]] * rarity[table.keys[i]]
                    count += 1
                begin += PART
            offsets[row + 1] = count
    return places_[:count], weights_[:count], bounds


def span_sums(
    Ids keys, const double[::1] values, ids, Nums starts, Nums ends, Nums beside=None, Floats frequency=None
):
    cdef const uint64_t[::1] there = _rows(ids, np.uint32, starts, ends), marks = None
    cdef int64_t row, begin, size, i
    cdef double total
    cdef bint counted = beside is not None
    _same(keys.shape[0], values.shape[0])
    if counted:
        marks = _counts(ids, starts, ends, beside)
        _same(frequency.shape[0], 256)
    out = np.zeros(starts.shape[0])
    cdef double[::1] sums = out
    cdef const uint32_t *own
    cdef const uint8_t *counts = NULL
    cdef Table table
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
                for i in range(_matched(keys, &table, own + begin, size - begin)):
                    if counted:
                        total += values[table.keys[i]] * frequency[counts[begin + table.found[i]]]
                    else:
                        total += values[table.keys[i]]
                begin += PART
            sums[row] = total
    return out


def largest_shared(Ids keys, Floats values, ids, Nums starts, Nums ends, int count):
    cdef const uint64_t[::1] there = _rows(ids, np.uint32, starts, ends)
    _same(keys.shape[0], values.shape[0])
    if not 0 < count <= MOST:
        raise ValueError(f"the {count} largest values are not told, 1 to {MOST} are")
    out = np.empty(starts.shape[0], np.float32)
    cdef float[::1] sums = out
    cdef float[MOST] best  # the largest so far, in descending order
    cdef int64_t row, begin, size, i, slot
    cdef const uint32_t *own
    cdef double total
    cdef Table table
    with nogil:
        _marked(keys, &table)
        for row in range(starts.shape[0]):
            for slot in range(count):
                best[slot] = 0
            if row + AHEAD < starts.shape[0]:
                related_fetch(<const void *>there[row + AHEAD], 4 * (ends[row + AHEAD] - starts[row + AHEAD]))
            own, begin, size = <const uint32_t *>there[row], 0, ends[row] - starts[row]
            while begin < size:
                for i in range(_matched(keys, &table, own + begin, size - begin)):
                    _pushed(best, count, values[table.keys[i]])
                begin += PART
            total = 0
            for slot in range(count):
                total += best[slot]
            sums[row] = <float>total
    return out


def largest_sums(Nums places, Nums offsets, Floats worth, int count):
    _within(offsets, places.shape[0])
    _below(places, worth.shape[0])
    if not 0 < count <= MOST:
        raise ValueError(f"the {count} largest values are not told, 1 to {MOST} are")
    out = np.empty(offsets.shape[0] - 1, np.float32)
    cdef float[::1] sums = out
    cdef float[MOST] best  # the largest so far, in descending order
    cdef int64_t row, place, slot
    cdef double total
    with nogil:
        for row in range(offsets.shape[0] - 1):
            for slot in range(count):
                best[slot] = 0
            for place in range(offsets[row], offsets[row + 1]):
                _pushed(best, count, worth[places[place]])
            total = 0
            for slot in range(count):
                total += best[slot]
            sums[row] = <float>total
    return out


def window_counts(const uint16_t[::1] sequence, int64_t size, int64_t step):
    if size < 0 or step < 1:
        raise ValueError(f"{size} words in windows of two steps of {step}")
    cdef int64_t length = sequence.shape[0], window, place, word, row
    cdef int64_t count = max((length + step - 1) // step - 1, 1)
    for place in range(length):
        if sequence[place] >= size:
            raise IndexError(f"{sequence[place]} is no place among {size}")
    starts_, room_ = np.zeros(size + 1, np.int64), np.zeros(size + 1, np.int64)
    columns_, times_ = np.empty(2 * length, np.int64), np.empty(2 * length, np.int64)
    cdef int64_t[::1] starts = starts_, room = room_, columns = columns_, times = times_
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
    return starts_, columns_[:starts_[size]], times_[:starts_[size]], count


def best_products(
    Nums places, Floats weights, Nums offsets, Nums starts, Nums columns, Floats values, int64_t width
):
    _within(offsets, places.shape[0])
    _within(starts, columns.shape[0])
    _same(places.shape[0], weights.shape[0])
    _same(columns.shape[0], values.shape[0])
    _below(places, starts.shape[0] - 1)
    _below(columns, width)
    cdef int64_t row, place, there, padded = (max(width, 1) + 3) // 4 * 4
    cdef bint dense = padded * starts.shape[0] <= DENSE
    out = np.zeros(offsets.shape[0] - 1, np.float32)
    cdef float[::1] best = out
    cdef double[::1] sums = np.zeros(padded)
    cdef double[:, ::1] lines = np.zeros((starts.shape[0] if dense else 0, padded))
    cdef double most
    with nogil:
        for place in range(starts.shape[0] - 1 if dense else 0):
            for there in range(starts[place], starts[place + 1]):
                lines[place, columns[there]] += values[there]
        for row in range(offsets.shape[0] - 1):
            memset(&sums[0], 0, padded * sizeof(double))
            for place in range(offsets[row], offsets[row + 1]):
                if dense:
                    related_add(&sums[0], &lines[places[place], 0], weights[place], padded)
                    continue
                for there in range(starts[places[place]], starts[places[place] + 1]):
                    sums[columns[there]] += <double>weights[place] * values[there]
            most = 0
            for there in range(width):
                if sums[there] > most:
                    most = sums[there]
            best[row] = <float>most
    return out


def best_shares(
    Ids keys, ids, Nums starts, Nums ends, Floats worth, Nums held, Nums columns, int64_t width
):
    cdef const uint64_t[::1] there = _rows(ids, np.uint32, starts, ends)
    _within(held, columns.shape[0])
    _same(keys.shape[0], held.shape[0] - 1)
    _below(columns, width)
    out = np.zeros(starts.shape[0], np.float32)
    line = np.zeros(max(width, 1))
    cdef float[::1] shares = out
    cdef double[::1] sums = line
    cdef int64_t row, begin, size, place, i, key
    cdef uint32_t known = worth.shape[0]
    cdef const uint32_t *own
    cdef double total, most
    cdef Table table
    with nogil:
        _marked(keys, &table)
        for row in range(starts.shape[0]):
            if row + FAR < starts.shape[0]:
                related_fetch(<const void *>there[row + FAR], 4 * (ends[row + FAR] - starts[row + FAR]))
            if row + AHEAD < starts.shape[0]:
                own = <const uint32_t *>there[row + AHEAD]
                for place in range(ends[row + AHEAD] - starts[row + AHEAD]):
                    if own[place] < known:
                        related_fetch(&worth[own[place]], 4)
            memset(&sums[0], 0, sums.shape[0] * sizeof(double))
            own, begin, size = <const uint32_t *>there[row], 0, ends[row] - starts[row]
            total, most = 0, 0
            for place in range(size):
                if own[place] < known:
                    total += worth[own[place]]
            while begin < size:
                for i in range(_matched(keys, &table, own + begin, size - begin)):
                    key = table.keys[i]
                    if keys[key] < known:
                        for place in range(held[key], held[key + 1]):
                            sums[columns[place]] += worth[keys[key]]
                            most = max(most, sums[columns[place]])
                begin += PART
            shares[row] = <float>(most / total if total > 0 else 0)
    return out


def best_sums(
    Nums places, Nums offsets, Floats worth, Nums starts, Nums columns, int64_t width, int count
):
    _within(offsets, places.shape[0])
    _within(starts, columns.shape[0])
    _same(starts.shape[0], worth.shape[0] + 1)
    _below(places, worth.shape[0])
    _below(columns, width)
    if not 0 < count <= MOST:
        raise ValueError(f"the {count} largest values are not told, 1 to {MOST} are")
    out = np.zeros(offsets.shape[0] - 1, np.float32)
    order_ = np.argsort(-np.asarray(worth), kind="stable")
    ranks_ = np.empty(len(order_), np.int64)
    ranks_[order_] = np.arange(len(order_))
    cdef float[::1] best = out
    cdef Nums order = order_, ranks = ranks_
    cdef uint64_t[::1] held = np.zeros(len(order_) // 64 + 1, np.uint64)  # by rank: the largest first
    cdef uint8_t[::1] filled = np.zeros(max(width, 1), np.uint8)  # how many values of a row each column has
    cdef double[::1] sums = np.zeros(max(width, 1))
    cdef int64_t row, place, there, bits, rank, column, seen
    cdef double most, largest
    with nogil:
        for row in range(offsets.shape[0] - 1):
            for place in range(offsets[row], offsets[row + 1]):
                rank = ranks[places[place]]
                held[rank >> 6] |= <uint64_t>1 << (rank & 63)
            most, largest, seen = 0, 0, 0
            memset(&filled[0], 0, filled.shape[0])
            memset(&sums[0], 0, sums.shape[0] * sizeof(double))
            for bits in range(held.shape[0]):
                while held[bits]:
                    rank = bits << 6 | related_lowest(held[bits])
                    held[bits] &= held[bits] - 1
                    place = order[rank]
                    if seen < count - 1:
                        largest += worth[place]
                        seen += 1
                    elif largest + worth[place] <= most:
                        held[bits] = 0  # no column comes to more: all that follows is worth less
                        continue
                    for there in range(starts[place], starts[place + 1]):
                        column = columns[there]
                        if filled[column] < count:
                            filled[column] += 1
                            sums[column] += worth[place]
                            most = max(most, sums[column])
            best[row] = <float>most
    return out


cdef void _marked(Ids keys, Table *table) noexcept nogil:
    """Note of the low bits of an id whether a key has them, and which one."""
    cdef int64_t key
    cdef uint32_t low
    memset(table.likely, 0, sizeof(table.likely))
    for key in range(keys.shape[0]):
        low = keys[key] & ((1 << LOW) - 1)
        table.where[low] = -1 if table.likely[low] else <int32_t>key
        table.likely[low] = 1


cdef inline int64_t _matched(Ids keys, Table *table, const uint32_t *ids, int64_t size) noexcept nogil:
    """Note which of the first ids are keys that were `_marked`; return how many are."""
    cdef int64_t count = 0, i, key
    cdef uint32_t id
    for i in range(related_likely(ids, min(size, PART), table.likely, table.found)):
        id = ids[table.found[i]]
        key = table.where[id & ((1 << LOW) - 1)]
        if key < 0:
            key = _found(keys, id)
        if key < 0 or keys[key] != id:
            continue
        table.found[count] = table.found[i]
        table.keys[count] = key
        count += 1
    return count


cdef inline void _pushed(float *held, int64_t count, float value) noexcept nogil:
    """Put a value among the largest, which descend, if it is one of them: without a branch that is guessed."""
    cdef int64_t slot
    cdef float larger
    for slot in range(count):
        larger = max(held[slot], value)
        value = min(held[slot], value)
        held[slot] = larger


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
    const uint64_t[::1] hashes, int64_t run, sequences, Nums begins, Nums ends, words, Nums first, Nums last
):
    cdef const uint64_t[::1] places = _rows(sequences, np.uint16, begins, ends)
    cdef const uint64_t[::1] there = _rows(words, np.uint32, first, last)
    _same(begins.shape[0], first.shape[0])
    held_ = np.zeros((first.shape[0], hashes.shape[0]), np.bool_)
    if not hashes.shape[0] or run < 1:
        return held_
    cdef uint8_t[:, ::1] held = held_.view(np.uint8)
    cdef uint8_t[1 << LOW] likely  # by the first bits of a hash
    cdef uint64_t hash, power = 1
    cdef int64_t row, place, low, end, middle, most
    cdef const uint16_t *said
    cdef const uint32_t *own
    with nogil:
        memset(likely, 0, sizeof(likely))
        for place in range(hashes.shape[0]):
            likely[hashes[place] >> (64 - LOW)] = 1
        for place in range(run):
            power *= MULTIPLIER
        for row in range(first.shape[0]):
            hash, most = 0, last[row] - first[row] - 1
            said, own = <const uint16_t *>places[row], <const uint32_t *>there[row]
            for place in range(ends[row] - begins[row] if most >= 0 else 0):
                hash = hash * MULTIPLIER + own[min(<int64_t>said[place], most)]
                if place >= run:
                    hash -= power * own[min(<int64_t>said[place - run], most)]
                if place + 1 < run or not likely[hash >> (64 - LOW)]:
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


def weighted_sums(Nums places, Floats weights, Nums offsets, Floats values):
    _within(offsets, places.shape[0])
    _same(places.shape[0], weights.shape[0])
    _below(places, values.shape[0])
    out = np.empty(offsets.shape[0] - 1, np.float32)
    cdef float[::1] sums = out
    cdef int64_t row, place
    cdef double total
    with nogil:
        for row in range(offsets.shape[0] - 1):
            total = 0
            for place in range(offsets[row], offsets[row + 1]):
                total += weights[place] * values[places[place]]
            sums[row] = <float>total
    return out


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
    cdef int64_t outside = 0  # below 0 where one is: looked at all at once, for hardly ever one is
    for i in range(places.shape[0]):
        outside |= places[i] | (size - 1 - places[i])
    if outside < 0:
        for i in range(places.shape[0]):
            if places[i] < 0 or places[i] >= size:
                raise IndexError(f"{places[i]} is no place among {size}")
    return 0


cdef _rows(values, dtype, Nums starts, Nums ends):
    """Return where rows lie in memory, 0 for an empty one, (n,) uint64; raise unless each lies within a part."""
    if values.dtype != dtype or values.width != 1:
        raise ValueError(f"values are {values.dtype} {values.shape}, not {dtype.__name__}")
    return pointers(values, starts, ends)


cdef _counts(values, Nums starts, Nums ends, Nums beside):
    """Return where the counts of rows lie among the bytes of the values, likewise."""
    _same(starts.shape[0], beside.shape[0])
    last = np.asarray(beside) + (np.asarray(ends) - np.asarray(starts))
    return pointers(values, beside, last, values.dtype.itemsize)


cdef int _within(Nums offsets, Py_ssize_t size) except -1:
    """Raise unless the rows lie within so many values: beyond them is other memory."""
    cdef Py_ssize_t i
    if not offsets.shape[0] or offsets[0] < 0 or offsets[offsets.shape[0] - 1] > size:
        raise IndexError(f"rows do not lie within {size} values")
    for i in range(offsets.shape[0] - 1):
        if offsets[i] > offsets[i + 1]:
            raise IndexError("offsets of rows do not ascend")
    return 0
