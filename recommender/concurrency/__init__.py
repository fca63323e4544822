"""Guards for forks and for threads that must outlive an error."""
