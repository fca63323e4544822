"""What is shipped to run the service with: it fits the service, and the tools that read it take it."""
