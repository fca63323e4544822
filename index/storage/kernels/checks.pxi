# What the loops check before they read: of arrays in C nothing else tells where they end.

ctypedef const uint32_t[::1] Ids
ctypedef const float[::1] Floats
ctypedef const int64_t[::1] Nums

cdef extern from *:
    """
    /* Have what is read soon fetched meanwhile: rows lie anywhere in a file, each a walk through page tables. Into the
       second cache, which waits for more at once than the first, and holds more rows. */
    static inline void related_fetch(const void *begin, int64_t bytes) {
    #if defined(__GNUC__)
        for (int64_t byte = 0; byte < bytes; byte += 64)
            __builtin_prefetch((const char *)begin + byte, 0, 2);
    #endif
    }
    """
    void related_fetch(const void *begin, int64_t bytes) nogil


cdef int _same(Py_ssize_t one, Py_ssize_t other) except -1:
    if one != other:
        raise ValueError(f"{other} values beside {one}")
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


cdef int _are(values, dtype) except -1:
    if values.dtype != dtype or values.width != 1:
        raise ValueError(f"values are {values.dtype} {values.shape}, not {dtype.__name__}")
    return 0
