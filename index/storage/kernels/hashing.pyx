# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The same as `plain_hashing`, in C: no string is made of two, and no dictionary."""

from libc.stdint cimport int32_t, uint8_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

import numpy as np

include "crc.pxi"
include "sources.pxi"

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except? NULL

ctypedef const uint32_t[::1] Ids

cdef enum:
    MOST = 255
    DIGITS = 2048  # values of eleven bits: two passes order what is below 2 ** 22, three all
    FEW = 1500  # values that are ordered by eight bits at a time: there are fewer places to count than they are


cdef uint32_t _of(uint32_t state, str item) except? 0:
    """Go on with the bytes of a text; one that holds half a letter has those of plain `hashes`."""
    cdef Py_ssize_t size = 0
    cdef const char *data
    cdef bytes encoded
    try:
        data = PyUnicode_AsUTF8AndSize(item, &size)
    except UnicodeEncodeError:
        encoded = item.encode("utf-8", "surrogatepass")
        return _more(state, <const uint8_t *> <const char *> encoded, len(encoded))
    return _more(state, <const uint8_t *> data, size)


def hashes(list items, uint32_t begun=0):
    out = np.empty(len(items), np.uint32)
    cdef uint32_t[::1] found = out
    cdef Py_ssize_t i
    for i in range(len(items)):
        found[i] = ~_of(~begun, items[i])
    return out


def pair_hashes(list items, uint32_t begun=0):
    out = np.empty(max(len(items) - 1, 0), np.uint32)
    cdef uint32_t[::1] found = out
    cdef uint32_t state
    cdef Py_ssize_t i
    for i in range(len(items) - 1):
        state = _more(_of(~begun, items[i]), <const uint8_t *> " ", 1)
        found[i] = ~_of(state, items[i + 1])
    return out


def counted(Ids ids):
    cdef Py_ssize_t size = ids.shape[0], i, different = 0
    cdef uint32_t *room = <uint32_t *> malloc((2 * size + 1) * sizeof(uint32_t))
    cdef uint32_t *one = room
    cdef uint32_t *other = room + size
    cdef uint32_t most = 0
    cdef int bits = 8 if size < FEW else 11, done = 0
    cdef uint32_t[::1] found
    cdef uint8_t[::1] times
    if not room:
        raise MemoryError
    try:
        with nogil:
            for i in range(size):
                one[i] = ids[i]
                most |= ids[i]
            while done < 32 and most >> done:
                _sort(one, other, size, done, bits)
                one, other = other, one
                done += bits
            for i in range(size):
                different += not i or one[i] != one[i - 1]
        values, counts = np.empty(different, np.uint32), np.empty(different, np.uint8)
        found, times = values, counts
        different = -1
        for i in range(size):
            if i and one[i] == one[i - 1]:
                times[different] += times[different] < MOST
            else:
                different += 1
                found[different], times[different] = one[i], 1
        return values, counts
    finally:
        free(room)


def count_in(Ids ids, int32_t[::1] totals):
    cdef Py_ssize_t i
    with nogil:
        for i in range(ids.shape[0]):
            totals[ids[i]] += 1


cdef void _sort(
    const uint32_t *values, uint32_t *out, Py_ssize_t size, int begin, int bits
) noexcept nogil:
    """Order values by some of their bits; those that are equal there stay in their order."""
    cdef uint32_t places[DIGITS]
    cdef uint32_t place = 0, held, digits = 1u << bits
    cdef Py_ssize_t i
    memset(places, 0, digits * sizeof(uint32_t))
    for i in range(size):
        places[(values[i] >> begin) & (digits - 1)] += 1
    for i in range(digits):
        held = places[i]
        places[i] = place
        place += held
    for i in range(size):
        held = (values[i] >> begin) & (digits - 1)
        out[places[held]] = values[i]
        places[held] += 1
