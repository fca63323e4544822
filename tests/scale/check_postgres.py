"""The PostgreSQL that the other tests here are run against."""

from __future__ import annotations

import psycopg


def test_a_fresh_database_is_empty_and_knows_vectors(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert tables == (0,)
        connection.execute("CREATE EXTENSION vector")
        assert connection.execute("SELECT '[3,4]'::halfvec <-> '[0,0]'").fetchone() == (5.0,)
