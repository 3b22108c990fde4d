"""What several test folders share: the PostgreSQL server, the browser, sample data. Holds no tests."""
