"""Words, names, series and sentences of a text. Knows no archive."""
