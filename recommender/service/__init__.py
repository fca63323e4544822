"""The engine over HTTP: ASGI, keys with rights, problems, metrics, webhooks. Needs the extra `service`."""
