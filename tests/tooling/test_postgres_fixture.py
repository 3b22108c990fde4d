"""The shared server: each test gets a database of its own on a PostgreSQL that is new enough."""

from __future__ import annotations

import psycopg
import pytest

from tools.dev import postgres


@pytest.mark.parametrize("round_number", [1, 2])
def test_each_test_has_its_own_database(postgres_url: str, round_number: int) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE own (value text)")
        connection.execute("INSERT INTO own VALUES ('宏远科技')")
        row = connection.execute("SELECT count(*), min(value) FROM own").fetchone()
    assert row == (1, "宏远科技")


def test_server_is_new_enough_and_speaks_utf8(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        assert connection.info.server_version >= postgres.MINIMUM * 10000
        row = connection.execute("SELECT current_setting('server_encoding'), length('犇骉😀')").fetchone()
    assert row == ("UTF8", 3)
