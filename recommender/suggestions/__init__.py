"""Links to set in a draft's text: phrases of it, each with an own earlier story. Knows no door."""
