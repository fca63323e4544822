"""Ways for stories to come in, one module a source. None knows of archives."""
