"""Sources at an address: APIs, feeds, sitemaps and pages are read there as their saved files are."""
