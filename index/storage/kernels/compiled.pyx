# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The same as `plain`, in C: one walk over the values, without arrays of positions."""

from libc.math cimport sqrt
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

import numpy as np

include "checks.pxi"
include "sources.pxi"

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

    /* Several searches at once, none of which waits for a guess of where it goes on or for another one's memory. */
    static void related_counts(const int64_t *ordered, int64_t size, const int64_t *values, int64_t count,
                               int64_t *below) {
        enum { TOGETHER = 16 };
        for (int64_t first = 0; first < count; first += TOGETHER) {
            int64_t base[TOGETHER] = {0}, some = count - first < TOGETHER ? count - first : TOGETHER;
            for (int64_t left = size; left > 1; left -= left / 2)
                for (int64_t i = 0; i < some; i++)
                    base[i] += (ordered[base[i] + left / 2 - 1] < values[first + i]) * (left / 2);
            for (int64_t i = 0; i < some; i++)
                below[first + i] = base[i] + (size && ordered[base[i]] < values[first + i]);
        }
    }

    """
    bint related_read(int file, char *out, int64_t bytes, int64_t begin) nogil
    void related_counts(const int64_t *ordered, int64_t size, const int64_t *values, int64_t count,
                        int64_t *below) nogil
    void related_floats(const uint16_t *halves, float *out, int64_t size) nogil

cdef enum:
    FAR = 16  # rows: so far ahead memory is asked for


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
    _are(values, np.uint32)
    cdef const uint64_t[::1] there = pointers(values, starts, ends)
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


def members(Nums starts, Nums places, Nums groups, int64_t below):
    cdef int64_t last = starts.shape[0] - 1, total = 0, count = 0, i, place, group
    for i in range(groups.shape[0]):
        group = groups[i]
        if group < 0:
            raise IndexError(f"there is no group {group}")
        if group < last:
            if not 0 <= starts[group] <= starts[group + 1] <= places.shape[0]:
                raise IndexError(f"group {group} does not lie within {places.shape[0]} places")
            total += starts[group + 1] - starts[group]
    found, positions = np.empty(total, np.int64), np.empty(total, np.int64)
    cdef int64_t[::1] held = found, rows = positions
    with nogil:
        for i in range(groups.shape[0]):
            group = groups[i]
            if group >= last:
                continue
            for place in range(starts[group], starts[group + 1]):
                if places[place] >= below:
                    break  # they ascend
                held[count], rows[count] = places[place], i
                count += 1
    return found[:count], positions[:count]


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
