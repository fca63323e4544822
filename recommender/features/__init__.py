"""What is stored of each story for ranking, as arrays."""
