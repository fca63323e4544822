# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The same as `plain_hashing`, in C: no string is made of two, and no dictionary."""

from libc.stdint cimport uint8_t, uint32_t

import numpy as np

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except? NULL

ctypedef const uint32_t[::1] Ids

cdef enum:
    MOST = 255
    DIGITS = 2048  # values of eleven bits: two passes order what is below 2 ** 22, three all

cdef uint32_t TABLE[256]


cdef void _fill() noexcept:
    cdef uint32_t byte, value
    cdef int bit
    for byte in range(256):
        value = byte
        for bit in range(8):
            value = (value >> 1) ^ (0xEDB88320u if value & 1 else 0)
        TABLE[byte] = value


_fill()


cdef inline uint32_t _more(uint32_t state, const char *data, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        state = TABLE[(state ^ <uint8_t> data[i]) & 0xFF] ^ (state >> 8)
    return state


cdef uint32_t _of(uint32_t state, str item) except? 0:
    """Go on with the bytes of a text; one that holds half a letter has those of plain `hashes`."""
    cdef Py_ssize_t size = 0
    cdef const char *data
    cdef bytes encoded
    try:
        data = PyUnicode_AsUTF8AndSize(item, &size)
    except UnicodeEncodeError:
        encoded = item.encode("utf-8", "surrogatepass")
        return _more(state, encoded, len(encoded))
    return _more(state, data, size)


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
        state = _more(_of(~begun, items[i]), " ", 1)
        found[i] = ~_of(state, items[i + 1])
    return out


def counted(Ids ids):
    cdef Py_ssize_t size = ids.shape[0], i, last = -1
    ordered = np.empty(size, np.uint32)
    spare = np.empty(size, np.uint32)
    counts = np.empty(size, np.uint8)
    cdef uint32_t[::1] one = ordered, other = spare
    cdef uint8_t[::1] times = counts
    cdef uint32_t most = 0
    with nogil:
        for i in range(size):
            one[i] = ids[i]
            most |= ids[i]
        _sort(one, other, 0)
        _sort(other, one, 11)
        if most >> 22:
            _sort(one, other, 22)
            one[:] = other
        for i in range(size):
            if last >= 0 and one[last] == one[i]:
                times[last] += times[last] < MOST
            else:
                last += 1
                one[last] = one[i]
                times[last] = 1
    return ordered[: last + 1].copy(), counts[: last + 1].copy()


cdef void _sort(uint32_t[::1] values, uint32_t[::1] out, int bits) noexcept nogil:
    """Order values by eleven of their bits; those that are equal there stay in their order."""
    cdef Py_ssize_t places[DIGITS]
    cdef Py_ssize_t i, place = 0, held
    for i in range(DIGITS):
        places[i] = 0
    for i in range(values.shape[0]):
        places[(values[i] >> bits) & (DIGITS - 1)] += 1
    for i in range(DIGITS):
        held = places[i]
        places[i] = place
        place += held
    for i in range(values.shape[0]):
        held = (values[i] >> bits) & (DIGITS - 1)
        out[places[held]] = values[i]
        places[held] += 1
