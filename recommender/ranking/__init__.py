"""From candidates to an order of them: pure functions over arrays."""
