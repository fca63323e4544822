"""Links to set in a draft's text: phrases of it, each with an own earlier story. Knows no door."""

LINKS = 5
"""Links that are proposed unless another number is asked for."""
