"""What is peculiar to one database."""
