"""The way of one question: retrieve, rank, diversify, answer, render."""
