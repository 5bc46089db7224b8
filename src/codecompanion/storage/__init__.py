"""Where the log is kept: in memory, in a SQLite file that several processes share, or in PostgreSQL for several machines."""
