"""Related stories for a news page."""
