"""Where the log is kept: in memory, or in a SQLite file that several processes may share."""
