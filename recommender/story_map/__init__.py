"""The archive as a picture by meaning: stories that tell alike lie close together."""
