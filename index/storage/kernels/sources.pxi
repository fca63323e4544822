# Which sources this was compiled of: see `sources.py`. `scripts/build_kernels.py` tells it the compiler.

cdef extern from *:
    """
    #ifndef RELATED_SOURCES
    #define RELATED_SOURCES 0u
    #endif
    static const unsigned int related_sources = RELATED_SOURCES;
    """
    const unsigned int related_sources

SOURCES = related_sources
