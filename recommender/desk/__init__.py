"""The desk: the pages on which editors see, trust and steer the engine. The service serves them."""
