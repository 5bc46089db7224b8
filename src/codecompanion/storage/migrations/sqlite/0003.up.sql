-- Which workers are there. heard_at is in seconds of the machine's monotonic clock, which no change of the time of day moves.
CREATE TABLE workers (
    worker   TEXT    PRIMARY KEY,
    place    TEXT    NOT NULL,
    size     INTEGER NOT NULL,
    lease_s  REAL    NOT NULL,
    draining INTEGER NOT NULL,
    heard_at REAL    NOT NULL
) STRICT, WITHOUT ROWID;
