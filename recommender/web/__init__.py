"""Requests over HTTP to addresses that others named: safe, polite, bounded. Knows nothing of stories."""
