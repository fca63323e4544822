# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The same as `plain_vectors`, in C: each row is read once, and meets all vectors while it is at hand."""

from libc.stdint cimport int8_t, int64_t, uint64_t

import numpy as np

from index.storage.kernels.compiled import pointers

include "sources.pxi"

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    #if defined(__GNUC__)
    #define RELATED_INLINE static inline __attribute__((always_inline))
    #define RELATED_AHEAD(place) __builtin_prefetch(place, 0, 2)  /* into the second cache, which waits for more at once */
    #else
    #define RELATED_INLINE static inline
    #define RELATED_AHEAD(place)
    #endif
    #if defined(__GNUC__) && defined(__x86_64__)
    #include <immintrin.h>
    #define RELATED_X86 1
    #endif

    enum { RELATED_LANES = 16, RELATED_LINE = 64, RELATED_EARLY = 8 };  /* sums side by side; bytes of a line; rows */

    /* Rows lie anywhere: a later one is fetched meanwhile. */
    RELATED_INLINE void related_fetch(const uint64_t *there, int64_t i, int64_t count, int64_t size) {
        if (i + RELATED_EARLY < count)
            for (int64_t byte = 0; byte < 2 * size; byte += RELATED_LINE)
                RELATED_AHEAD((const char *)(uintptr_t)there[i + RELATED_EARLY] + byte);
    }

    RELATED_INLINE float related_widened(uint16_t half) {
        uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13, bits;
        float value;
        memcpy(&value, &magnitude, 4);
        value *= 0x1p112f;  /* the difference of both exponents' zero points */
        memcpy(&bits, &value, 4);
        bits |= magnitude >= 0x0f800000u ? 0x7f800000u : 0;  /* infinite, or no number */
        bits |= (uint32_t)(half & 0x8000) << 16;
        memcpy(&value, &bits, 4);
        return value;
    }

    RELATED_INLINE float related_sum(const float *lanes) {
        float eight[8], four[4];
        for (int lane = 0; lane < 8; lane++)
            eight[lane] = lanes[lane] + lanes[lane + 8];
        for (int lane = 0; lane < 4; lane++)
            four[lane] = eight[lane] + eight[lane + 4];
        return (four[0] + four[2]) + (four[1] + four[3]);
    }

    /* Products of one row with four vectors, whose numbers follow each other in blocks of lanes. */
    RELATED_INLINE void related_four(const float *row, const float *vectors, int64_t size, float *out) {
    #if defined(__GNUC__)
        typedef float lanes __attribute__((vector_size(4 * RELATED_LANES)));  /* registers as wide as there are */
        lanes sums[4] = {{0}}, left, right;
        for (int64_t place = 0; place < size; place += RELATED_LANES) {
            memcpy(&left, row + place, sizeof left);
            for (int j = 0; j < 4; j++) {
                memcpy(&right, vectors + j * size + place, sizeof right);
                sums[j] += left * right;
            }
        }
    #else
        float sums[4][RELATED_LANES] = {{0}};
        for (int64_t place = 0; place < size; place += RELATED_LANES)
            for (int j = 0; j < 4; j++)
                for (int lane = 0; lane < RELATED_LANES; lane++)
                    sums[j][lane] += row[place + lane] * vectors[j * size + place + lane];
    #endif
        for (int j = 0; j < 4; j++) {
            float each[RELATED_LANES];
            memcpy(each, &sums[j], sizeof each);
            out[j] = related_sum(each);
        }
    }

    /* What `WIDEN` leaves of a row is widened one by one. Rows and vectors are filled up with zeros to `padded`. */
    #define RELATED_ROWS(NAME, TARGET, WIDEN)                                                                \\
    TARGET static void NAME(const uint64_t *there, int64_t count, int64_t size,                              \\
                            const float *vectors, int64_t width, int64_t padded, float *row, float *out) {   \\
        for (int64_t i = 0; i < count; i++) {                                                                \\
            const uint16_t *halves = (const uint16_t *)(uintptr_t)there[i];                                  \\
            int64_t k = 0;                                                                                   \\
            related_fetch(there, i, count, size);                                                            \\
            WIDEN                                                                                            \\
            for (; k < size; k++)                                                                            \\
                row[k] = related_widened(halves[k]);                                                         \\
            for (int64_t j = 0; j < width; j += 4)                                                           \\
                related_four(row, vectors + j * padded, padded, out + i * width + j);                        \\
        }                                                                                                    \\
    }

    /* Of few vectors none is worth a copy of the row. The numbers of one pair are summed in the same order, however
       many rows and vectors there are, so that scores of one question alone and among others are the same. */
    #define RELATED_SCORES(NAME, TARGET, SUM)                                                                \\
    TARGET static void NAME(const uint64_t *there, int64_t count, int64_t size,                              \\
                            const float *vectors, int64_t width, float *out) {                               \\
        for (int64_t i = 0; i < count; i++) {                                                                \\
            const uint16_t *halves = (const uint16_t *)(uintptr_t)there[i];                                  \\
            related_fetch(there, i, count, size);                                                            \\
            for (int64_t j = 0; j < width; j++) {                                                            \\
                const float *vector = vectors + j * size;                                                    \\
                float lanes[RELATED_LANES] = {0};                                                            \\
                int64_t k = 0;                                                                               \\
                SUM                                                                                          \\
                for (; k < size; k++)                                                                        \\
                    lanes[k % RELATED_LANES] += related_widened(halves[k]) * vector[k];                      \\
                out[j * count + i] = related_sum(lanes);                                                     \\
            }                                                                                                \\
        }                                                                                                    \\
    }

    /* Rows of bytes, each with what one step of its numbers is worth. */
    #define RELATED_STEPS(NAME, TARGET, SUM)                                                                 \\
    TARGET static void NAME(const int8_t *codes, const float *steps, const int64_t *places, int64_t count,   \\
                            int64_t size, const float *vector, float *out) {                                 \\
        for (int64_t i = 0; i < count; i++) {                                                                \\
            const int8_t *row = codes + places[i] * size;                                                    \\
            float lanes[RELATED_LANES] = {0};                                                                \\
            int64_t k = 0;                                                                                   \\
            if (i + RELATED_EARLY < count) {                                                                 \\
                const char *later = (const char *)(codes + places[i + RELATED_EARLY] * size);                \\
                for (int64_t byte = 0; byte < size; byte += RELATED_LINE)                                    \\
                    RELATED_AHEAD(later + byte);                                                             \\
                RELATED_AHEAD(later + size - 1);                                                             \\
                RELATED_AHEAD(steps + places[i + RELATED_EARLY]);                                            \\
            }                                                                                                \\
            SUM                                                                                              \\
            for (; k < size; k++)                                                                            \\
                lanes[k % RELATED_LANES] += (float)row[k] * vector[k];                                       \\
            out[i] = steps[places[i]] * related_sum(lanes);                                                  \\
        }                                                                                                    \\
    }

    RELATED_ROWS(related_rows_anywhere, , )
    RELATED_STEPS(related_steps_anywhere, ,
        for (; k + RELATED_LANES <= size; k += RELATED_LANES)
            for (int lane = 0; lane < RELATED_LANES; lane++)
                lanes[lane] += (float)row[k + lane] * vector[k + lane];)
    RELATED_SCORES(related_scores_anywhere, ,
        for (; k + RELATED_LANES <= size; k += RELATED_LANES)
            for (int lane = 0; lane < RELATED_LANES; lane++)
                lanes[lane] += related_widened(halves[k + lane]) * vector[k + lane];)
    #ifdef RELATED_X86
    RELATED_ROWS(related_rows_avx2, __attribute__((target("avx2,fma,f16c"))),
        for (; k + 8 <= size; k += 8)
            _mm256_storeu_ps(row + k, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(halves + k))));)
    RELATED_ROWS(related_rows_avx512, __attribute__((target("avx512f,avx2,fma,f16c"))),
        for (; k + 16 <= size; k += 16)
            _mm512_storeu_ps(row + k, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(halves + k))));)
    RELATED_SCORES(related_scores_avx2, __attribute__((target("avx2,fma,f16c"))),
        __m256 low = _mm256_setzero_ps(); __m256 high = low;
        for (; k + 16 <= size; k += 16) {
            low = _mm256_fmadd_ps(_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(halves + k))),
                                  _mm256_loadu_ps(vector + k), low);
            high = _mm256_fmadd_ps(_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(halves + k + 8))),
                                   _mm256_loadu_ps(vector + k + 8), high);
        }
        _mm256_storeu_ps(lanes, low);
        _mm256_storeu_ps(lanes + 8, high);)
    RELATED_SCORES(related_scores_avx512, __attribute__((target("avx512f,avx2,fma,f16c"))),
        __m512 sums = _mm512_setzero_ps();
        for (; k + 16 <= size; k += 16)
            sums = _mm512_fmadd_ps(_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(halves + k))),
                                   _mm512_loadu_ps(vector + k), sums);
        _mm512_storeu_ps(lanes, sums);)
    RELATED_STEPS(related_steps_avx2, __attribute__((target("avx2,fma,f16c"))),
        __m256 low = _mm256_setzero_ps(); __m256 high = low;
        for (; k + 16 <= size; k += 16) {
            __m128i bytes = _mm_loadu_si128((const __m128i *)(row + k));
            low = _mm256_fmadd_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)), _mm256_loadu_ps(vector + k), low);
            high = _mm256_fmadd_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(bytes, 8))),
                                   _mm256_loadu_ps(vector + k + 8), high);
        }
        _mm256_storeu_ps(lanes, low);
        _mm256_storeu_ps(lanes + 8, high);)
    RELATED_STEPS(related_steps_avx512, __attribute__((target("avx512f,avx2,fma,f16c"))),
        __m512 sums = _mm512_setzero_ps();
        for (; k + 16 <= size; k += 16)
            sums = _mm512_fmadd_ps(
                _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(row + k)))),
                _mm512_loadu_ps(vector + k), sums);
        _mm512_storeu_ps(lanes, sums);)
    #endif

    /* Chosen where it runs: nothing is assumed of a processor when it is compiled. */
    #ifdef RELATED_X86
    #define RELATED_CHOSEN(NAME, ...)                                                                        \\
        if (__builtin_cpu_supports("avx512f")) {                                                             \\
            NAME##_avx512(__VA_ARGS__);                                                                      \\
            return;                                                                                          \\
        }                                                                                                    \\
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) { \\
            NAME##_avx2(__VA_ARGS__);                                                                        \\
            return;                                                                                          \\
        }                                                                                                    \\
        NAME##_anywhere(__VA_ARGS__);
    #else
    #define RELATED_CHOSEN(NAME, ...) NAME##_anywhere(__VA_ARGS__);
    #endif

    static void related_rows(const uint64_t *there, int64_t count, int64_t size,
                             const float *vectors, int64_t width, int64_t padded, float *row, float *out) {
        RELATED_CHOSEN(related_rows, there, count, size, vectors, width, padded, row, out)
    }

    static void related_scores(const uint64_t *there, int64_t count, int64_t size,
                               const float *vectors, int64_t width, float *out) {
        RELATED_CHOSEN(related_scores, there, count, size, vectors, width, out)
    }

    static void related_steps(const int8_t *codes, const float *steps, const int64_t *places, int64_t count,
                              int64_t size, const float *vector, float *out) {
        RELATED_CHOSEN(related_steps, codes, steps, places, count, size, vector, out)
    }
    """
    enum: RELATED_LANES
    void related_rows(const uint64_t *there, int64_t count, int64_t size,
                      const float *vectors, int64_t width, int64_t padded, float *row, float *out) nogil
    void related_scores(const uint64_t *there, int64_t count, int64_t size,
                        const float *vectors, int64_t width, float *out) nogil
    void related_steps(const int8_t *codes, const float *steps, const int64_t *places, int64_t count,
                       int64_t size, const float *vector, float *out) nogil


def row_products(rows, places, vectors):
    _check(rows, vectors)
    cdef int64_t size = rows.width, count = len(places), own = len(vectors), width = (own + 4) // 4 * 4
    cdef int64_t padded = (size + RELATED_LANES - 1) // RELATED_LANES * RELATED_LANES
    there = pointers(rows, places, places + 1)
    out = np.zeros((count, width), np.float32)
    if count and size:
        filled = np.zeros((width, padded), np.float32)
        filled[:own, :size] = vectors  # and behind them the row itself, which meets itself as well
        _fill(there, size, filled, own, out)
    return out[:, :own], out[:, own]


def row_scores(rows, places, vectors):
    _check(rows, vectors)
    there = pointers(rows, places, places + 1)
    out = np.zeros((len(vectors), len(places)), np.float32)
    if out.size and rows.width:
        _score(there, np.ascontiguousarray(vectors, np.float32), out)
    return out


def byte_scores(codes, steps, places, vector):
    cdef const int8_t[:, ::1] held = codes
    cdef const float[::1] worth = steps, asked = np.ascontiguousarray(vector, np.float32)
    cdef const int64_t[::1] some = np.ascontiguousarray(places, np.int64)
    if worth.shape[0] != held.shape[0] or asked.shape[0] != held.shape[1]:
        raise ValueError(f"rows {codes.shape} beside {steps.shape} steps and a vector {vector.shape}")
    if some.shape[0] and (places.min() < 0 or places.max() >= held.shape[0]):
        raise IndexError(f"rows {places.min()} to {places.max()} of {held.shape[0]}")
    out = np.zeros(len(places), np.float32)
    cdef float[::1] found = out
    if some.shape[0] and asked.shape[0]:
        with nogil:
            related_steps(
                &held[0, 0], &worth[0], &some[0], some.shape[0], asked.shape[0], &asked[0], &found[0]
            )
    return out


cdef _check(rows, vectors):
    if rows.dtype != np.float16 or len(rows.shape) != 1:
        raise ValueError(f"rows are {rows.dtype} {rows.shape}, not one line of float16 each")
    if vectors.ndim != 2 or vectors.shape[1:] != rows.shape:
        raise ValueError(f"vectors {vectors.shape} beside rows {rows.shape}")


cdef void _fill(
    const uint64_t[::1] there, int64_t size, float[:, ::1] vectors, int64_t own, float[:, ::1] out
) noexcept:
    with nogil:
        related_rows(
            &there[0], there.shape[0], size, &vectors[0, 0], vectors.shape[0], vectors.shape[1],
            &vectors[own, 0], &out[0, 0],
        )


cdef void _score(const uint64_t[::1] there, const float[:, ::1] vectors, float[:, ::1] out) noexcept:
    with nogil:
        related_scores(&there[0], there.shape[0], vectors.shape[1], &vectors[0, 0], vectors.shape[0], &out[0, 0])
