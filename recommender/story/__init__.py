"""What a story is, how it is read and checked, and whether one may link to another."""
