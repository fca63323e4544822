# CRC-32 of bytes, as zlib has it, without a call for each word.

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


cdef inline uint32_t _more(uint32_t state, const uint8_t *data, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        state = TABLE[(state ^ data[i]) & 0xFF] ^ (state >> 8)
    return state
