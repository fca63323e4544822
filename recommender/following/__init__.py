"""Sites that are followed: what is new there is published here, and what is gone there is withdrawn."""
