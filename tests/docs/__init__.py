"""Every block of the documents is run, page by page, in the order in which it stands there."""
